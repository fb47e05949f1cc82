import JSON
import LinuxABI
import LinuxSyscalls
import OCISpec
import SystemPackage

/// What hooks are given, and where what they print goes.
struct HookInput {
  /// The container's state, runtime.md "State".
  var state: JSONValue
  /// The files of the annotations `run.oci.hooks.stdout` and `run.oci.hooks.stderr`, which crun has; nil keeps the text for
  /// the message of a hook that fails.
  var standardOutput: String?
  var standardError: String?

  init(_ state: HookState, status: ContainerStatus, processID: Int32) {
    self.state = state.json(status: status, processID: processID)
    standardOutput = state.heededAnnotation("run.oci.hooks.stdout")
    standardError = state.heededAnnotation("run.oci.hooks.stderr")
  }
}

extension Hook {
  /// Runs hooks one after the other; the first that fails ends it.
  ///
  /// A hook without an environment gets the one that is given here: berth's own, where the hook is a program of the host's.
  static func run(
    _ hooks: [Hook]?,
    _ stage: String,
    _ input: HookInput,
    environment: [String] = Syscall.environment(),
    in directory: String? = nil,
    first: Int = 0
  ) throws(InitFailure) {
    guard let hooks, !hooks.isEmpty else { return }
    if let directory {
      try attempt(.hook, "error running \(stage) hook: cd \(directory)") { () throws(Errno) in
        try Syscall.changeDirectory(directory)
      }
    }
    for (index, var hook) in hooks.enumerated() {
      hook.env = hook.env ?? environment
      try hook.run(as: "error running \(stage) hook #\(first + index)", input)
    }
  }

  /// Runs the program with the state on its standard input, and waits for it.
  ///
  /// What it prints must not get between the container's own output: it is kept, and quoted if the hook fails.
  private func run(as place: Prose, _ given: HookInput) throws(InitFailure) {
    let operation: Prose = "\(place): \(path)"
    let input = try attempt(.hook, operation) { () throws(Errno) in
      let input = try Syscall.memoryFile("state")
      try Syscall.write(Array(given.state.text.utf8), to: input.borrowed)
      try Syscall.rewind(input.borrowed)
      return input
    }
    let output = try Self.open(given.standardOutput, operation)
    let error = try Self.open(given.standardError, operation)
    let printed = try attempt(.hook, operation) { () throws(Errno) in try Syscall.memoryFile("output") }
    let clone = try attempt(.hook, operation) { () throws(Errno) in try Syscall.clone(namespaces: []) }
    switch consume clone {
    case .child:
      let (output, error) = (output.borrowed, error.borrowed)
      execute(input: input.borrowed, output: output ?? printed.borrowed, error: error ?? printed.borrowed)
    case .parent(_, let process):
      let isLate = timeout.map { !Syscall.isReadable(process.borrowed, within: CInt(clamping: $0 * 1000)) } ?? false
      let end = try attempt(.hook, operation) { () throws(Errno) in
        if isLate { try Syscall.send(Signal.kill, to: process.borrowed) }
        return try Syscall.wait(for: process.borrowed)
      }
      if isLate, let timeout {
        throw InitFailure(
          .hook,
          operation,
          .timedOut,
          reason: "it was ended after \(timeout) s, its timeout\(quoted(printed.borrowed))"
        )
      }
      guard end != .exited(status: 0) else { return }
      throw InitFailure(.hook, operation, .canceled, reason: "\(end.words)\(quoted(printed.borrowed))")
    }
  }

  /// Opens a file that what hooks print is added to, if there is one: no link, and nothing that could have a hook wait.
  private static func open(_ path: String?, _ operation: Prose) throws(InitFailure) -> Descriptor? {
    guard let path else { return nil }
    let flags: OpenFlags = [.writeOnly, .create, .append, .noFollow, .nonBlocking, .noTerminal]
    let step: Prose = "\(operation): open \(path)"
    let (file, kind) = try attempt(.hook, step) { () throws(Errno) in
      let file = try Syscall.open(path, flags, permissions: 0o600)
      let kind = try Syscall.status(of: file.borrowed).kind
      return (file.release(), kind)
    }
    let opened = Descriptor(owning: file)
    guard kind == .regular else {
      throw InitFailure(.hook, step, .invalidArgument, reason: "\(step): it is \(kind.words), not a regular file")
    }
    return opened
  }

  /// Becomes the program; does not return (but says not so, since the compiler minds what would be cleaned up then).
  private func execute(input: FileDescriptor, output: FileDescriptor, error: FileDescriptor) {
    do throws(Errno) {
      try Syscall.duplicate(input, as: 0)
      try Syscall.duplicate(output, as: 1)
      try Syscall.duplicate(error, as: 2)
      _ = try Syscall.setBlockedSignals(SignalSet([]))
      try Syscall.execute(path, arguments: args ?? [path], environment: env ?? [])
    } catch let failure {
      try? Syscall.write(Array("\(failure)".utf8), to: error)  // The status alone must do, then.
      Syscall.exitNow(127)
    }
  }

  /// The end of what it printed, on one line.
  private func quoted(_ output: FileDescriptor) -> String {
    guard let bytes = try? Syscall.tail(of: output, count: 1024), !bytes.isEmpty else { return "" }
    let text = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
    return ", and printed: " + text.joined(separator: "; ")
  }
}

extension ProcessEnd {
  /// The end in words: `it exited with status 1`, `signal 31 (bad system call) ended it`.
  var words: String {
    switch self {
    case .exited(let status): "it exited with status \(status)"
    case .killed(let signal): "signal \(signal)\(Signal.meaning(of: signal).map { " (\($0))" } ?? "") ended it"
    }
  }
}
