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
    let creation = try ContainerCreation.make(id, options, in: self, waitsForStart: true)
    try creation.settle()
  }
}

/// A container in the making.
///
/// What is made is on record before it is there: whatever interrupts this, `delete --force` finds it.
struct ContainerCreation: ~Copyable {
  private(set) var draft: Draft
  let directory: ContainerDirectory
  private let options: CreateOptions
  private let launched: LaunchedProcess
  private let runtime: Runtime

  var processID: Int32 { launched.id }
  var process: FileDescriptor { launched.process.borrowed }

  /// Makes everything up to the process, which then waits to be let go. On a failure nothing is left.
  ///
  /// - Parameters:
  ///   - waitsForStart: whether the process waits for `berth start` after that.
  ///   - terminal: where the terminal's other end goes, if not to the options' console socket.
  static func make(
    _ id: String,
    _ options: CreateOptions,
    in runtime: Runtime,
    waitsForStart: Bool,
    terminal: FileDescriptor? = nil,
    blockedSignals: SignalSet = SignalSet([])
  ) throws(RuntimeFailure) -> ContainerCreation {
    try ContainerStore.check(id)
    var caller = try attempt("read who calls berth") { () throws(Errno) in try Caller.probe(forContainer: true) }
    let bundle = try Bundle(options.bundle, workingDirectory: caller.workingDirectory)
    let hierarchies = try runtime.hierarchies()
    if !caller.isPrivileged { caller.probeIDs() }
    var host = try attempt("read what the host has") { [caller] () throws(Errno) in
      var host = try Host.probe(container: bundle.spec, caller: caller, cgroups: hierarchies, program: options.program)
      host.asksSystemd = runtime.cgroupDriver == .systemd
      host.cannotPivot = options.noPivot
      return host
    }
    host.allowedAnnotations = runtime.allowedAnnotations(for: bundle.spec, caller)
    let template =
      host.maySuitTemplate(bundle.spec) && !options.noPivot
      ? MountTemplate.open(below: runtime.store.root) : nil
    host.hasTemplate = template.borrowed != nil
    let plan = try plan(bundle, host, id)
    try options.check(plan, terminal: terminal)
    for warning in plan.warnings { runtime.warn("\(warning)") }

    let directory = try runtime.store.make(id)
    var draft = Draft(
      bundle: bundle,
      plan: plan,
      isRootless: caller.isRootless,
      record: ContainerRecord(bundle, plan, id: id, caller: caller)
    )
    let launched: LaunchedProcess
    do throws(RuntimeFailure) {
      try directory.lock()
      if plan.changesRoot { try draft.record.noteRoot(of: plan) }
      try directory.write(configuration: bundle.configuration)
      let placeholder = try draft.makeCgroup(hierarchies, directory)
      var duties = draft.duties(options)
      duties.consoleSocket = plan.process.terminal == nil ? nil : terminal
      duties.isAttended = terminal != nil
      duties.seccomp = try runtime.seccompDuty(plan)
      duties.template = template.borrowed
      launched = try draft.launch(host, options, duties, directory, waitsForStart, blockedSignals)
      _ = consume placeholder
      _ = consume template
    } catch {
      draft.removeAll(directory)
      throw error
    }
    var creation = ContainerCreation(
      draft: draft,
      directory: directory,
      options: options,
      launched: launched,
      runtime: runtime
    )
    do throws(RuntimeFailure) {
      try creation.prepare()
    } catch {
      creation.discard()
      throw error
    }
    return creation
  }

  private init(
    draft: Draft,
    directory: consuming ContainerDirectory,
    options: CreateOptions,
    launched: consuming LaunchedProcess,
    runtime: Runtime
  ) {
    self.draft = draft
    self.directory = directory
    self.options = options
    self.launched = launched
    self.runtime = runtime
  }

  static func plan(_ bundle: Bundle, _ host: Host, _ id: String) throws(RuntimeFailure) -> ContainerPlan {
    do throws(SpecProblems) {
      return try ContainerPlan(bundle.spec, host: host, id: id, known: bundle.problems)
    } catch {
      throw RuntimeFailure("\(error)")
    }
  }

  private mutating func prepare() throws(RuntimeFailure) {
    draft.record.processID = launched.id
    draft.record.startTime = ContainerProcess.startTime(of: launched.id) ?? 0
    try directory.write(draft.record)
    let (hooks, path) = (draft.bundle.spec.hooks, draft.bundle.path)
    let input = HookInput(HookState(draft.record), status: .creating, processID: launched.id)
    let (devices, id, program) = (draft.plan.networkDevices, launched.id, options.program)
    var areMoved = false
    do throws(InitFailure) {
      try launched.prepare(draft.plan, isRootless: draft.isRootless) { () throws(InitFailure) in
        try NetworkDeviceMove.move(devices, toNetworkOf: id, as: program)
        areMoved = true
        try Hook.run(hooks?.prestart, "prestart", input, in: path)
        try Hook.run(hooks?.createRuntime, "createRuntime", input, in: path)
      }
      if !areMoved { try NetworkDeviceMove.move(devices, toNetworkOf: id, as: program) }
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

  /// Gives up the container's directory, and what else berth holds of it.
  consuming func consumeDirectory() -> ContainerDirectory { directory }

  /// Ends the process and removes all that was made for the container, which goes on at its end: runtime.md, "Lifecycle" 13.
  func discard() {
    launched.end()
    draft.removeAll(directory)
    runtime.runPoststopHooks(draft.bundle.spec.hooks?.poststop, draft.record)
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
