import CgroupExecution
import JSON
import LinuxABI
import LinuxSyscalls
import SystemPackage

/// What berth tells of a container, runtime.md "State", and what runc adds to that.
package struct ContainerState: Hashable, Sendable {
  package var ociVersion: String
  package var id: String
  package var status: ContainerStatus
  /// The process's id; zero for a container that has stopped.
  package var processID: Int32
  package var bundle: String
  package var rootfs: String
  /// When the container was created, by RFC 3339.
  package var created: String
  package var annotations: [(name: String, value: String)] { fields.map { ($0.name, $0.value) } }
  /// The user id of who created it.
  package var owner: UInt32
  private var fields: [ContainerRecord.Field]

  init(_ record: ContainerRecord, _ status: ContainerStatus) {
    ociVersion = record.ociVersion
    id = record.id
    self.status = status
    processID = status == .stopped ? 0 : record.processID
    bundle = record.bundle
    rootfs = record.rootfs
    created = record.created
    owner = record.owner
    fields = record.annotations
  }
}

extension Runtime {
  /// Where a container is in its life, runtime.md "state".
  package func state(_ id: String) throws(RuntimeFailure) -> ContainerState {
    let directory = try store.open(id)
    let record = try directory.knownRecord()
    return ContainerState(record, directory.status(record))
  }

  /// All containers, by their ids; nil if there is no directory of them.
  package func list() throws(RuntimeFailure) -> [ContainerState]? {
    guard let ids = try store.ids() else { return nil }
    var states: [ContainerState] = []
    for id in ids {
      // One that was deleted meanwhile, or whose state is damaged, does not hide the others.
      if let state = try? state(id) { states.append(state) }
    }
    return states
  }

  /// The processes of a container, in no order.
  package func processes(_ id: String) throws(RuntimeFailure) -> [Int32] {
    let directory = try store.open(id)
    let record = try directory.knownRecord()
    do throws(CgroupFailure) {
      if let cgroup = record.containerCgroup { return cgroup.exists ? try cgroup.processes() : [] }
    } catch {
      throw RuntimeFailure(error)
    }
    // Without a cgroup only the one process is known.
    return ContainerProcess(record) == nil ? [] : [record.processID]
  }

  /// Stops every process of a container in its tracks.
  package func pause(_ id: String) throws(RuntimeFailure) {
    try freeze(id, from: [.running, .created], "pause") { cgroup throws(CgroupFailure) in try cgroup.freeze() }
  }

  /// Lets a paused container go on.
  package func resume(_ id: String) throws(RuntimeFailure) {
    try freeze(id, from: [.paused], "resume") { cgroup throws(CgroupFailure) in try cgroup.thaw() }
  }

  private func freeze(
    _ id: String,
    from statuses: [ContainerStatus],
    _ verb: String,
    _ change: (ContainerCgroup) throws(CgroupFailure) -> Void
  ) throws(RuntimeFailure) {
    let directory = try store.open(id)
    try directory.lock()
    let record = try directory.knownRecord()
    let status = directory.status(record)
    if status == .creating { throw .notCreated(id) }
    guard statuses.contains(status) else {
      let needed = statuses.map(\.rawValue).joined(separator: " or ")
      throw RuntimeFailure("cannot \(verb) container \"\(id)\": it is \(status.rawValue), not \(needed)")
    }
    guard let cgroup = record.containerCgroup else {
      throw RuntimeFailure("cannot \(verb) container \"\(id)\": it has no cgroup of its own to freeze")
    }
    do throws(CgroupFailure) {
      try change(cgroup)
    } catch {
      throw RuntimeFailure(error)
    }
  }
}

extension ContainerDirectory {
  /// The container's record, which has to be there.
  func knownRecord() throws(RuntimeFailure) -> ContainerRecord {
    guard let record = try record() else { throw .notCreated(id) }
    return record
  }

  /// Where the container is in its life: asked of the processes themselves, so that no crash leaves it untrue.
  func status(_ record: ContainerRecord) -> ContainerStatus {
    if record.processID == 0 { return .creating }
    let hasExecuted: Bool
    switch ContainerProcess(record) {
    case .some(let process): hasExecuted = process.hasExecuted || record.isRestored
    case .none: return .stopped
    }
    if connectToGate() != nil { return isPaused(record) ? .paused : .created }
    if !hasExecuted { return .creating }
    return isPaused(record) ? .paused : .running
  }

  private func isPaused(_ record: ContainerRecord) -> Bool {
    // What cannot be asked is not frozen.
    (try? record.containerCgroup?.isFrozen()) ?? false
  }
}

extension ContainerRecord {
  /// The container's cgroups; nil if it was given none.
  var containerCgroup: ContainerCgroup? { cgroup.isEmpty ? nil : ContainerCgroup(text: cgroup) }
}

extension ContainerProcess {
  /// The process of a record; nil if it has ended.
  init?(_ record: ContainerRecord) { self.init(id: record.processID, startTime: record.startTime) }
}
