import CgroupExecution
package import Criu
import LinuxABI
import LinuxSyscalls
import NamespaceJoining
import SystemPackage

/// How a container is saved to files, or made of them.
package struct CheckpointOptions: Hashable, Sendable {
  /// How criu is found: a name in `$PATH`, or a path.
  package var program = "criu"
  /// The directory of the image, an absolute path.
  package var imagePath = ""
  /// The directory of criu's log; nil for that of the image.
  package var workPath: String?
  /// What goes to criu as it is.
  package var options = CriuOptions(imageDirectory: -1, logFile: "")
  /// Only the memory is saved, and the container goes on.
  package var isPreDump = false
  package var hasEmptyNetwork = false

  package init() {}
}

/// criu(8) at work for berth: it is asked by one message, tells of its steps, and each has to be acknowledged.
struct CriuProcess: ~Copyable {
  let id: Int32
  private let process: Descriptor
  private let channel: Descriptor
  private let printed: Descriptor?
  private let logPath: String

  /// Starts criu, which then waits for `ask`.
  ///
  /// - Parameters:
  ///   - isSilent: what it prints is kept, to be quoted where it says nothing else. (It complains when all is done.)
  ///   - inherited: what is open in criu too, from the descriptor `firstInherited` on.
  static func start(
    _ program: String,
    logPath: String,
    isSilent: Bool = false,
    inherited: [FileDescriptor] = [],
    blockedSignals: SignalSet = SignalSet([])
  ) throws(RuntimeFailure) -> CriuProcess {
    let path = try find(program)
    let (near, far) = try attempt("socketpair") { () throws(Errno) in try Syscall.messagePair() }
    let channel = Descriptor(owning: near)
    let farChannel = Descriptor(owning: far)
    let printed = isSilent ? try attempt("memfd_create") { () throws(Errno) in try Syscall.memoryFile("output") } : nil
    let clone = try attempt("clone a process for \(path)") { () throws(Errno) in
      try Syscall.clone(namespaces: [])
    }
    switch consume clone {
    case .child:
      let socket = FileDescriptor(rawValue: farChannel.release())
      do throws(Errno) {
        if let output = printed.borrowed {
          try Syscall.duplicate(output, as: 1)
          try Syscall.duplicate(output, as: 2)
        }
        extendLifetime(printed)
        _ = try Syscall.setBlockedSignals(blockedSignals)
        for (index, file) in ([socket] + inherited).enumerated() {
          try Syscall.duplicate(file, as: firstInherited - 1 + CInt(index))
        }
        let words = [path, "swrk", String(firstInherited - 1)]
        try Syscall.execute(path, arguments: words, environment: Syscall.environment())
      } catch {
        write("berth: start \(path): \(error)\n")
        Syscall.exitNow(127)
      }
    case .parent(let id, let process):
      _ = consume farChannel
      return CriuProcess(id: id, process: process, channel: channel, printed: printed, logPath: logPath)
    }
  }

  /// Far above whatever berth was started with.
  static var firstInherited: CInt { 201 }

  private init(
    id: Int32,
    process: consuming Descriptor,
    channel: consuming Descriptor,
    printed: consuming Descriptor?,
    logPath: String
  ) {
    self.id = id
    self.process = process
    self.channel = channel
    self.printed = printed
    self.logPath = logPath
  }

  private static func find(_ program: String) throws(RuntimeFailure) -> String {
    let path = Syscall.environment().last { $0.hasPrefix("PATH=") }?.dropFirst("PATH=".count) ?? ""
    // It is a program of administrators', and services may have a short PATH.
    let places = program.contains("/") ? [""] : (path.split(separator: ":") + ["/usr/sbin", "/sbin"]).map { "\($0)/" }
    for place in places {
      let isFile = (try? Syscall.status(path: place + program))?.kind == .regular
      if isFile { return place + program }
    }
    let where_ = program.contains("/") ? "" : " in $PATH"
    throw RuntimeFailure(
      "\(program) is not found\(where_): it saves and restores containers (Debian: apt-get install criu), "
        + "and --criu FILE says where it is"
    )
  }

  /// Has criu do what is asked for; returns the restored process, if there is one.
  ///
  /// - Parameter notice: called at each step, with its name, the container's process and what came with it.
  consuming func ask(
    _ request: CriuRequest,
    _ notice: (String, Int32, FileDescriptor?) throws(RuntimeFailure) -> Void
  ) throws(RuntimeFailure) -> Int32? {
    try attempt("ask criu") { () throws(Errno) in try Syscall.write(request.bytes, to: channel.borrowed) }
    while true {
      let (bytes, file) = try attempt("hear from criu") { () throws(Errno) in
        try Syscall.receive(channel.borrowed, count: 65536)
      }
      let received = file.map { Descriptor(owning: $0) }
      guard let answer = CriuAnswer(bytes) else {
        let end = (try? Syscall.wait(for: process.borrowed))?.words ?? "it ended"  // What it did is told all the same.
        throw RuntimeFailure("criu gave no answer: \(end)\(quotedOutput())\(Self.quoted(logPath))")
      }
      switch answer {
      case .success(let restored):
        end()
        return restored
      case .failure(let errno, let reason):
        let path = logPath
        end()
        let words = errno == 0 ? "it failed" : "\(Errno(rawValue: errno))"
        guard let line = reason?.split(whereSeparator: \.isNewline).first else {
          throw RuntimeFailure("criu: \(words)\(Self.quoted(path))")
        }
        throw RuntimeFailure("criu: \(line) (more in \(path))")
      case .notice(let step, let processID):
        do throws(RuntimeFailure) {
          try notice(step, processID, received.borrowed)
        } catch {
          try? answerNotice(false)  // The failure that leads here is the one to tell.
          end()
          throw error
        }
        try answerNotice(true)
      }
    }
  }

  private func answerNotice(_ isSuccess: Bool) throws(RuntimeFailure) {
    let answer = CriuRequest.notified(isSuccess).bytes
    try attempt("answer criu") { () throws(Errno) in try Syscall.write(answer, to: channel.borrowed) }
  }

  /// Waits for criu's end: nothing more is asked of it.
  private consuming func end() {
    _ = consume channel
    _ = try? Syscall.wait(for: process.borrowed)  // Ours and unreaped: this cannot fail.
  }

  private func quotedOutput() -> String {
    guard let output = printed.borrowed, let bytes = try? Syscall.tail(of: output, count: 1024), !bytes.isEmpty else {
      return ""
    }
    let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
    return ", and printed: " + lines.joined(separator: "; ")
  }

  /// The first error in criu's log, which leads to the others.
  private static func quoted(_ logPath: String) -> String {
    guard var log = try? ForeignFile(logPath, limit: 256 << 20) else { return "" }
    while let line = try? log.nextLine(longest: 4096) {
      let text = String(decoding: line, as: UTF8.self)
      if text.contains("Error (") { return ": \(text.prefix(300)) (more in \(logPath))" }
    }
    return " (its log is \(logPath))"
  }
}

/// A mount namespace in which the container's root is a mount, as criu wants it; berth itself is in it until `leave`.
///
/// Mounts of the host's come in, and none goes out. criu reaches its directories through descriptors of berth's: they
/// must be opened in here, where it can mount on them.
struct RestoreMounts: ~Copyable {
  private let home: Descriptor

  static func enter(_ rootfs: String) throws(RuntimeFailure) -> RestoreMounts {
    let home = try attempt("open the mount namespace") { () throws(Errno) in try Syscall.open("/proc/self/ns/mnt", []) }
    try attempt("unshare the mount namespace") { () throws(Errno) in try Syscall.unshare([.mount]) }
    let mounts = RestoreMounts(home: home)
    do throws(RuntimeFailure) {
      try attempt("bind \(rootfs)") { () throws(Errno) in
        let root = try Syscall.open("/", [.path, .directory])
        try Syscall.setAttributes(MountAttributeRequest(propagation: .slave), of: root.borrowed, recursive: true)
        let directory = try Syscall.open(rootfs, [.path, .directory])
        let mount = try Syscall.cloneTree(at: directory.borrowed, recursive: true)
        try Syscall.moveMount(mount.borrowed, onto: directory.borrowed)
      }
    } catch {
      try mounts.leave()
      throw error
    }
    return mounts
  }

  private init(home: consuming Descriptor) { self.home = home }

  /// Makes the root of a restored container read-only: criu could not have worked in one.
  static func makeRootReadOnly(of processID: Int32, as program: SealedProgram) throws(RuntimeFailure) {
    try attempt("make the restored root read-only") { () throws(Errno) in
      let process = try HeldProcess(processID)
      let namespace = try process.namespace(.mount)
      let root = try process.root()
      let answer = try program.visit(namespace.borrowed) { _ in
        do throws(Errno) {
          try Syscall.setAttributes(MountAttributeRequest(set: .readOnly), of: root.borrowed, recursive: false)
          return []
        } catch {
          return [UInt8(truncatingIfNeeded: error.rawValue)]
        }
      }
      if let number = answer.first { throw Errno(rawValue: CInt(number)) }
    }
  }

  func leave() throws(RuntimeFailure) {
    try attempt("return to the mount namespace") { () throws(Errno) in
      try OwnNamespace.enter(home.borrowed, type: .mount)
    }
  }
}
