import Instruments
import KernelRecords
import LinuxABI
import LinuxSyscalls
import MountNamespace

/// What peer groups reach in other namespaces: their members and slaves, theirs in turn, with what is attached to them and what they
/// are attached to.
struct PropagationReach {
  private let groups: Set<UInt64>
  /// The file system of each group: all that is in it, or receives from it, is of that one.
  private var devices: [UInt64: DeviceNumber] = [:]
  private let isDeep: Bool

  /// For groups of mounts in a table; with `isDeep` also what is attached to that which is attached to them, however far.
  init(of groups: Set<UInt64>, _ table: MountTable, isDeep: Bool) {
    self.groups = groups
    self.isDeep = isDeep
    for entry in table.entries {
      if let group = entry.peerGroup, groups.contains(group) { devices[group] = DeviceNumber(text: entry.device) }
    }
  }

  /// The parts of namespaces' tables; the positions are those in the list.
  func tables(in namespaces: [NamespaceState], _ kernel: KernelView?) -> [(position: Int, table: MountTable)] {
    if groups.isEmpty { return [] }
    let parts = parts(of: namespaces, kernel)
    let tables = Threads.map(parts) { position, ids -> MountTable? in
      guard let ids, let id = namespaces[position].id else { return MachineReader.table(of: namespaces[position]) }
      return (try? MountTable.read(namespace: id, only: ids, .place))?.fromProcessRoot
    }
    return zip(parts, tables).compactMap { part, table in table.map { (part.position, $0) } }
  }

  /// Mounts of a namespace in the list; without ids, all of them.
  private typealias Part = (position: Int, ids: [UInt64]?)

  private func parts(of namespaces: [NamespaceState], _ kernel: KernelView?) -> [Part] {
    // Before Linux 6.11 no mount is asked for by itself: the tables are read whole.
    if namespaces.contains(where: { $0.id == nil }) { return namespaces.indices.map { ($0, nil) } }
    guard let receivers = kernel.flatMap(receivers) else { return all(in: namespaces) }
    return near(receivers, in: namespaces)
  }

  /// By the numbers of all mounts.
  private func all(in namespaces: [NamespaceState]) -> [Part] {
    let mounts = Threads.map(namespaces) { namespace in
      guard let id = namespace.id, let ids = try? Syscall.mounts(ofNamespace: id) else { return [MountNumbers]() }
      return Syscall.numbers(of: ids, inNamespace: id)
    }
    var reached = groups
    var count = 0
    while count < reached.count {
      count = reached.count
      for mount in mounts.joined() where mount.peerGroup != 0 && mount.master != 0 && reached.contains(mount.master) {
        reached.insert(mount.peerGroup)
      }
    }
    return mounts.enumerated().compactMap { position, mounts in
      let receivers = mounts.filter { reached.contains($0.peerGroup) || reached.contains($0.master) }
      return receivers.isEmpty ? nil : (position, part(mounts, around: Set(receivers.map(\.id))))
    }
  }

  /// The mounts of the groups and of all that receive from them, by namespace, from the kernel's records; nil when it does not tell.
  private func receivers(_ kernel: KernelView) -> [UInt64: Set<UInt64>]? {
    var found: [UInt64: Set<UInt64>] = [:]
    var asked: Set<UInt64> = []
    var pending = devices
    while let (group, device) = pending.popFirst() {
      asked.insert(group)
      // For many groups it takes less time to ask all mounts.
      guard asked.count + pending.count <= 8, let number = UInt32(exactly: group),
        let record = kernel.superblock(.device(device), linkedTo: number)
      else { return nil }
      for mount in record.mounts {
        if case .namespace(let id, _) = mount.place { found[id, default: []].insert(mount.id) }
        // What a slave sends to receives too.
        let own = UInt64(mount.peerGroup)
        if own != 0, !asked.contains(own) { pending[own] = device }
      }
    }
    return found
  }

  /// By the numbers of the mounts that receive, of those below them, and of those above.
  private func near(_ receivers: [UInt64: Set<UInt64>], in namespaces: [NamespaceState]) -> [Part] {
    let holding = namespaces.enumerated().compactMap { position, namespace in
      namespace.id.flatMap { id in receivers[id].map { (position, id, $0) } }
    }
    return Threads.map(holding) { position, id, found -> Part in
      var unread = found
      for mount in found { unread.formUnion((try? Syscall.mounts(ofNamespace: id, below: mount)) ?? []) }
      var mounts: [UInt64: MountNumbers] = [:]
      while !unread.isEmpty {
        let numbers = Syscall.numbers(of: unread.sorted(), inNamespace: id)
        for mount in numbers { mounts[mount.id] = mount }
        unread = Set(numbers.map(\.parentID)).subtracting(mounts.keys)
      }
      // The kernel finds no mounts by the namespace's id where none is attached to its first.
      guard found.allSatisfy({ mounts[$0] != nil }) else { return (position, nil) }
      return (position, part(mounts.values.sorted { $0.id < $1.id }, around: found))
    }
  }

  /// The ids of some mounts, of what is attached to them, and of all above them.
  private func part(_ mounts: [MountNumbers], around receivers: Set<UInt64>) -> [UInt64] {
    var wanted = receivers
    var found = receivers
    repeat {
      found = Set(mounts.filter { found.contains($0.parentID) && !wanted.contains($0.id) }.map(\.id))
      wanted.formUnion(found)
    } while isDeep && !found.isEmpty
    var count = 0
    repeat {
      count = wanted.count
      for mount in mounts where wanted.contains(mount.id) { wanted.insert(mount.parentID) }
    } while count < wanted.count
    return mounts.map(\.id).filter(wanted.contains)
  }
}
