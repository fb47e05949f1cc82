import Instruments
import KernelRecords
import LinuxABI
import LinuxSyscalls
import MountNamespace
import SystemPackage

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

  /// The parts of namespaces' tables, with the positions in the list, and how many namespaces were left out since they have too many
  /// mounts.
  func tables(in namespaces: [NamespaceState], _ kernel: KernelView?) -> (
    tables: [(position: Int, table: MountTable)], leftOut: Int
  ) {
    if groups.isEmpty { return ([], 0) }
    let parts = parts(of: namespaces, kernel)
    let tables = MachineReader.read(namespaces) { position, budget throws(Errno) -> MountTable? in
      switch parts[position] {
      case .none: return nil
      case .tooMany: throw .fileTooLarge
      case .whole: return try MachineReader.table(of: namespaces[position], budget: budget)
      case .some(let ids):
        let id = namespaces[position].id ?? 0
        return try MountTable.read(namespace: id, only: ids, .place, budget: budget).fromProcessRoot
      }
    }
    let read = tables.enumerated().compactMap { position, table in (table.success ?? nil).map { (position, $0) } }
    let leftOut = zip(parts, tables).count { part, table in
      if case .none = part { false } else { table.isLeftOut }
    }
    return (read, leftOut)
  }

  /// The mounts of a namespace that are read.
  private enum Part {
    case none, whole, tooMany
    case some(ids: [UInt64])
  }

  private func parts(of namespaces: [NamespaceState], _ kernel: KernelView?) -> [Part] {
    // Before Linux 6.11 no mount is asked for by itself: the tables are read whole.
    if namespaces.contains(where: { $0.id == nil }) { return namespaces.map { _ in .whole } }
    guard let receivers = kernel.flatMap(receivers) else { return all(in: namespaces) }
    return near(receivers, in: namespaces)
  }

  /// By the numbers of all mounts.
  private func all(in namespaces: [NamespaceState]) -> [Part] {
    let answers = MachineReader.read(namespaces) { position, budget throws(Errno) -> [MountNumbers] in
      try budget?.take(numbersOf: namespaces[position].mountCount ?? 0)
      guard let id = namespaces[position].id, let ids = try? Syscall.mounts(ofNamespace: id) else { return [] }
      return (try? Syscall.numbers(of: ids, inNamespace: id)) ?? []
    }
    let mounts = answers.map { $0.success ?? [] }
    var reached = groups
    var count = 0
    while count < reached.count {
      count = reached.count
      for mount in mounts.joined() where mount.peerGroup != 0 && mount.master != 0 && reached.contains(mount.master) {
        reached.insert(mount.peerGroup)
      }
    }
    return zip(answers, mounts).map { answer, mounts in
      if answer.isLeftOut { return .tooMany }
      let receivers = mounts.filter { reached.contains($0.peerGroup) || reached.contains($0.master) }
      return receivers.isEmpty ? .none : .some(ids: part(mounts, around: Set(receivers.map(\.id))))
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
    let parts = MachineReader.read(namespaces) { position, budget throws(Errno) -> Part in
      guard let id = namespaces[position].id, let found = receivers[id] else { return .none }
      try budget?.require(mounts: found.count)
      var unread = found
      for mount in found { unread.formUnion((try? Syscall.mounts(ofNamespace: id, below: mount)) ?? []) }
      var mounts: [UInt64: MountNumbers] = [:]
      while !unread.isEmpty {
        try budget?.take(numbersOf: unread.count)
        guard let numbers = try? Syscall.numbers(of: unread.sorted(), inNamespace: id) else { return .whole }
        for mount in numbers { mounts[mount.id] = mount }
        unread = Set(numbers.map(\.parentID)).subtracting(mounts.keys)
      }
      // The kernel finds no mounts by the namespace's id where none is attached to its first.
      guard found.allSatisfy({ mounts[$0] != nil }) else { return .whole }
      return .some(ids: part(mounts.values.sorted { $0.id < $1.id }, around: found))
    }
    // What receives nothing is not missed, whether the budget lasted for it or not.
    return zip(namespaces, parts).map { namespace, part in
      namespace.id.flatMap { receivers[$0] } == nil ? .none : part.success ?? .tooMany
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
