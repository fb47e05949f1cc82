import ContainerPlan
import LinuxABI
import LinuxSyscalls
import SystemPackage

extension Runtime {
  /// Creates and starts a container; without `detach`, waits for its process and deletes it.
  ///
  /// - Parameters:
  ///   - keep: leaves the container, stopped, when its process has ended.
  ///   - adoptsOrphans: whether processes that the container leaves behind become berth's.
  /// - Returns: the status to exit with: the process's, or 0 for one that goes on.
  package func run(
    _ id: String,
    _ options: CreateOptions,
    detach: Bool,
    keep: Bool,
    adoptsOrphans: Bool
  ) throws(RuntimeFailure) -> Int32 {
    if detach {
      let creation = try ContainerCreation.make(id, options, in: self, waitsForStart: false)
      try start(creation)
      return 0
    }
    let attendance = try Attendance(needsTerminal: options.consoleSocket == nil, adoptsOrphans: adoptsOrphans)
    let creation = try ContainerCreation.make(
      id,
      options,
      in: self,
      waitsForStart: false,
      terminal: attendance.terminalSocket,
      blockedSignals: attendance.blockedSignals
    )
    try start(creation)
    let record = creation.draft.record
    let plan = creation.draft.plan
    // Other commands have their way with it as long as its process goes on.
    try creation.directory.unlock()
    let end = try attendance.attend(
      creation.process,
      id: creation.processID,
      hasTerminal: plan.process.terminal != nil
    )
    let directory = creation.consumeDirectory()
    if !keep { try deleteUnlessGone(record, directory) }
    return end.shellStatus
  }

  /// Deletes a container that has ended, unless somebody did meanwhile.
  func deleteUnlessGone(
    _ record: ContainerRecord,
    _ directory: borrowing ContainerDirectory
  ) throws(RuntimeFailure) {
    do throws(RuntimeFailure) {
      try directory.lock()
    } catch {
      if error == .noContainer(directory.id) { return }
      throw error
    }
    try delete(record, directory)
  }

  private func start(_ creation: borrowing ContainerCreation) throws(RuntimeFailure) {
    try creation.settle()
    do throws(RuntimeFailure) {
      try runPoststartHooks(creation.draft.record, creation.directory)
    } catch {
      creation.discard()
      throw error
    }
  }
}

/// berth beside a process that it started and waits for: signals and a terminal are passed on.
struct Attendance: ~Copyable {
  private let forwarding: SignalForwarding
  /// Where the terminal's other end comes from.
  private let near: Descriptor?
  private let far: Descriptor?

  init(needsTerminal: Bool, adoptsOrphans: Bool) throws(RuntimeFailure) {
    if adoptsOrphans {
      try attempt("become a subreaper") { () throws(Errno) in try Syscall.adoptOrphans() }
    }
    let pair = try needsTerminal ? attempt("socketpair") { () throws(Errno) in try Syscall.messagePair() } : nil
    let signals = try attempt("collect signals") { () throws(Errno) in try SignalForwarding() }
    forwarding = signals
    near = pair.map { Descriptor(owning: $0.0) }
    far = pair.map { Descriptor(owning: $0.1) }
  }

  /// Where the process sends its terminal's other end.
  var terminalSocket: FileDescriptor? { far.borrowed }

  /// The signals that were blocked before: the process gets that back.
  var blockedSignals: SignalSet { forwarding.blockedBefore }

  /// Passes on what comes until the process ends.
  consuming func attend(
    _ process: FileDescriptor,
    id: Int32,
    hasTerminal: Bool
  ) throws(RuntimeFailure) -> ProcessEnd {
    guard hasTerminal, let near = near.borrowed else {
      return try attempt("wait for the container's process") { () throws(Errno) in
        try forwarding.forwardUntilEnd(of: process, id: id, isInit: false, isInSession: false)
      }
    }
    defer { extendLifetime(self) }
    return try attempt("pass on the container's terminal") { () throws(Errno) in
      guard let file = try Syscall.receive(near, count: 64).file else { throw .noSuchAddressOrDevice }
      let relay = TerminalRelay(master: Descriptor(owning: file))
      return try relay.run(process, id: id, forwarding)
    }
  }
}
