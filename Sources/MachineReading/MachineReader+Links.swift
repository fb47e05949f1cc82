package import Instruments
import LinuxSyscalls
package import MountNamespace

extension MachineReader {
  /// What statmount(2) tells of a mount's place among peers, and no more: a tenth of what a whole record costs.
  private struct Standing {
    var id: UInt64
    var oldID: UInt64
    var parent: UInt64
    var group: UInt64
    var master: UInt64
  }

  /// The parts of namespaces' tables that peer groups reach: their members and slaves, theirs in turn, with what is attached to
  /// them and what they are attached to. The positions are those in the list.
  package static func tables(linkedTo groups: Set<UInt64>, in namespaces: [NamespaceState]) -> [(
    position: Int, table: MountTable
  )] {
    if groups.isEmpty { return [] }
    var standings: [[Standing]] = []
    for namespace in namespaces { standings.append(Self.standings(in: namespace)) }
    var reached = groups
    var count = 0
    while count < reached.count {
      count = reached.count
      for mounts in standings {
        for mount in mounts where mount.group != 0 && reached.contains(mount.master) { reached.insert(mount.group) }
      }
    }
    var tables: [(position: Int, table: MountTable)] = []
    for (position, mounts) in standings.enumerated() {
      let wanted = wanted(mounts, reached)
      guard !wanted.isEmpty, let id = namespaces[position].id,
        let table = try? MountTable.read(
          namespace: id,
          only: wanted,
          [.superblock, .basic, .root, .mountPoint, .type, .source]
        )
      else { continue }
      tables.append((position, table))
    }
    return tables
  }

  private static func standings(in namespace: NamespaceState) -> [Standing] {
    var standings: [Standing] = []
    guard let id = namespace.id, let ids = try? Syscall.mounts(ofNamespace: id) else { return [] }
    standings.reserveCapacity(ids.count)
    try? Syscall.statuses(of: ids, inNamespace: id, .basic) { status in
      standings.append(
        Standing(
          id: status.id,
          oldID: status.oldID,
          parent: status.parentOldID,
          group: status.peerGroup,
          master: status.master
        )
      )
    }
    return standings
  }

  /// The ids of the mounts of some groups, of what is attached to them, and of all above them.
  private static func wanted(_ mounts: [Standing], _ groups: Set<UInt64>) -> [UInt64] {
    var wanted: Set<UInt64> = []
    for mount in mounts where groups.contains(mount.group) || groups.contains(mount.master) {
      wanted.insert(mount.oldID)
    }
    if wanted.isEmpty { return [] }
    let receivers = wanted
    for mount in mounts where receivers.contains(mount.parent) { wanted.insert(mount.oldID) }
    var count = 0
    while count < wanted.count {
      count = wanted.count
      for mount in mounts where wanted.contains(mount.oldID) { wanted.insert(mount.parent) }
    }
    return mounts.filter { wanted.contains($0.oldID) }.map(\.id)
  }
}
