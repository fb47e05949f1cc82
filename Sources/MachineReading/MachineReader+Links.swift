package import Instruments
import LinuxSyscalls
package import MountNamespace

extension MachineReader {
  /// The parts of namespaces' tables that peer groups reach: their members and slaves, theirs in turn, with what is attached to
  /// them and what they are attached to. The positions are those in the list.
  package static func tables(linkedTo groups: Set<UInt64>, in namespaces: [NamespaceState]) -> [(
    position: Int, table: MountTable
  )] {
    if groups.isEmpty { return [] }
    // Before Linux 6.11 no mount is asked for by itself: the tables are read whole.
    if namespaces.contains(where: { $0.id == nil }) {
      let tables = Threads.map(namespaces) { table(of: $0) }
      return tables.enumerated().compactMap { position, table in table.map { (position, $0) } }
    }
    let standings = Threads.map(namespaces) { namespace in
      guard let id = namespace.id, let ids = try? Syscall.mounts(ofNamespace: id) else { return [MountNumbers]() }
      return Syscall.numbers(of: ids, inNamespace: id)
    }
    var reached = groups
    var count = 0
    while count < reached.count {
      count = reached.count
      for mounts in standings {
        for mount in mounts where mount.peerGroup != 0 && mount.master != 0 && reached.contains(mount.master) {
          reached.insert(mount.peerGroup)
        }
      }
    }
    let tables = Threads.map(Array(namespaces.indices)) { [reached] position -> MountTable? in
      let wanted = wanted(standings[position], reached)
      guard !wanted.isEmpty, let id = namespaces[position].id else { return nil }
      return try? MountTable.read(namespace: id, only: wanted, .place)
    }
    return tables.enumerated().compactMap { position, table in table.map { (position, $0) } }
  }

  /// The ids of the mounts of some groups, of what is attached to them, and of all above them.
  private static func wanted(_ mounts: [MountNumbers], _ groups: Set<UInt64>) -> [UInt64] {
    var wanted: Set<UInt64> = []
    for mount in mounts where groups.contains(mount.peerGroup) || groups.contains(mount.master) {
      wanted.insert(mount.oldID)
    }
    if wanted.isEmpty { return [] }
    let receivers = wanted
    for mount in mounts where receivers.contains(mount.parentOldID) { wanted.insert(mount.oldID) }
    var count = 0
    while count < wanted.count {
      count = wanted.count
      for mount in mounts where wanted.contains(mount.oldID) { wanted.insert(mount.parentOldID) }
    }
    return mounts.filter { wanted.contains($0.oldID) }.map(\.id)
  }
}
