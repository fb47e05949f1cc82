import Cgroups
import ContainerPlan
import LinuxABI
import LinuxSyscalls
import MountNamespace
import NamespaceJoining
import OCISpec
import SystemPackage

/// The part of the way that only a container's process goes.
extension ContainerInit {
  /// Cuts the ties to the caller's terminal, keys and processors.
  func leaveCallersSession(_ duties: ContainerDuties) throws(InitFailure) {
    // berth may end on the way, by a signal too: then there is no container.
    try attempt(.createProcess, "prctl PR_SET_PDEATHSIG") { () throws(Errno) in
      try Syscall.setParentDeathSignal(Signal.kill)
      try Syscall.leadSession()
    }
    if Syscall.isReadable(channel.borrowed), plan.userNamespace == nil, !duties.waitsForCgroup {
      Syscall.exitNow(125)
    }
    if let name = duties.keyring {
      // Not every kernel has keys, and not every caller may make them: the container is none the worse.
      _ = try? Syscall.joinSessionKeyring(name)
    }
    if !duties.keepsProcessors {
      // Those that berth may use are the caller's affair: the process gets all that its cgroup has. Who is refused that
      // has the caller's.
      try? Syscall.setProcessors(.all)
    }
  }

  /// Enters the namespaces of the container's process.
  func joinNeighbour(_ duties: ContainerDuties) throws(InitFailure) {
    guard let neighbour = duties.neighbour else { return }
    let namespaces = neighbour.namespaces
    if !namespaces.isEmpty {
      try attempt(.joinNamespace, "enter the container's namespaces") { () throws(Errno) in
        try duties.program.join(neighbour.process, namespaces: namespaces)
      }
    }
    if let root = neighbour.root {
      try attempt(.joinNamespace, "enter the container's root") { () throws(Errno) in
        try Syscall.changeDirectory(root)
        try Syscall.changeRoot(to: ".")
      }
    }
    guard namespaces.contains(.user) else { return }
    try becomeRoot(of: "the container's user namespace")
  }

  /// Takes the ids of the root of a user namespace that was entered: who has none there can make no file.
  func becomeRoot(of namespace: String) throws(InitFailure) {
    try attempt(.credentials, "become root of \(namespace)") { () throws(Errno) in
      do throws(Errno) {
        try Syscall.setGroupID(0)
        try Syscall.setUserID(0)
      } catch {
        // A user namespace without a root: the ids of the process come later all the same.
        guard error == .invalidArgument else { throw error }
      }
    }
  }

  func enterCgroupNamespace(_ duties: ContainerDuties) throws(InitFailure) {
    if plan.created.contains(.cgroup) {
      try attempt(.createProcess, "unshare --cgroup") { () throws(Errno) in try Syscall.unshare([.cgroup]) }
    }
  }

  /// Has berth map the ids of a tree that earlier steps made: it has the privilege over the file system.
  mutating func captureMapped(
    _ tree: MountPoint,
    from source: MountPoint,
    recursive: Bool,
    _ step: RootStep
  ) throws(InitFailure) {
    let berth = channel.borrowed
    do throws(Errno) {
      try root.capture(source, as: tree, recursive: recursive) { (copy) throws(Errno) in
        try Syscall.send([InitWord.treeToMap.rawValue], with: copy, over: berth)
        // A parent that failed says so itself.
        if try Syscall.read(berth, count: 1) != [InitWord.treeMapped.rawValue] { Syscall.exitNow(125) }
      }
    } catch {
      throw InitFailure(.mount, "\(step.summary)", error)
    }
  }

  /// The hooks of the runtime's, which berth runs, and those of the container's namespaces, config.md "Hooks".
  mutating func runHooks(_ duties: ContainerDuties) throws(InitFailure) {
    if duties.waitsForHooks {
      try attempt(.hook, "tell berth to run the hooks") { () throws(Errno) in
        try Syscall.write([InitWord.atHooks.rawValue], to: channel.borrowed)
      }
      try wait(for: .hooksRun, .hook)
    }
    guard !plan.createContainerHooks.isEmpty else { return }
    try root.enterRoot()
    let input = HookInput(duties.state, status: .creating, processID: Syscall.processID)
    try Hook.run(plan.createContainerHooks, "createContainer", input)
  }

  // MARK: The process

  mutating func becomeContainerProcess(_ duties: ContainerDuties) throws(InitFailure) -> Never {
    var process = plan.process
    if let socket = duties.consoleSocket { try makeTerminal(process, socket) }
    process.environment = environment(process)
    try place(process, duties)
    let labels = try ProcessLabels(process)
    let arrived = enterWorkingDirectory(process.workingDirectory)
    try takeOwnership(process)
    // Before the ids change: afterwards even berth may need CAP_SYS_RESOURCE for it, prlimit(2).
    if !duties.entersUserNamespace(by: plan) { try setLimits(process.limits) }
    try takeIDs(process)
    try checkWorkingDirectory(process.workingDirectory, alreadyThere: arrived)
    let program = try findProgram(process)
    try keepDescriptors(duties)
    timer.mark("credentials")
    try report(.isReady)
    let id = processID(try wait(for: .go, .wait))
    try attempt(.execute, "prctl PR_SET_PDEATHSIG") { () throws(Errno) in try Syscall.setParentDeathSignal(0) }
    let caller = try passGate(duties)
    do throws(InitFailure) {
      try labels.apply()
      // Without no_new_privs, a filter takes CAP_SYS_ADMIN, seccomp(2); with it, the filter comes as late as it can.
      if !process.noNewPrivileges { try installFilter(duties, id, process) }
      try takeCapabilities(process)
      if process.noNewPrivileges { try installFilter(duties, id, process) }
      // In the container's namespaces its own id counts, runtime.md "State".
      var input = HookInput(duties.state, status: .created, processID: Syscall.processID)
      (input.standardOutput, input.standardError) = (nil, nil)  // Those files are the host's.
      try Hook.run(plan.startContainerHooks, "startContainer", input, environment: process.environment)
      try attempt(.execute, "restore signals") { () throws(Errno) in
        _ = try Syscall.setBlockedSignals(blockedSignals)
      }
      let failure = start(program, process)
      guard let caller else { throw failure }
      endAsStarted(failure, telling: caller)
    } catch {
      let message = error.message
      // This is the last that is done with the channel: nothing but this keeps it open meanwhile.
      withExtendedLifetime(channel) {
        try? Syscall.write(message, to: caller ?? $0.borrowed)  // Who let it go may be gone.
      }
      Syscall.exitNow(error.exitStatus)
    }
  }

  private func report(_ word: InitWord) throws(InitFailure) {
    try attempt(.wait, "tell berth that it is \(String(describing: word))") { () throws(Errno) in
      try Syscall.write([word.rawValue], to: channel.borrowed)
    }
  }

  /// Ends a container whose program cannot be executed. It has started by then, and says itself why it ends, as with runc and crun: engines
  /// deal with that as with any program's end, and some of them leave a container behind whose `start` fails.
  private func endAsStarted(_ failure: InitFailure, telling caller: FileDescriptor) -> Never {
    // Neither needs to be there by now.
    let line: Prose = "berth: \(failure.sentence)\n"
    try? Syscall.write(Array(line.text.utf8), to: .standardError)
    try? Syscall.write([InitWord.isReady.rawValue], to: caller)
    Syscall.exitNow(1)
  }

  /// The id of this process as berth sees it.
  private func processID(_ bytes: [UInt8]) -> Int32 {
    bytes.reversed().reduce(0) { $0 << 8 | Int32($1) }
  }

  /// Waits for `berth start`, and returns where to tell it how that went; nil for a process that needs no leave.
  private func passGate(_ duties: ContainerDuties) throws(InitFailure) -> FileDescriptor? {
    guard let gate = duties.gate else { return nil }
    let signals = try attempt(.wait, "signalfd") { () throws(Errno) in
      plan.created.contains(.pid) ? try blockSignals() : nil
    }
    defer { extendLifetime(signals) }
    try attempt(.wait, "listen for berth start") { () throws(Errno) in try Syscall.listen(gate) }
    // From here on berth may end: the end of file tells it that this process can do without.
    try attempt(.execute, "close the channel") { () throws(Errno) in try Syscall.close(channel.borrowed) }
    return try attempt(.wait, "wait for berth start") { () throws(Errno) in
      while true {
        if let signals = signals.borrowed { try wait(for: gate, orSignals: signals) }
        let caller = try Syscall.accept(gate)
        // Who only looks whether this process waits says nothing.
        guard try !Syscall.read(caller.borrowed, count: 1).isEmpty else { continue }
        // Who is told that this process runs must find it past the gate: execve(2) lets go of the highest number first.
        if caller.borrowed.rawValue > gate.rawValue { try Syscall.close(gate) }
        return FileDescriptor(rawValue: caller.release())
      }
    }
  }

  /// Has signals wait to be read: the kernel drops those that an init neither blocks nor catches, pid_namespaces(7).
  private func blockSignals() throws(Errno) -> Descriptor {
    _ = try Syscall.setBlockedSignals(.all)  // Until the program is executed: see `restore signals`.
    return try Syscall.signalDescriptor(.all)
  }

  /// Waits until somebody is at the gate. A signal that would end another process ends this one.
  private func wait(for gate: FileDescriptor, orSignals signals: FileDescriptor) throws(Errno) {
    while true {
      let ready = try Syscall.waitReadable(gate, signals)
      if ready.second {
        let signal = try Syscall.readSignal(signals).number
        if DefaultAction(of: signal) == .terminate { Syscall.exitNow(128 + signal) }
      }
      if ready.first { return }
    }
  }

  /// Closes all but the descriptors that are still needed, so that nobody finds another while this process waits.
  private func keepDescriptors(_ duties: ContainerDuties) throws(InitFailure) {
    var kept = [channel.borrowed]
    if let gate = duties.gate { kept.append(gate) }
    if let agent = duties.seccomp?.agent { kept.append(agent) }
    try attempt(.execute, "close_range") { () throws(Errno) in
      var next = 3 + duties.keptDescriptors
      for number in kept.map({ UInt32($0.rawValue) }).sorted() {
        if number > next { try Syscall.closeRange(from: next, to: number - 1) }
        next = number + 1
      }
      try Syscall.closeRange(from: next, to: .max)
    }
  }

  /// Scheduling, placement and the execution domain, while the privileges are there.
  private func place(_ process: ProcessPlan, _ duties: ContainerDuties) throws(InitFailure) {
    if let processors = duties.processors {
      try attempt(.limit, "process.execCPUAffinity.final") { () throws(Errno) in try Syscall.setProcessors(processors) }
    }
    if let attributes = process.scheduling { try schedule(attributes) }
    if let priority = process.ioPriority {
      try attempt(.limit, "process.ioPriority (ionice)") { () throws(Errno) in try Syscall.setIOPriority(priority) }
    }
    if let placement = process.memoryPlacement {
      try attempt(.limit, "linux.memoryPolicy (numactl)") { () throws(Errno) in
        try Syscall.setMemoryPolicy(placement.mode, nodes: placement.nodes)
      }
    }
    if let personality = process.personality {
      try attempt(.limit, "linux.personality (setarch)") { () throws(Errno) in
        try Syscall.setPersonality(personality)
      }
    }
    if let mask = process.fileCreationMask { Syscall.setFileCreationMask(mask) }
  }

  private func schedule(_ attributes: SchedulingAttributes) throws(InitFailure) {
    do throws(Errno) {
      try Syscall.setScheduling(attributes)
    } catch {
      // sched_setattr(2), EPERM: who has a deadline may not be kept from any processor.
      let isBound = plan.cgroup?.writes.contains { $0.file == "cpuset.cpus" } ?? false
      let reason: Prose? =
        error == .notPermitted && attributes.policy == .deadline && isBound
        ? "process scheduler can't be used together with AllowedCPUs (linux.resources.cpu.cpus)" : nil
      throw InitFailure(.limit, "process.scheduler (chrt)", error, reason: reason)
    }
  }

  /// The environment with each variable once, the last word on it counting, and with HOME from the root's /etc/passwd.
  private func environment(_ process: ProcessPlan) -> [String] {
    var variables: [String] = []
    for variable in process.environment {
      let name = variable.prefix { $0 != "=" } + "="
      variables.removeAll { $0.hasPrefix(name) }
      variables.append(variable)
    }
    if variables.contains(where: { $0.hasPrefix("HOME=") && $0 != "HOME=" }) { return variables }
    variables.removeAll { $0 == "HOME=" }
    variables.append("HOME=" + homeDirectory(of: process.userID))
    return variables
  }

  private func homeDirectory(of user: UInt32) -> String {
    guard var accounts = AccountFile("/etc/passwd", inRoot: .workingDirectory) else { return "/" }
    while let fields = accounts.next() {
      if fields.count > 5, UInt32(fields[2]) == user { return fields[5] }
    }
    return "/"
  }
}
