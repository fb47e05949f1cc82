import ContainerPlan
import LinuxABI
import LinuxSyscalls
import MountExecution
import MountNamespace
import NamespaceJoining
import SystemPackage

/// The child's way from clone3(2) to the container's process.
///
///     parent                                    child
///     clone3 ─────────────────────────────────► enters namespaces
///     writes id maps, one byte  ──────────────► goes on (only with a user namespace of its own)
///                                               network, mounts, names, parameters, credentials
///     ◄────────────────────────  InitFailure    or
///     ◄────────────────────────  end of file    execve: the channel is close-on-exec
///
/// A process of a container has more to do, and more to tell: `ContainerDuties`, `InitWord`.
struct ContainerInit: ~Copyable {
  let plan: ContainerPlan
  /// The child's end of the channel to its parent.
  let channel: Descriptor
  /// The namespaces to enter, opened by the parent as the host sees them.
  let joins: [OpenedJoin]
  /// The signals that were blocked when berth was started.
  let blockedSignals: SignalSet
  /// Whether the process becomes the terminal's foreground job: berth is that, and the plan wants it passed on.
  let takesForeground: Bool
  /// Where captures are from.
  let captures: CaptureOrigin
  /// What else a container's process does; nil for one of `berth shell`.
  var duties: ContainerDuties?
  var root: RootMaking
  var timer: StepTimer

  /// Goes all the way; a failure is sent to the parent. Does not return.
  consuming func run() -> Never {
    do throws(InitFailure) {
      try enterNamespaces()
      // The host's own, from before the root changes: see `setKernelParameters`.
      let hostProcfs = plan.kernelParameters.isEmpty ? nil : try? Syscall.open("/proc", [.path, .directory])
      try makeRoot()
      try setNames()
      try setKernelParameters(hostProcfs: hostProcfs.borrowed)
      extendLifetime(hostProcfs)
      if let duties { try becomeContainerProcess(duties) }
      try becomeProcess()
    } catch {
      fail(error)
    }
  }

  func fail(_ failure: InitFailure) -> Never {
    // When the parent is gone too there is nobody to tell.
    try? Syscall.write(failure.message, to: channel.borrowed)
    Syscall.exitNow(failure.exitStatus)
  }

  // MARK: Namespaces

  private mutating func enterNamespaces() throws(InitFailure) {
    if let duties {
      try leaveCallersSession(duties)
      // Before all else: what the process makes from here on counts against the container's limits.
      if duties.waitsForCgroup { try wait(for: .inCgroup, .createProcess) }
    }
    if plan.userNamespace != nil {
      try wait(for: .idsMapped, .mapIDs)
      try becomeOwner()
    }
    if let duties {
      if plan.joinsUserNamespace { try becomeRoot(of: "the user namespace") }
      try joinNeighbour(duties)
    }
    for join in joins { try join.enter() }
    if plan.created.contains(.time) { try makeClocks() }
    if duties != nil, plan.userNamespace != nil {
      try attempt(.createProcess, "prctl PR_SET_DUMPABLE") { () throws(Errno) in try Syscall.setDumpable(false) }
    }
    if plan.bringsUpLoopback {
      try attempt(.network, "ip link set lo up") { () throws(Errno) in try Syscall.bringUpLoopback() }
    }
    timer.mark("namespaces")
  }

  /// Waits for a word of the parent's, and takes what comes with it. A parent that failed says so itself.
  @discardableResult
  func wait(for word: InitWord, _ step: InitFailure.Step) throws(InitFailure) -> [UInt8] {
    let message = try attempt(step, "wait for berth (\(String(describing: word)))") { () throws(Errno) in
      try Syscall.read(channel.borrowed, count: 64)
    }
    if message.first != word.rawValue { Syscall.exitNow(125) }
    return Array(message.dropFirst())
  }

  /// Takes the ids that own the new user namespace's things; without a root inside, the caller's stay.
  private func becomeOwner() throws(InitFailure) {
    guard let mappings = plan.userNamespace?.mappings, mappings.users.maps(0), mappings.groups.maps(0) else { return }
    try attempt(.credentials, "become root of the user namespace") { () throws(Errno) in
      try Syscall.setGroupID(0)
      try Syscall.setUserID(0)
    }
  }

  /// The clocks of a new time namespace can be set until a process is in it: here this one, then, time_namespaces(7).
  private mutating func makeClocks() throws(InitFailure) {
    try attempt(.clock, "unshare --time") { () throws(Errno) in try Syscall.unshare([.time]) }
    // Who has changed its ids is not the owner of its own files in /proc, proc(5); no process of the container's is
    // there yet to look into this one.
    if plan.created.contains(.user) {
      try attempt(.clock, "prctl PR_SET_DUMPABLE") { () throws(Errno) in try Syscall.setDumpable(true) }
    }
    defer { if plan.created.contains(.user) { try? Syscall.setDumpable(false) } }  // execve(2) does it again.
    for offset in plan.clockOffsets {
      let line = "\(offset.clock) \(offset.seconds) \(offset.nanoseconds)\n"
      try attempt(.clock, "set the \(offset.clock) clock \(offset.seconds) s apart") { () throws(Errno) in
        let file = try Syscall.open("/proc/self/timens_offsets", .writeOnly)
        try Syscall.write(Array(line.utf8), to: file.borrowed)
      }
    }
    try attempt(.clock, "enter the new time namespace") { () throws(Errno) in
      let namespace = try Syscall.open("/proc/self/ns/time_for_children", [])
      try OwnNamespace.enter(namespace.borrowed, type: .time)
    }
  }

  // MARK: Root, names, parameters

  private mutating func makeRoot() throws(InitFailure) {
    if plan.entersTemplate {
      let host = try? Syscall.open("/proc/self/ns/mnt", [])
      try copyTemplate()
      do throws(InitFailure) {
        return try carryOutSteps()
      } catch {
        // One of the trees that berth has taken has a mount namespace's file in it: see `CaptureOrigin`.
        guard error.errno == .tooManySymbolicLinkLevels, let host = host.borrowed else { throw error }
        try copyMountNamespace(host)
        root = RootMaking(plan: plan)
        try takeCaptures()
        return try carryOutSteps()
      }
    }
    switch captures {
    case .inherited: break
    case .laidOut:
      try attempt(.mount, "take the mounts for the container") { () throws(Errno) in try root.takeLaidOutCaptures() }
    case .own: try takeCaptures()
    }
    try carryOutSteps()
  }

  private mutating func takeCaptures() throws(InitFailure) {
    for capture in plan.captures { try root.execute(capture) }
  }

  private mutating func carryOutSteps() throws(InitFailure) {
    for step in plan.steps {
      if let duties {
        switch step {
        case .runHooks: try runHooks(duties)
        case .enterCgroupNamespace: try enterCgroupNamespace(duties)
        case .captureMapped(let tree, let source, let recursive, _):
          try captureMapped(tree, from: source, recursive: recursive, step)
        default: break
        }
      }
      try root.execute(step)
    }
    timer.mark("mounts")
  }

  /// Makes the mount namespace a copy of the template's. Without it, the steps do as well in a copy of the host's.
  private func copyTemplate() throws(InitFailure) {
    try copyMountNamespace(duties?.template)
  }

  private func copyMountNamespace(_ original: FileDescriptor?) throws(InitFailure) {
    if let original { try? OwnNamespace.enter(original, type: .mount) }
    try attempt(.createProcess, "unshare --mount") { () throws(Errno) in try Syscall.unshare([.mount]) }
  }

  private func setNames() throws(InitFailure) {
    if let name = plan.hostname {
      try attempt(.name, "hostname \(name)") { () throws(Errno) in try Syscall.setHostName(name) }
    }
    if let name = plan.domainname {
      try attempt(.name, "domainname \(name)") { () throws(Errno) in try Syscall.setDomainName(name) }
    }
  }

  /// Writes through a procfs of its own that nobody else can reach or cover; where the PID namespace is the host's and
  /// permits none without privilege, through the host's.
  private func setKernelParameters(hostProcfs: FileDescriptor?) throws(InitFailure) {
    guard !plan.kernelParameters.isEmpty else { return }
    let procfs = try attempt(.kernelParameter, "mount -t proc proc") { () throws(Errno) in
      var reason: String?
      let attributes: MountAttributes = [.noSetUserID, .noDevices, .noExecution]
      do throws(Errno) {
        return try makeMount(of: FileSystem(type: "proc"), attributes: attributes, reason: &reason)
      } catch {
        guard error == .notPermitted, !plan.created.contains(.pid), let hostProcfs else { throw error }
        return try Syscall.open(at: hostProcfs, ".", [.path, .directory])
      }
    }
    for parameter in plan.kernelParameters {
      try attempt(.kernelParameter, "sysctl -w \(parameter.name)=\(parameter.value)") { () throws(Errno) in
        let file = try Syscall.open(
          at: procfs.borrowed,
          parameter.procPath,
          .writeOnly,
          resolve: [.noSymbolicLinks, .noOtherMounts]
        )
        try Syscall.write(Array(parameter.value.utf8), to: file.borrowed)
      }
    }
  }

  // MARK: The process

  private mutating func becomeProcess() throws(InitFailure) -> Never {
    let process = plan.process
    try setLimits(process.limits)
    if let mask = process.fileCreationMask { Syscall.setFileCreationMask(mask) }
    let arrived = enterWorkingDirectory(process.workingDirectory)
    try takeCredentials(process)
    try checkWorkingDirectory(process.workingDirectory, alreadyThere: arrived)
    try attempt(.execute, "close_range") { () throws(Errno) in try Syscall.closeOnExecution(from: 3) }
    timer.mark("credentials")
    if process.hasInit { try runInitProcess(channel: channel.borrowed) }
    if takesForeground { try becomeForegroundJob() }
    try dieWithParent()
    try attempt(.execute, "restore signals") { () throws(Errno) in _ = try Syscall.setBlockedSignals(blockedSignals) }
    try execute(process)
  }

  func setLimits(_ limits: [ResourceLimit]) throws(InitFailure) {
    for limit in limits {
      try attempt(.limit, limit.operation) { () throws(Errno) in try Syscall.setLimit(limit) }
    }
  }

  /// Enters the directory with the privileges that are left; whether that went well is judged with the process's own.
  func enterWorkingDirectory(_ path: String) -> Bool {
    (try? Syscall.changeDirectory(path)) != nil
  }

  /// The directory must be inside the root: CVE-2024-21626 left a way out through a descriptor's directory.
  func checkWorkingDirectory(_ path: String, alreadyThere: Bool) throws(InitFailure) {
    try attempt(.workingDirectory, "cd \(path)") { () throws(Errno) in
      if !alreadyThere { try Syscall.changeDirectory(path) }
      if !(try Syscall.workingDirectoryPath().hasPrefix("/")) { throw .noSuchFileOrDirectory }
    }
  }

  /// Starts a shell as the leader of the terminal's foreground group, as a shell with job control expects to find itself:
  /// berth's own group is outside of a new PID namespace, and has no number there to give the terminal back to.
  private func becomeForegroundJob() throws(InitFailure) {
    try attempt(.execute, "tcsetpgrp") { () throws(Errno) in
      try Syscall.leadProcessGroup()
      try Syscall.setForegroundGroup(Syscall.processID, of: .standardInput)
    }
  }

  /// Has the kernel end this process with berth, and ends it now if berth is gone already.
  private func dieWithParent() throws(InitFailure) {
    try attempt(.execute, "prctl PR_SET_PDEATHSIG") { () throws(Errno) in
      try Syscall.setParentDeathSignal(Signal.kill)
    }
    if Syscall.isReadable(channel.borrowed) { Syscall.exitNow(125) }
  }
}
