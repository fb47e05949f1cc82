package import ContainerPlan
import LinuxABI
import LinuxSyscalls
import MountExecution
import NamespaceJoining
import SystemPackage

extension ContainerPlan {
  /// Carries the plan out: makes the container, waits for its process, and returns the status to end with.
  ///
  /// The caller must have one thread. Throws what went wrong before the process ran; nothing is left of it then.
  package func run(host: Host, timer: consuming StepTimer) throws(InitFailure) -> Int32 {
    if Syscall.threadCount() > 1 {
      throw InitFailure(.createProcess, "clone3", .resourceBusy, reason: "berth must have one thread, and has more")
    }
    let joins = try enterParentNamespaces(try openJoins())
    var root = RootMaking(plan: self)
    // Nobody goes between berth and the process here.
    let takesOwn = !host.caller.isPrivileged || !created.contains(.user) && !mapsCaptures
    let origin: CaptureOrigin = takesOwn ? .own : .inherited
    if origin == .inherited { try root.captureInCopy(captures) }

    let (near, far) = try attempt(.createProcess, "socketpair") { () throws(Errno) in try Syscall.messagePair() }
    let channel = Descriptor(owning: near)
    let childChannel = Descriptor(owning: far)
    let terminal = process.isForegroundJob ? Terminal.inForeground() : Terminal()
    // From here on signals wait until they can be passed on.
    let forwarding = try attempt(.createProcess, "signalfd") { () throws(Errno) in try SignalForwarding() }
    timer.mark("preparation")
    let clone = try attempt(.createProcess, cloneOperation) { () throws(Errno) in
      try Syscall.clone(namespaces: created.removing(.time))
    }
    switch consume clone {
    case .child:
      _ = consume channel
      let child = ContainerInit(
        plan: self,
        channel: childChannel,
        joins: joins,
        blockedSignals: forwarding.blockedBefore,
        takesForeground: process.isForegroundJob && terminal.isInForeground,
        captures: origin,
        duties: nil,
        root: root,
        timer: timer
      )
      child.run()
    case .parent(let childID, let process):
      _ = consume childChannel
      root.close()
      let child = RunningChild(
        id: childID,
        process: process,
        channel: channel,
        isInit: created.contains(.pid) && !self.process.hasInit,
        terminal: terminal
      )
      return try child.supervise(userNamespace: userNamespace, forwarding: forwarding)
    }
  }

  var cloneOperation: Prose {
    "clone a process with new namespaces (\(created.inOrder.map(\.rawValue).joined(separator: ", ")))"
  }

  /// The namespaces to enter; who starts a program of the host's in some of others' is sealed before.
  private func openJoins() throws(InitFailure) -> [OpenedJoin] {
    if joined.isEmpty { return [] }
    let program = try attempt(.joinNamespace, SealedProgram.operation) { () throws(Errno) in try SealedProgram.seal() }
    return try openJoins(as: program)
  }

  /// Opens the namespaces to enter while paths still mean what the user sees.
  func openJoins(as program: SealedProgram) throws(InitFailure) -> [OpenedJoin] {
    var opened: [OpenedJoin] = []
    for join in joined {
      let file = try attempt(.joinNamespace, "open the \(join.type.rawValue) namespace \(join.path)") {
        () throws(Errno) in try Syscall.open(join.path, [.nonBlocking, .noTerminal])
      }
      opened.append(OpenedJoin(join: join, file: FileDescriptor(rawValue: file.release()), program: program))
    }
    return opened
  }

  /// Enters what has to be entered before the child is made: a PID namespace holds a process from birth, and a user
  /// namespace gives the privilege for the new ones. The rest is left for the child.
  private func enterParentNamespaces(_ joins: [OpenedJoin]) throws(InitFailure) -> [OpenedJoin] {
    let isParents: (OpenedJoin) -> Bool = { $0.join.type == .user || $0.join.type == .pid }
    for join in joins where isParents(join) { try join.enter() }
    return joins.filter { !isParents($0) }
  }
}

/// A namespace that is to be entered, open.
struct OpenedJoin {
  let join: ContainerPlan.Join
  let file: FileDescriptor
  let program: SealedProgram

  func enter() throws(InitFailure) {
    try attempt(.joinNamespace, join.operation) { () throws(Errno) in try program.join(file, type: join.type) }
  }
}

/// The child on its way to becoming the container's process, and then as it.
private struct RunningChild: ~Copyable {
  let id: Int32
  let process: Descriptor
  /// The parent's end of the channel: see `ContainerInit`.
  let channel: Descriptor
  /// Whether the process is the init of its PID namespace, for which the kernel drops signals that it does not handle.
  let isInit: Bool
  let terminal: Terminal

  /// Sees the child through its start and waits for its end; returns the status to end with.
  consuming func supervise(
    userNamespace: UserNamespacePlan?,
    forwarding: consuming SignalForwarding
  ) throws(InitFailure) -> Int32 {
    do throws(InitFailure) {
      if let userNamespace {
        try userNamespace.writeMaps(of: id)
        try attempt(.mapIDs, "tell the child that its ids are mapped") { () throws(Errno) in
          try Syscall.write([InitWord.idsMapped.rawValue], to: channel.borrowed)
        }
      }
      if let signal = try waitForStart(forwarding) {
        end()
        return 128 + signal
      }
    } catch {
      end()
      throw error
    }
    let end = try attempt(.wait, "wait for the command") { () throws(Errno) in
      try forwarding.forwardUntilEnd(of: process.borrowed, id: id, isInit: isInit)
    }
    terminal.restore(after: end)
    return end.shellStatus
  }

  /// Waits until the process runs; returns the signal that ended the wait, if one did.
  private func waitForStart(_ forwarding: borrowing SignalForwarding) throws(InitFailure) -> Int32? {
    while true {
      let ready = try attempt(.wait, "poll") { () throws(Errno) in
        try Syscall.waitReadable(channel.borrowed, forwarding.descriptor.borrowed)
      }
      if ready.first {
        let message = try attempt(.wait, "read") { () throws(Errno) in
          try Syscall.read(channel.borrowed, count: 65536)
        }
        if message.isEmpty { return nil }
        if let failure = InitFailure(message: message) { throw failure }
      }
      if ready.second {
        let signal = try attempt(.wait, "read a signal") { () throws(Errno) in
          try Syscall.readSignal(forwarding.descriptor.borrowed)
        }
        // A child that dies on the way closes the channel, so its end is seen above.
        if signal.number != Signal.child, DefaultAction(of: signal.number) == .terminate { return signal.number }
      }
    }
  }

  /// Ends a child that must not go on, and waits until it and its namespaces are gone.
  private func end() {
    try? Syscall.send(Signal.kill, to: process.borrowed)  // It may have ended by itself.
    _ = try? Syscall.wait(for: process.borrowed)  // Ours and unreaped: this cannot fail.
  }
}
