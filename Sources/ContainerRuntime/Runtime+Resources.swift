import CgroupExecution
import Cgroups
import ContainerPlan
import FoundationEssentials
import JSON
import LinuxABI
import LinuxSyscalls
package import OCISpec
import SystemPackage
import Systemd

extension Runtime {
  /// Changes the limits of a container, which does not notice; what the update does not name stays as it is.
  package func update(_ id: String, _ update: Resources) throws(RuntimeFailure) {
    let directory = try store.open(id)
    try directory.lock()
    let record = try directory.knownRecord()
    let status = directory.status(record)
    if status == .creating { throw .notCreated(id) }
    if status == .stopped { throw RuntimeFailure("cannot update container \"\(id)\": it has stopped") }
    guard let cgroup = record.containerCgroup else {
      throw RuntimeFailure("cannot update container \"\(id)\": it has no cgroup of its own to limit")
    }
    let previous = try directory.resources()
    let writes = ResourceWrites(update, version: cgroup.version, previous: previous)
    guard writes.problems.isEmpty else {
      throw RuntimeFailure(writes.problems.map { "\($0.path): \($0.message)" }.joined(separator: "\n"))
    }
    let limits = UnitProperty.limits(writes.writes, version: cgroup.version)
    try record.updateUnit(limits, isRootless: Caller.probeIsRootless())
    let others = ResourceWrites(update, version: .v2, previous: previous)
    do throws(CgroupFailure) {
      try cgroup.apply(writes.writes, unified: cgroup.version == .v1 ? others.writes : [])
    } catch {
      throw RuntimeFailure(error)
    }
    try directory.write(previous.updated(by: update))
  }

  /// What a container uses now, as a line of JSON.
  package func statistics(_ id: String) throws(RuntimeFailure) -> String {
    let directory = try store.open(id)
    let record = try directory.knownRecord()
    let status = directory.status(record)
    if status == .creating { throw .notCreated(id) }
    guard status != .stopped else { throw RuntimeFailure("container with id \(id) is not running") }
    guard let cgroup = record.containerCgroup else {
      throw RuntimeFailure("container \"\(id)\" has no cgroup of its own to count in")
    }
    do throws(CgroupFailure) {
      return try Statistics(cgroup).event(id: id)
    } catch {
      throw RuntimeFailure(error)
    }
  }

  /// Tells what a container uses at each interval, and whenever it runs out of memory, until it ends.
  ///
  /// - Parameter milliseconds: the interval.
  package func watch(_ id: String, every milliseconds: Int32, _ tell: (String) -> Void) throws(RuntimeFailure) {
    let directory = try store.open(id)
    let record = try directory.knownRecord()
    if directory.status(record) == .creating { throw .notCreated(id) }
    guard let cgroup = record.containerCgroup, let process = ContainerProcess(record) else {
      throw RuntimeFailure("container with id \(id) is not running")
    }
    do throws(CgroupFailure) {
      var notice = try OOMNotice(cgroup)
      while true {
        let ready = Syscall.ready([notice.waitable, process.descriptor.borrowed], within: milliseconds)
        if ready[0] {
          let event = try notice.next()
          if event == .outOfMemory { tell(Self.oomEvent(id)) }
          if event == .ended { return }
        }
        if ready[1] { return }
        if !ready[0] { tell(try Statistics(cgroup).event(id: id)) }
      }
    } catch {
      if !cgroup.exists { return }  // It was deleted meanwhile.
      throw RuntimeFailure(error)
    }
  }

  private static func oomEvent(_ id: String) -> String {
    JSONValue.object([JSONValue.Member("type", .string("oom")), JSONValue.Member("id", .string(id))]).text
  }
}

extension Syscall {
  /// Which descriptors can be read within a time; none if that cannot be asked.
  fileprivate static func ready(_ files: [FileDescriptor], within milliseconds: Int32) -> [Bool] {
    (try? waitReadable(files, milliseconds: milliseconds)) ?? files.map { _ in false }
  }
}

extension ContainerDirectory {
  /// The container's limits as they are by now.
  fileprivate func resources() throws(RuntimeFailure) -> Resources {
    guard let bytes = updatedResources() else { return try spec().linux?.resources ?? Resources() }
    guard case .object(let members)? = try? JSONValue(parsing: bytes) else {
      throw RuntimeFailure("the limits of container \"\(id)\" on disk are damaged")
    }
    var json = JSONReader(members)
    return Resources(&json)
  }

  fileprivate func write(_ resources: Resources) throws(RuntimeFailure) {
    guard let data = try? JSONEncoder().encode(resources) else { return }  // Plain values: there is no way to fail.
    try write(updatedResources: Array(data))
  }
}
