package import MountNamespace

/// Which peer group receives from which, on the whole machine: mount_namespaces(7) "Shared subtrees".
package struct PropagationLinks: Hashable, Sendable {
  /// The master of each peer group that has one.
  private var masters: [UInt64: UInt64] = [:]

  package init(_ tables: [MountTable]) {
    for table in tables {
      for entry in table.entries {
        if let group = entry.peerGroup, let master = entry.master { masters[group] = master }
      }
    }
  }

  /// The peer groups that a mount receives from: its own, its master's, that one's master's, and so on.
  package func groupsGiving(to entry: MountEntry) -> [UInt64] {
    var groups: [UInt64] = []
    var next = entry.peerGroup ?? entry.master
    // The kernel's groups are a forest; a table that was read while they changed need not be.
    while let group = next, !groups.contains(group) {
      groups.append(group)
      next = masters[group] ?? (group == entry.peerGroup ? entry.master : nil)
    }
    return groups
  }

  /// How two mounts stand to each other.
  package enum Link: Hashable, Sendable {
    /// They are of one peer group: what happens on one happens on the other.
    case peers(group: UInt64)
    /// The second receives from the first, by these groups, the nearest to the second first.
    case receives(groups: [UInt64])
    /// The first receives from the second, and the second nothing from the first.
    case gives(groups: [UInt64])
    case none
  }

  /// How the second mount stands to the first.
  package func link(from first: MountEntry, to second: MountEntry) -> Link {
    if let group = first.peerGroup, group == second.peerGroup { return .peers(group: group) }
    if let group = first.peerGroup, let steps = steps(to: second, from: group) { return .receives(groups: steps) }
    if let group = second.peerGroup, let steps = steps(to: first, from: group) { return .gives(groups: steps) }
    return .none
  }

  /// The groups on the way from a group to a mount that receives from it; nil when none is.
  private func steps(to entry: MountEntry, from group: UInt64) -> [UInt64]? {
    let groups = groupsGiving(to: entry)
    return groups.firstIndex(of: group).map { Array(groups[...$0]) }
  }
}
