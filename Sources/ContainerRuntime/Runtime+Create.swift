import CgroupExecution
import Cgroups
import ContainerPlan
import JSON
import LinuxABI
import LinuxSyscalls
import OCISpec
import SystemPackage

extension Runtime {
  /// Makes a container whose process waits for `start`, runtime.md "create".
  package func create(_ id: String, _ options: CreateOptions) throws(RuntimeFailure) {
    let creation = try ContainerCreation(id, options, in: self, waitsForStart: true, terminal: nil)
    try creation.settle()
  }
}

/// A container in the making.
///
/// What is made is on record before it is there: whatever interrupts this, `delete --force` finds it.
struct ContainerCreation: ~Copyable {
  let bundle: Bundle
  let plan: ContainerPlan
  let directory: ContainerDirectory
  private(set) var record: ContainerRecord
  private(set) var cgroup: ContainerCgroup?
  private let options: CreateOptions
  private let launched: LaunchedProcess

  var processID: Int32 { launched.id }
  var process: FileDescriptor { launched.process.borrowed }

  /// Makes everything up to the process, which then waits to be let go. On a failure nothing is left.
  ///
  /// - Parameters:
  ///   - waitsForStart: whether the process waits for `berth start` after that.
  ///   - terminal: where the terminal's other end goes, if not to the options' console socket.
  init(
    _ id: String,
    _ options: CreateOptions,
    in runtime: Runtime,
    waitsForStart: Bool,
    terminal: FileDescriptor?,
    blockedSignals: SignalSet = SignalSet([])
  ) throws(RuntimeFailure) {
    let caller = try attempt("read who calls berth") { () throws(Errno) in try Caller.probe(forContainer: true) }
    let bundle = try Bundle(options.bundle, workingDirectory: caller.workingDirectory)
    let hierarchies = try runtime.hierarchies()
    let host = try attempt("read what the host has") { () throws(Errno) in
      try Host.probe(container: bundle.spec, caller: caller, cgroups: hierarchies)
    }
    let plan = try Self.plan(bundle, host, id)
    try options.check(plan, terminal: terminal)

    let directory = try runtime.store.make(id)
    var made = ContainerRecord(bundle, plan, id: id, caller: caller)
    var cgroup: ContainerCgroup?
    do throws(RuntimeFailure) {
      try directory.lock()
      try directory.write(configuration: bundle.configuration)
      if let hierarchies, let path = plan.cgroup?.path {
        made.cgroup = ContainerCgroup(path, in: hierarchies).text
        try directory.write(made)
        cgroup = try plan.makeCgroup(in: hierarchies, isRootless: !caller.isPrivileged)
        made.cgroup = cgroup?.text ?? ""
      } else {
        try directory.write(made)
      }
      let gate = waitsForStart ? try directory.makeGate().release() : -1
      defer { if gate >= 0 { _ = Descriptor(owning: gate) } }
      let console = try options.connectToConsole(plan)
      defer { if let console { _ = Descriptor(owning: console.rawValue) } }
      var duties = ContainerDuties(state: HookState(made))
      duties.waitsForHooks = bundle.spec.hooks.map { $0.prestart != nil || $0.createRuntime != nil } ?? false
      duties.gate = waitsForStart ? FileDescriptor(rawValue: gate) : nil
      duties.keyring = options.noNewKeyring ? nil : "_ses.\(id)"
      duties.consoleSocket = terminal ?? console
      duties.keptDescriptors = options.preservedDescriptors
      launched = try Self.launch(plan, host, duties, cgroup, blockedSignals)
    } catch {
      Self.removeAll(directory, cgroup)
      throw error
    }
    self.bundle = bundle
    self.plan = plan
    self.directory = directory
    self.options = options
    self.cgroup = cgroup
    record = made
    do throws(RuntimeFailure) {
      try prepare(made)
    } catch {
      launched.end()
      Self.removeAll(self.directory, cgroup)
      throw error
    }
  }

  private static func plan(_ bundle: Bundle, _ host: Host, _ id: String) throws(RuntimeFailure) -> ContainerPlan {
    do throws(SpecProblems) {
      return try ContainerPlan(bundle.spec, host: host, id: id, known: bundle.problems)
    } catch {
      throw RuntimeFailure("\(error)")
    }
  }

  private static func launch(
    _ plan: ContainerPlan,
    _ host: Host,
    _ duties: ContainerDuties,
    _ cgroup: ContainerCgroup?,
    _ blockedSignals: SignalSet
  ) throws(RuntimeFailure) -> LaunchedProcess {
    do throws(InitFailure) {
      return try LaunchedProcess(plan, host: host, duties: duties, cgroup: cgroup, blockedSignals: blockedSignals)
    } catch {
      throw RuntimeFailure(error)
    }
  }

  /// Takes back what was made. The failure that leads here is the one to tell; what stays is on record.
  private static func removeAll(_ directory: borrowing ContainerDirectory, _ cgroup: ContainerCgroup?) {
    try? cgroup?.remove()
    try? directory.remove()
  }

  private mutating func prepare(_ made: ContainerRecord) throws(RuntimeFailure) {
    record.processID = launched.id
    record.startTime = ContainerProcess.startTime(of: launched.id) ?? 0
    try directory.write(record)
    let hooks = bundle.spec.hooks
    let state = HookState(made).json(status: .creating, processID: launched.id)
    do throws(InitFailure) {
      try launched.prepare(plan) { () throws(InitFailure) in
        try Syscall.enter(directory: bundle.path)
        try Hook.run(hooks?.prestart, "prestart", state: state)
        try Hook.run(hooks?.createRuntime, "createRuntime", state: state)
      }
    } catch {
      throw RuntimeFailure(error)
    }
    try options.tell(launched.id, launched.process.borrowed)
  }

  /// Lets the process go, on its own or to wait for `berth start`.
  func settle() throws(RuntimeFailure) {
    do throws(InitFailure) {
      try launched.release()
    } catch {
      discard()
      throw RuntimeFailure(error)
    }
  }

  /// Ends the process and removes all that was made for the container.
  func discard() {
    launched.end()
    Self.removeAll(directory, cgroup)
  }
}

extension Syscall {
  /// Makes a hook's working directory that of the bundle.
  fileprivate static func enter(directory: String) throws(InitFailure) {
    try attempt(.hook, "cd \(directory)") { () throws(Errno) in try changeDirectory(directory) }
  }
}

extension ContainerRecord {
  fileprivate init(_ bundle: Bundle, _ plan: ContainerPlan, id: String, caller: Caller) {
    // A clock that cannot be read leaves the time unknown, and nothing else.
    let now = (try? Syscall.now()).map { "\($0)" } ?? ""
    self.init(
      id: id,
      bundle: bundle.path,
      rootfs: bundle.spec.root?.path ?? "",
      spec: bundle.spec,
      created: now,
      owner: caller.userID
    )
    var types = plan.created
    for join in plan.joined { types.insert(join.type) }
    namespaces = types.cloneFlags
  }
}

extension Runtime {
  /// Where cgroups are on this host; nil if containers get none.
  func hierarchies() throws(RuntimeFailure) -> CgroupHierarchies? {
    if cgroupDriver == .disabled { return nil }
    do throws(CgroupFailure) {
      let found = try CgroupHierarchies.probe()
      return found.all.isEmpty ? nil : found
    } catch {
      throw RuntimeFailure(error)
    }
  }
}

extension ContainerPlan {
  /// Makes the container's cgroups and sets their limits.
  fileprivate func makeCgroup(
    in hierarchies: CgroupHierarchies,
    isRootless: Bool
  ) throws(RuntimeFailure) -> ContainerCgroup? {
    guard let cgroup else { return nil }
    do throws(CgroupFailure) {
      let made = try ContainerCgroup.make(
        cgroup.path,
        in: hierarchies,
        writes: cgroup.writes,
        isRootless: isRootless
      )
      do throws(CgroupFailure) {
        try made.apply(cgroup.writes, unified: cgroup.unifiedWrites)
        try made.apply(cgroup.devices, isRootless: isRootless)
      } catch {
        try? made.remove()  // The failure that leads here is the one to tell.
        throw error
      }
      return made
    } catch {
      throw RuntimeFailure(error)
    }
  }
}

extension ContainerCgroup {
  /// The directories that a container's cgroup will have.
  init(_ path: CgroupsPath, in hierarchies: CgroupHierarchies) {
    self.init(
      hierarchies.all.map { CgroupDirectory(controllers: $0.controllers, path: $0.directory(of: path)) }
    )
  }
}
