import CgroupExecution
import Cgroups
import ContainerPlan
import JSON
import LinuxABI
import LinuxSyscalls
package import NamespaceJoining
import OCISpec
import SystemPackage

/// What `exec` runs in a container, and how.
package struct ExecOptions: Hashable, Sendable {
  /// What enters the container.
  package let program: SealedProgram
  /// The text of a process's configuration, in place of the container's own.
  package var process: [UInt8]?
  package var arguments: [String] = []
  package var workingDirectory: String?
  /// `NAME=VALUE` each, beside those of the container's process.
  package var environment: [String] = []
  package var hasTerminal: Bool = false
  package var userID: UInt32?
  package var groupID: UInt32?
  package var additionalGroups: [UInt32] = []
  package var capabilities: [String] = []
  /// nil: as the container's process has it.
  package var noNewPrivileges: Bool?
  package var seLinuxLabel: String?
  package var appArmorProfile: String?
  package var detach: Bool = false
  package var consoleSocket: String?
  package var pidfdSocket: String?
  package var pidFile: String?
  package var preservedDescriptors: UInt32 = 0
  /// Cgroups below the container's: `[controller:]path`.
  package var cgroups: [String] = []
  package var ignoresPause: Bool = false

  package init(as program: SealedProgram) { self.program = program }
}

extension Runtime {
  /// Runs a process in a running container.
  ///
  /// - Returns: the status to exit with: the process's, or 0 for one that goes on.
  package func exec(_ id: String, _ options: ExecOptions) throws(RuntimeFailure) -> Int32 {
    let directory = try store.open(id)
    let record = try directory.knownRecord()
    let status = directory.status(record)
    if status == .creating { throw .notCreated(id) }
    guard status == .running || status == .created || status == .paused,
      let initProcess = ContainerProcess(record)
    else { throw RuntimeFailure("cannot exec in a stopped container") }
    if status == .paused, !options.ignoresPause {
      throw RuntimeFailure("cannot exec in a paused container (use --ignore-paused to override)")
    }
    let caller = try attempt("read who calls berth") { () throws(Errno) in try Caller.probe(forContainer: true) }
    let plan = try plan(options, record, directory, caller)
    defer { extendLifetime(initProcess) }
    var create = CreateOptions(as: options.program)
    create.consoleSocket = options.consoleSocket
    create.pidfdSocket = options.pidfdSocket
    create.pidFile = options.pidFile
    create.preservedDescriptors = options.preservedDescriptors

    let attendance =
      options.detach
      ? nil
      : try Attendance(
        needsTerminal: plan.process.terminal != nil && options.consoleSocket == nil,
        adoptsOrphans: false
      )
    let terminal = attendance.terminalSocket
    try create.check(plan, terminal: terminal)
    for warning in plan.warnings { warn("\(warning)") }
    let console = terminal == nil ? try create.connectToConsole(plan) : nil
    defer { extendLifetime(console) }
    var duties = ContainerDuties(program: options.program, state: HookState(record))
    if plan.process.terminal != nil { duties.consoleSocket = terminal == nil ? console.borrowed : terminal }
    duties.isAttended = terminal != nil
    duties.keptDescriptors = options.preservedDescriptors
    duties.seccomp = try seccompDuty(plan)
    let affinity = plan.process.processors
    duties.keepsProcessors = affinity.initial != nil || affinity.final != nil
    duties.processors = affinity.final
    if let initial = affinity.initial {
      // The process is born in its cgroup, and has to be bound before that.
      try attempt("process.execCPUAffinity.initial") { () throws(Errno) in try Syscall.setProcessors(initial) }
    }
    let root = record.hasChangedRoot ? try initProcess.root() : nil
    duties.neighbour = ContainerNeighbour(
      process: initProcess.descriptor.borrowed,
      namespaces: record.joinable,
      root: root.borrowed
    )
    defer { extendLifetime(root) }
    let cgroup = try cgroup(record, options, initProcess.id)
    duties.waitsForCgroup = caller.isRootless && !record.unit.isEmpty
    let launched = try launch(
      plan,
      caller,
      duties,
      duties.waitsForCgroup ? nil : cgroup,
      initProcess.descriptor.borrowed,
      attendance.blockedSignals
    )
    if duties.waitsForCgroup, let cgroup { try launched.attach(to: cgroup, record) }
    do throws(InitFailure) {
      try launched.prepare(plan, isRootless: caller.isRootless) { () throws(InitFailure) in }
    } catch {
      launched.end()
      throw RuntimeFailure(error)
    }
    do throws(RuntimeFailure) {
      try create.tell(launched.id, launched.process.borrowed)
    } catch {
      launched.end()
      throw error
    }
    do throws(InitFailure) {
      try launched.release()
    } catch {
      launched.end()
      throw RuntimeFailure(error)
    }
    guard let attendance else { return 0 }
    return try attendance.attend(
      launched.process.borrowed,
      id: launched.id,
      hasTerminal: plan.process.terminal != nil && terminal != nil
    ).shellStatus
  }

  /// The container's own process, or the one given, with what the options change in it.
  private func plan(
    _ options: ExecOptions,
    _ record: ContainerRecord,
    _ directory: borrowing ContainerDirectory,
    _ caller: Caller
  ) throws(RuntimeFailure) -> ContainerPlan {
    var spec = try directory.spec()
    if let text = options.process { spec.process = try ProcessSpec(configuration: text).completed(by: spec.process) }
    options.change(&spec)
    var host = try attempt("read what the host has") { () throws(Errno) in
      try Host.probe(process: spec, caller: caller)
    }
    host.allowedAnnotations = AllowedAnnotations(record.heededAnnotations)
    do throws(SpecProblems) {
      return try ContainerPlan(process: spec, host: host)
    } catch {
      throw RuntimeFailure("\(error)")
    }
  }

  private func cgroup(
    _ record: ContainerRecord,
    _ options: ExecOptions,
    _ initID: Int32
  ) throws(RuntimeFailure) -> ContainerCgroup? {
    guard let cgroup = record.containerCgroup else { return nil }
    if options.cgroups.isEmpty {
      guard cgroup.handsControllersDown, let hierarchies = try hierarchies() else { return cgroup }
      do throws(CgroupFailure) {
        return try ContainerCgroup(of: initID, in: hierarchies)
      } catch {
        throw RuntimeFailure(error)
      }
    }
    let parts: [SubCgroup]
    do throws(SubCgroup.Problem) {
      parts = try SubCgroup.parse(options.cgroups)
    } catch {
      throw RuntimeFailure("\(error)")
    }
    do throws(CgroupFailure) {
      return try cgroup.descending(into: parts)
    } catch {
      throw RuntimeFailure(error)
    }
  }

  private func launch(
    _ plan: ContainerPlan,
    _ caller: Caller,
    _ duties: ContainerDuties,
    _ cgroup: ContainerCgroup?,
    _ initProcess: FileDescriptor,
    _ blockedSignals: SignalSet
  ) throws(RuntimeFailure) -> LaunchedProcess {
    do throws(InitFailure) {
      // On its way the process must not be looked into from there: CVE-2016-9962.
      try attempt(.createProcess, "prctl PR_SET_DUMPABLE") { () throws(Errno) in try Syscall.setDumpable(false) }
      var duties = duties
      if let namespaces = duties.neighbour?.namespaces, namespaces.contains(.pid) {
        // Who has no privilege here has it there: the user namespace comes first, then, and for berth itself.
        let first: NamespaceSet = namespaces.contains(.user) && !caller.isPrivileged ? [.user, .pid] : [.pid]
        try attempt(.joinNamespace, "enter the container's pid namespace") { () throws(Errno) in
          try duties.program.join(initProcess, namespaces: first)
        }
        if first.contains(.user) { duties.neighbour?.namespaces.remove(.user) }
      }
      let host = Host(kernel: Host.oldestKernel, caller: caller)
      return try LaunchedProcess(plan, host: host, duties: duties, cgroup: cgroup, blockedSignals: blockedSignals)
    } catch {
      throw RuntimeFailure(error)
    }
  }
}

extension Attendance? {
  fileprivate var terminalSocket: FileDescriptor? {
    switch self {
    case .some(let attendance): attendance.terminalSocket
    case .none: nil
    }
  }

  fileprivate var blockedSignals: SignalSet {
    switch self {
    case .some(let attendance): attendance.blockedSignals
    case .none: SignalSet([])
    }
  }
}

extension ContainerRecord {
  /// The namespaces that a process beside the container's own enters.
  fileprivate var joinable: NamespaceSet {
    NamespaceSet(NamespaceType.allCases.filter { namespaces & $0.cloneFlag != 0 })
  }
}

extension ProcessSpec {
  /// This process, and what the container's own has where this says nothing: as with runc.
  fileprivate func completed(by other: ProcessSpec?) -> ProcessSpec {
    var process = self
    process.rlimits = rlimits ?? other?.rlimits
    process.oomScoreAdj = oomScoreAdj ?? other?.oomScoreAdj
    process.capabilities = capabilities ?? other?.capabilities
    return process
  }

  /// Reads a file with a process's configuration.
  fileprivate init(configuration: [UInt8]) throws(RuntimeFailure) {
    do throws(JSONProblem) {
      guard case .object(let members) = try JSONValue(parsing: configuration) else {
        throw JSONProblem("", "the document is not an object")
      }
      var json = JSONReader(members)
      self.init(&json)
      if let problem = json.problems.first { throw problem }
    } catch {
      throw RuntimeFailure("--process: \(error.path)\(error.path.isEmpty ? "" : ": ")\(error.message)")
    }
  }
}

extension ExecOptions {
  /// Changes the container's process into the one to run.
  fileprivate func change(_ spec: inout Spec) {
    var process = spec.process ?? ProcessSpec(user: ProcessSpec.User(uid: 0, gid: 0), cwd: "/")
    if self.process == nil { process.terminal = false }
    if hasTerminal { process.terminal = true }
    // A file's counts, as with runc and crun.
    if !arguments.isEmpty, self.process == nil { process.args = arguments }
    if let workingDirectory { process.cwd = workingDirectory }
    process.env = (process.env ?? []) + environment
    if let userID { process.user.uid = userID }
    if let groupID { process.user.gid = groupID }
    if !additionalGroups.isEmpty {
      process.user.additionalGids = (process.user.additionalGids ?? []) + additionalGroups
    }
    if let noNewPrivileges { process.noNewPrivileges = noNewPrivileges }
    if let seLinuxLabel { process.selinuxLabel = seLinuxLabel }
    if let appArmorProfile { process.apparmorProfile = appArmorProfile }
    if !capabilities.isEmpty {
      var sets =
        process.capabilities ?? ProcessSpec.Capabilities(bounding: nil, effective: nil, permitted: nil)
      let inheritable = sets.inheritable ?? []
      sets.bounding = (sets.bounding ?? []) + capabilities
      sets.effective = (sets.effective ?? []) + capabilities
      sets.permitted = (sets.permitted ?? []) + capabilities
      // Ambient only what is inheritable, capabilities(7).
      sets.ambient = (sets.ambient ?? []) + capabilities.filter(inheritable.contains)
      process.capabilities = sets
    }
    spec.process = process
  }
}
