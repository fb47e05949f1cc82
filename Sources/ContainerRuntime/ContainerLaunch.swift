import CgroupExecution
import ContainerPlan
import JSON
import LinuxABI
import LinuxSyscalls
import MountExecution
import OCISpec
import SystemPackage

/// A process that is on its way to becoming a container's, as berth sees it.
struct LaunchedProcess: ~Copyable {
  let id: Int32
  let process: Descriptor
  /// berth's end of the channel: see `InitWord`.
  let channel: Descriptor
  /// Whether its user namespace is not berth's: then berth is the one to set its limits.
  private let isInUserNamespace: Bool
  /// Whether it waits for `berth start` after it is let go.
  private let waitsForStart: Bool

  /// Makes the process and lets it set out.
  ///
  /// The caller must have one thread.
  init(
    _ plan: ContainerPlan,
    host: Host,
    duties: ContainerDuties,
    cgroup: ContainerCgroup?,
    blockedSignals: SignalSet
  ) throws(InitFailure) {
    if Syscall.threadCount() > 1 {
      throw InitFailure(.createProcess, "clone3", .resourceBusy, reason: "berth must have one thread, and has more")
    }
    let opened = try plan.openJoins(as: duties.program)
    var root = RootMaking(plan: plan)
    let captures = plan.captureOrigin(isPrivileged: host.caller.isPrivileged)
    if captures == .inherited {
      // Only the template's copies are worth that none is made of the host's mounts.
      if plan.entersTemplate {
        for capture in plan.captures { try root.execute(capture) }
      } else {
        try root.captureInCopy(plan.captures)
      }
    }
    let attachment = try attempt(cgroup) { cgroup throws(CgroupFailure) in try cgroup.openAttachment() }
    let (near, far) = try attempt(.createProcess, "socketpair") { () throws(Errno) in try Syscall.messagePair() }
    let channel = Descriptor(owning: near)
    let childChannel = Descriptor(owning: far)
    let birthplace: FileDescriptor? =
      switch attachment {
      case .some(let attachment): attachment.birthplace
      case .none: nil
      }
    // Who shares its PID namespace must not look into the process on its way, CVE-2016-9962. In a user namespace of its
    // own it sees to that itself: the maps come first, and /proc/PID of such a process belongs to root alone.
    if host.caller.isPrivileged, plan.userNamespace == nil {
      try attempt(.createProcess, "prctl PR_SET_DUMPABLE") { () throws(Errno) in try Syscall.setDumpable(false) }
    }
    let needsGoBetween = captures == .laidOut || opened.contains { plan.isEnteredBeforeBirth($0.join.type) }
    let clone =
      needsGoBetween
      ? try plan.cloneByGoBetween(opened, layingOut: &root, locked: captures == .laidOut, into: birthplace)
      : try attempt(.createProcess, plan.cloneOperation) { () throws(Errno) in
        try Syscall.clone(namespaces: plan.namespacesFromBirth, into: birthplace)
      }
    switch consume clone {
    case .child:
      _ = consume channel
      let child = ContainerInit(
        plan: plan,
        channel: childChannel,
        joins: opened.filter { !plan.isEnteredBeforeBirth($0.join.type) },
        blockedSignals: blockedSignals,
        takesForeground: false,
        captures: captures,
        duties: duties,
        root: root,
        timer: StepTimer(since: nil)
      )
      child.run(in: attachment)
    case .parent(let id, let process):
      _ = consume childChannel
      root.close()
      self.id = id
      self.process = process
      self.channel = channel
      isInUserNamespace = duties.entersUserNamespace(by: plan)
      waitsForStart = duties.gate != nil
    }
  }

  /// Sees the process to the point where it waits to be let go: maps, limits, hooks.
  func prepare(
    _ plan: ContainerPlan,
    isRootless: Bool,
    runHooks: () throws(InitFailure) -> Void
  ) throws(InitFailure) {
    if let userNamespace = plan.userNamespace { try userNamespace.writeMaps(of: id) }
    if let adjustment = plan.process.oomScoreAdjustment { try adjustOOMScore(adjustment, isRootless: isRootless) }
    if plan.userNamespace != nil { try tell(.idsMapped) }
    var mapped = 0
    while true {
      let (message, file) = try receive()
      let tree = file.map { Descriptor(owning: $0) }
      switch message {
      case .word(.treeToMap):
        try plan.mapTree(mapped, tree.borrowed)
        mapped += 1
        try tell(.treeMapped)
      case .word(.atHooks):
        try runHooks()
        try tell(.hooksRun)
      case .word(.isReady):
        if isInUserNamespace { try setLimits(plan.process.limits) }
        return
      case .word: continue
      case .failure(let failure): throw failure
      case .end: throw endedEarly()
      }
    }
  }

  private func adjustOOMScore(_ adjustment: Int, isRootless: Bool) throws(InitFailure) {
    do throws(Errno) {
      let file = try Syscall.open("/proc/\(id)/oom_score_adj", .writeOnly)
      try Syscall.write(Array("\(adjustment)".utf8), to: file.borrowed)
    } catch {
      let isRefused = error == .permissionDenied || error == .notPermitted
      // Engines of users without privilege ask for what only root may have, and do without.
      if isRootless, isRefused { return }
      let reason: Prose? = isRefused ? "to lower it takes CAP_SYS_RESOURCE" : nil
      throw InitFailure(.limit, "write \(adjustment) to oom_score_adj (process.oomScoreAdj)", error, reason: reason)
    }
  }

  /// Sets limits that a process in a user namespace may not raise by itself.
  private func setLimits(_ limits: [ResourceLimit]) throws(InitFailure) {
    for limit in limits {
      try attempt(.limit, limit.operation) { () throws(Errno) in try Syscall.setLimit(limit, of: id) }
    }
  }

  /// Tells the process, if it waits for that, that it is in its cgroup by now.
  func tellInCgroup() throws(InitFailure) { try tell(.inCgroup) }

  /// Lets the process go; returns once it runs its program, or waits for `berth start`.
  func release() throws(InitFailure) {
    try tell(.go, (0..<4).map { UInt8(truncatingIfNeeded: id >> Int32($0 * 8)) })
    switch try receive().message {
    case .failure(let failure): throw failure
    // The channel is closed by execve(2), or by the end of who could not even say why: under a filter of system calls.
    case .end where !waitsForStart && ContainerProcess.hasExecuted(id) == false: throw endedSilently()
    case .word, .end: return
    }
  }

  /// Ends a process that must not go on, and waits until it and its namespaces are gone.
  func end() {
    try? Syscall.send(Signal.kill, to: process.borrowed)  // It may have ended by itself.
    _ = try? Syscall.wait(for: process.borrowed)  // Ours and unreaped: this cannot fail.
  }

  private func tell(_ word: InitWord, _ bytes: [UInt8] = []) throws(InitFailure) {
    do throws(Errno) {
      try Syscall.write([word.rawValue] + bytes, to: channel.borrowed)
    } catch {
      guard error == .brokenPipe || error == .connectionReset else {
        throw InitFailure(.wait, "tell the container's process to go on (\(String(describing: word)))", error)
      }
      if case .failure(let failure) = try receive().message { throw failure }
      throw endedEarly()
    }
  }

  /// The process's next message, and the descriptor that came with it.
  private func receive() throws(InitFailure) -> (message: InitMessage, file: CInt?) {
    try attempt(.wait, "read what the container's process tells") { () throws(Errno) in
      do throws(Errno) {
        let (bytes, file) = try Syscall.receive(channel.borrowed, count: 65536)
        return (InitMessage(bytes), file)
      } catch .connectionReset {
        // It ended without hearing what it was told last. What it said itself is still there.
        return (InitMessage(try Syscall.read(channel.borrowed, count: 65536)), nil)
      }
    }
  }

  /// What to say of a process that was gone before it could say anything itself.
  private func endedEarly() -> InitFailure {
    let end = (try? Syscall.wait(for: process.borrowed))?.words ?? "how is not known"
    return InitFailure(
      .wait,
      "start the container's process",
      .noSuchProcess,
      reason: "it ended on the way: \(end) (is the memory limit too low?)"
    )
  }

  /// The same, of one that was let go.
  private func endedSilently() -> InitFailure {
    .endedSilently(words: (try? Syscall.wait(for: process.borrowed))?.words)
  }
}

extension ContainerPlan {
  /// The new namespaces that the process is born in; the others it makes itself, at their time.
  var namespacesFromBirth: NamespaceSet {
    let types = created.removing(.time).removing(.cgroup)
    return entersTemplate ? types.removing(.mount) : types
  }
}

extension ContainerPlan {
  /// Maps the ids of the tree that the process has taken as its `number`th of them.
  fileprivate func mapTree(_ number: Int, _ tree: FileDescriptor?) throws(InitFailure) {
    var number = number
    for step in steps {
      guard case .captureMapped(_, _, _, let idMap) = step else { continue }
      if number > 0 {
        number -= 1
        continue
      }
      return try attempt(.mount, "\(step.summary)") { () throws(Errno) in
        guard let tree else { throw .badFileDescriptor }
        try idMap.apply(to: tree)
      }
    }
  }
}

extension ContainerInit {
  /// As `run`, from within the container's cgroups.
  consuming func run(in attachment: consuming CgroupAttachment?) -> Never {
    switch consume attachment {
    case .some(let attachment):
      do throws(CgroupFailure) {
        try attachment.enter()
      } catch {
        fail(InitFailure(error))
      }
    case .none: break
    }
    run()
  }
}

extension InitFailure {
  init(_ failure: CgroupFailure) {
    let place: Prose = failure.place.map { "\($0): " } ?? ""
    self.init(.cgroup, place + failure.operation, failure.errno, reason: failure.reason)
  }

  /// What is said of a process that ended before its program ran, and could not say why.
  static func endedSilently(words: String?) -> InitFailure {
    let end = words.map { ": \($0)" } ?? ""
    return InitFailure(
      .wait,
      "run the container's program",
      .noSuchProcess,
      reason: "the process ended before that\(end) (does linux.seccomp allow execve, write and exit_group?)"
    )
  }

  /// The failure in one line, in the words that clients look for.
  var sentence: Prose {
    if step == .execute, errno == .noSuchFileOrDirectory, operation.text.hasPrefix("/") {
      return "exec \(operation): no such file or directory" + (reason.map { " (\($0))" } ?? "")
    }
    if step == .execute { return "\(operation): \(reason ?? "\("\(errno)".lowercased())")" }
    return step == .hook && reason != nil
      ? "\(operation): \(reason ?? "")" : "\(operation): \("\(errno)".lowercased())" + (reason.map { " (\($0))" } ?? "")
  }
}

extension RuntimeFailure {
  init(_ failure: InitFailure) { self.init(failure.sentence) }
  init(_ failure: CgroupFailure) { self.init("\(failure)") }
}

/// Runs a step with a cgroup, if there is one.
private func attempt<Result: ~Copyable>(
  _ cgroup: ContainerCgroup?,
  _ call: (ContainerCgroup) throws(CgroupFailure) -> Result
) throws(InitFailure) -> Result? {
  guard let cgroup else { return nil }
  do throws(CgroupFailure) {
    return try call(cgroup)
  } catch {
    throw InitFailure(error)
  }
}
