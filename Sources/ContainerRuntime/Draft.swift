import CgroupExecution
import Cgroups
import ContainerPlan
import LinuxABI
import LinuxSyscalls
import OCISpec
import SystemPackage

/// What a container in the making is made of.
struct Draft {
  let bundle: Bundle
  let plan: ContainerPlan
  let isRootless: Bool
  var record: ContainerRecord
  var cgroup: ContainerCgroup?

  /// Puts the cgroup on record, makes it and sets its limits.
  ///
  /// - Returns: what keeps the scope alive until the container's process is in it, where systemd is asked for one.
  mutating func makeCgroup(
    _ hierarchies: CgroupHierarchies?,
    _ directory: borrowing ContainerDirectory
  ) throws(RuntimeFailure) -> ScopePlaceholder? {
    guard let hierarchies, let planned = plan.cgroup else {
      try directory.write(record)
      return nil
    }
    guard let scope = planned.scope else {
      try makeCgroup(planned, at: planned.path, hierarchies, directory)
      return nil
    }
    record.unit = scope.cgroup.unit
    try directory.write(record)
    let placeholder = try ScopePlaceholder.make()
    let path = try scope.start(
      around: placeholder,
      container: record.id,
      devices: planned.devices,
      in: hierarchies,
      isRootless: isRootless
    )
    try makeCgroup(planned, at: path, hierarchies, directory, holder: placeholder.id)
    return placeholder
  }

  private mutating func makeCgroup(
    _ planned: CgroupPlan,
    at path: CgroupsPath,
    _ hierarchies: CgroupHierarchies,
    _ directory: borrowing ContainerDirectory,
    holder: Int32? = nil
  ) throws(RuntimeFailure) {
    record.cgroup = ContainerCgroup(path, in: hierarchies).text
    try directory.write(record)
    cgroup = try planned.make(path, in: hierarchies, isRootless: isRootless, holder: holder)
    record.cgroup = cgroup?.text ?? ""
  }

  /// Takes back what was made. The failure that leads here is the one to tell; what stays is on record.
  func removeAll(_ directory: borrowing ContainerDirectory) {
    try? record.stopUnit(isRootless: isRootless)
    try? record.unmountRoot()
    do throws(CgroupFailure) {
      try cgroup?.remove()
    } catch {
      return  // The record stays with what is left, for `delete`.
    }
    try? directory.remove()
  }

  /// Whether only the user's systemd may move a process of the user's to where the container is.
  private var isAttachedBySystemd: Bool { isRootless && !record.unit.isEmpty }

  func duties(_ options: CreateOptions) -> ContainerDuties {
    var duties = ContainerDuties(program: options.program, state: HookState(record))
    duties.waitsForCgroup = isAttachedBySystemd
    duties.waitsForHooks = bundle.spec.hooks.map { $0.prestart != nil || $0.createRuntime != nil } ?? false
    duties.keyring = options.noNewKeyring ? nil : "_ses.\(record.id)"
    duties.keptDescriptors = options.preservedDescriptors
    return duties
  }

  /// Makes the sockets that the process takes along, and the process.
  func launch(
    _ host: Host,
    _ options: CreateOptions,
    _ duties: ContainerDuties,
    _ directory: borrowing ContainerDirectory,
    _ waitsForStart: Bool,
    _ blockedSignals: SignalSet
  ) throws(RuntimeFailure) -> LaunchedProcess {
    var duties = duties
    let gate = waitsForStart ? try directory.makeGate() : nil
    duties.gate = gate.borrowed
    let console = duties.consoleSocket == nil ? try options.connectToConsole(plan) : nil
    if let socket = console.borrowed { duties.consoleSocket = socket }
    // The process inherits both: until it is there nothing may close them, and a `consume` behind it holds nothing.
    defer {
      extendLifetime(gate)
      extendLifetime(console)
    }
    let launched: LaunchedProcess
    do throws(InitFailure) {
      launched = try LaunchedProcess(
        plan,
        host: host,
        duties: duties,
        cgroup: isAttachedBySystemd ? nil : cgroup,
        blockedSignals: blockedSignals
      )
    } catch {
      throw RuntimeFailure(error)
    }
    if isAttachedBySystemd, let cgroup { try launched.attach(to: cgroup, record) }
    return launched
  }
}

extension ContainerRecord {
  init(_ bundle: Bundle, _ plan: ContainerPlan, id: String, caller: Caller) {
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
    heededAnnotations = plan.heededAnnotations
    hasPoststartHooks = !(bundle.spec.hooks?.poststart ?? []).isEmpty
    hasPoststopHooks = !(bundle.spec.hooks?.poststop ?? []).isEmpty
  }
}

extension CgroupPlan {
  /// Makes the container's cgroups and sets their limits.
  fileprivate func make(
    _ path: CgroupsPath,
    in hierarchies: CgroupHierarchies,
    isRootless: Bool,
    holder: Int32?
  ) throws(RuntimeFailure) -> ContainerCgroup {
    do throws(CgroupFailure) {
      let made = try ContainerCgroup.make(
        path,
        in: hierarchies,
        writes: writes,
        isRootless: isRootless,
        holder: holder
      )
      do throws(CgroupFailure) {
        try made.apply(writes, unified: unifiedWrites)
        try made.apply(devices, isRootless: isRootless)
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
