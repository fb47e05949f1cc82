import CgroupExecution
import Cgroups
import ContainerPlan
import Criu
import LinuxABI
import LinuxSyscalls
import MountNamespace
import OCISpec
import SystemPackage

extension Runtime {
  /// Makes a running container of what `checkpoint` saved; without `detach`, waits for its process and deletes it.
  ///
  /// - Returns: the status to exit with: the process's, or 0 for one that goes on.
  package func restore(
    _ id: String,
    _ creation: CreateOptions,
    _ options: CheckpointOptions,
    detach: Bool,
    adoptsOrphans: Bool
  ) throws(RuntimeFailure) -> Int32 {
    try options.checkCaller("restore")
    if detach {
      let restoration = try ContainerRestoration.make(id, creation, options, in: self, terminal: nil)
      try end(restoration)
      return 0
    }
    let attendance = try Attendance(needsTerminal: creation.consoleSocket == nil, adoptsOrphans: adoptsOrphans)
    let restoration = try ContainerRestoration.make(
      id,
      creation,
      options,
      in: self,
      terminal: attendance.terminalSocket,
      blockedSignals: attendance.blockedSignals
    )
    try end(restoration)
    let record = restoration.draft.record
    let hasTerminal = restoration.draft.plan.process.terminal != nil
    let process = try attempt("open the container's process") { () throws(Errno) in
      try Syscall.openProcess(record.processID)
    }
    let directory = restoration.consumeDirectory()
    try directory.unlock()
    let status = try attendance.attend(process.borrowed, id: record.processID, hasTerminal: hasTerminal).shellStatus
    try deleteUnlessGone(record, directory)
    return status
  }

  private func end(_ restoration: borrowing ContainerRestoration) throws(RuntimeFailure) {
    do throws(RuntimeFailure) {
      try runPoststartHooks(restoration.draft.record, restoration.directory)
    } catch {
      restoration.discard()
      throw error
    }
  }
}

/// A container on its way back: what is made is on record before it is there, as in `ContainerCreation`.
private struct ContainerRestoration: ~Copyable {
  private(set) var draft: Draft
  let directory: ContainerDirectory
  private let creation: CreateOptions
  private let options: CheckpointOptions
  private let hierarchies: CgroupHierarchies?
  private let runtime: Runtime
  /// Whether hooks were about to run: what fails from then on goes on at its end, runtime.md "Lifecycle" 13.
  private var hasReachedHooks = false

  static func make(
    _ id: String,
    _ creation: CreateOptions,
    _ options: CheckpointOptions,
    in runtime: Runtime,
    terminal: FileDescriptor?,
    blockedSignals: SignalSet = SignalSet([])
  ) throws(RuntimeFailure) -> ContainerRestoration {
    let caller = try attempt("read who calls berth") { () throws(Errno) in try Caller.probe(forContainer: true) }
    let bundle = try Bundle(creation.bundle, workingDirectory: caller.workingDirectory)
    let hierarchies = try runtime.hierarchies()
    var host = try attempt("read what the host has") { () throws(Errno) in
      var host = try Host.probe(container: bundle.spec, caller: caller, cgroups: hierarchies, program: creation.program)
      host.asksSystemd = runtime.cgroupDriver == .systemd
      return host
    }
    host.allowedAnnotations = runtime.allowedAnnotations(for: bundle.spec, caller)
    let plan = try ContainerCreation.plan(bundle, host, id)
    try creation.check(plan, terminal: terminal)
    let descriptors = try CheckpointDirectories(options, isMade: true).descriptors()
    let record = ContainerRecord(bundle, plan, id: id, caller: caller)
    var restoration = ContainerRestoration(
      draft: Draft(bundle: bundle, plan: plan, isRootless: caller.isRootless, record: record),
      directory: try runtime.store.make(id),
      creation: creation,
      options: options,
      hierarchies: hierarchies,
      runtime: runtime
    )
    do throws(RuntimeFailure) {
      try restoration.make(descriptors, terminal, blockedSignals)
    } catch {
      restoration.discard()
      throw error
    }
    return restoration
  }

  private init(
    draft: Draft,
    directory: consuming ContainerDirectory,
    creation: CreateOptions,
    options: CheckpointOptions,
    hierarchies: CgroupHierarchies?,
    runtime: Runtime
  ) {
    self.draft = draft
    self.directory = directory
    self.creation = creation
    self.options = options
    self.hierarchies = hierarchies
    self.runtime = runtime
  }

  private mutating func make(
    _ descriptors: [CriuOptions.Inherited],
    _ terminal: FileDescriptor?,
    _ blockedSignals: SignalSet
  ) throws(RuntimeFailure) {
    try directory.lock()
    try directory.write(configuration: draft.bundle.configuration)
    let placeholder = try draft.makeCgroup(hierarchies, directory)
    let connection = terminal == nil ? try creation.connectToConsole(draft.plan) : nil
    let console = terminal ?? connection.borrowed
    let namespaces = try openNamespaces()
    let criu = try startCriu(descriptors, namespaces.map(\.file), blockedSignals)
    // They are criu's by now.
    for namespace in namespaces { try? Syscall.close(namespace.file) }
    try join(criu.process.id)
    _ = consume placeholder
    let restored = try criu.process.ask(.restore(criu.request)) { step, processID, file throws(RuntimeFailure) in
      switch step {
      case "setup-namespaces":
        hasReachedHooks = true
        try runHooks(processID)
      case "orphan-pts-master":
        guard let file, let console else { throw RuntimeFailure("the container's terminal has nowhere to go") }
        try attempt("send the container's terminal") { () throws(Errno) in
          try Syscall.send(Array("/dev/ptmx".utf8), with: file, over: console)
        }
      case "post-restore":
        // It is there, and does not run yet.
        if draft.bundle.spec.root?.readonly ?? false {
          try RestoreMounts.makeRootReadOnly(of: processID, as: creation.program)
        }
        try record(processID)
      default: break
      }
    }
    extendLifetime(connection)
    guard let restored else { throw RuntimeFailure("criu did not tell which process it restored") }
    if draft.record.processID != restored { try record(restored) }
    let process = try attempt("open the container's process") { () throws(Errno) in try Syscall.openProcess(restored) }
    try creation.tell(restored, process.borrowed)
  }

  /// Starts criu where the container's root is a mount; berth is not there for long, since hooks belong to the host.
  private func startCriu(
    _ descriptors: [CriuOptions.Inherited],
    _ namespaces: [FileDescriptor],
    _ blockedSignals: SignalSet
  ) throws(RuntimeFailure) -> StartedCriu {
    let mounts = try RestoreMounts.enter(draft.record.rootfs)
    do throws(RuntimeFailure) {
      let image = try CheckpointDirectories(options, isMade: true)
      var request = options.options
      image.enter(&request, logFile: "restore.log")
      complete(&request, descriptors)
      let process = try CriuProcess.start(
        options.program,
        logPath: image.logPath("restore.log"),
        // Copies of the first three: criu closes what it was given, and needs its own for a shell's job.
        inherited: namespaces + [.standardInput, .standardOutput, .standardError],
        blockedSignals: blockedSignals
      )
      try mounts.leave()
      return StartedCriu(process: process, image: image, request: request)
    } catch {
      try mounts.leave()
      throw error
    }
  }

  /// Adds to a request what depends on the container.
  private func complete(_ request: inout CriuOptions, _ descriptors: [CriuOptions.Inherited]) {
    let spec = draft.bundle.spec
    request.root = spec.root?.path
    request.isRestoredAsSibling = true
    request.hasOrphanTerminals = true
    if options.hasEmptyNetwork { request.emptyNamespaces = NamespaceType.network.cloneFlag }
    request.external = ExternalMount.binds(of: spec).map { "mnt[\($0.mountPoint)]:\($0.source)" }
    request.external += (spec.linux?.maskedPaths ?? []).map { "mnt[\(normalized($0))]:/dev/null" }
    request.external += ["null", "zero", "full", "random", "urandom", "tty"].map { "mnt[/dev/\($0)]:/dev/\($0)" }
    let namespaces = ExternalNamespace.all(of: spec)
    let firstStream = CriuProcess.firstInherited + CInt(namespaces.count)
    request.inherited = descriptors.map {
      CriuOptions.Inherited(key: $0.key, descriptor: firstStream + $0.descriptor)
    }
    for (index, namespace) in namespaces.enumerated() {
      let number = CriuProcess.firstInherited + CInt(index)
      request.inherited.append(CriuOptions.Inherited(key: namespace.key, descriptor: number))
    }
    guard let cgroup = draft.cgroup, let hierarchies else { return }
    for directory in cgroup.directories {
      guard let hierarchy = hierarchies.all.first(where: { $0.controllers == directory.controllers }) else { continue }
      let path = String(directory.path.dropFirst(hierarchy.mountPoint.count))
      request.cgroupRoots.append(CriuOptions.CgroupRoot(controller: directory.controllers, path: path))
      let places =
        directory.version == .v2
        ? [""]
        : ([directory.controllers] + directory.controllers.split(separator: ",").map(String.init)).map { "/" + $0 }
      for mount in spec.mounts ?? [] where mount.type == "cgroup" || mount.type == "cgroup2" {
        request.external += places.map { "mnt[\(normalized(mount.destination + $0))]:\(directory.path)" }
      }
    }
  }

  private func openNamespaces() throws(RuntimeFailure) -> [(file: FileDescriptor, key: String)] {
    var files: [(file: FileDescriptor, key: String)] = []
    for namespace in ExternalNamespace.all(of: draft.bundle.spec) {
      let file = try attempt("open the \(namespace.name) namespace \(namespace.path)") { () throws(Errno) in
        try Syscall.open(namespace.path, [])
      }
      files.append((FileDescriptor(rawValue: file.release()), namespace.key))
    }
    return files
  }

  /// Puts criu into the container's cgroup, where all that it makes will be.
  private func join(_ processID: Int32) throws(RuntimeFailure) {
    do throws(CgroupFailure) {
      try draft.cgroup?.attach(processID)
    } catch {
      throw RuntimeFailure(error)
    }
  }

  private func runHooks(_ processID: Int32) throws(RuntimeFailure) {
    let hooks = draft.bundle.spec.hooks
    let input = HookInput(HookState(draft.record), status: .creating, processID: processID)
    do throws(InitFailure) {
      try Hook.run(hooks?.prestart, "prestart", input, in: draft.bundle.path)
      try Hook.run(hooks?.createRuntime, "createRuntime", input, in: draft.bundle.path)
    } catch {
      throw RuntimeFailure(error)
    }
  }

  private mutating func record(_ processID: Int32) throws(RuntimeFailure) {
    draft.record.processID = processID
    draft.record.isRestored = true
    draft.record.startTime = ContainerProcess.startTime(of: processID) ?? 0
    try directory.write(draft.record)
  }

  /// Gives up the container's directory, and what else berth holds of it.
  consuming func consumeDirectory() -> ContainerDirectory { directory }

  /// Ends what was restored, and removes all that was made for the container.
  func discard() {
    if draft.record.processID != 0 { try? directory.end(draft.record) }  // The failure that leads here is told.
    draft.removeAll(directory)
    if hasReachedHooks { runtime.runPoststopHooks(draft.bundle.spec.hooks?.poststop, draft.record) }
  }
}

/// criu and what it will be asked.
private struct StartedCriu: ~Copyable {
  let process: CriuProcess
  /// Open as long as criu works in it.
  let image: CheckpointDirectories
  let request: CriuOptions
}
