import JSON
import MountNamespace

/// Where the members of each peer group are, in all namespaces that could be read.
package struct PeerPlaces: Sendable {
  /// A mount, and the namespace that it is in.
  private struct Place: Sendable {
    var namespace: UInt64
    var owner: UInt64?
    var name: String
    var entry: MountEntry
  }

  private var members: [UInt64: [Place]] = [:]
  /// The owners of the namespaces, by the unique ids of their mounts.
  private var owners: [UInt64: UInt64] = [:]

  package init(_ state: MachineState) {
    for namespace in state.namespaces {
      let first = namespace.processes.first.map { "\($0.id) \($0.command)" }
      let name = namespace.container?.label ?? first ?? namespace.fileName
      for entry in namespace.table?.entries ?? [] {
        if let owner = namespace.owner { owners[entry.id] = owner }
        guard let group = entry.peerGroup else { continue }
        members[group, default: []].append(
          Place(namespace: namespace.inode, owner: namespace.owner, name: name, entry: entry)
        )
      }
    }
  }

  /// The members of a group, but for one, in words: `docker web:/srv, 812 sleep:/srv`.
  func members(of group: UInt64?, besides entry: MountEntry) -> String {
    guard let group, let all = members[group] else { return "-" }
    // A group can have a member for each mount of the machine, and each of them is told of the others.
    let words = all.prefix(20).filter { $0.entry.id != entry.id }.map { "\($0.name):\($0.entry.mountPoint)" }
    let rest = all.count - words.count - (entry.peerGroup == group ? 1 : 0)
    return words.isEmpty ? "-" : words.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
  }

  /// The members of a group, but for one, for a program: the first hundred, and how many more there are.
  func json(of group: UInt64?, besides entry: MountEntry) -> (places: [JSONValue], omitted: Int) {
    guard let group, let all = members[group] else { return ([], 0) }
    // Ids of proc(5) are the machine's, not a namespace's.
    let places = all.prefix(100).filter { $0.entry.id != entry.id }
    let values = places.map { place in
      JSONValue.object([
        .init("namespace", .number(place.namespace)), .init("name", .string(place.name)),
        .init("path", .string(place.entry.mountPoint)),
      ])
    }
    return (values, all.count - values.count - (entry.peerGroup == group ? 1 : 0))
  }

  /// The attributes of a mount that came from another user namespace, which cannot be cleared: mount_namespaces(7) "Restrictions on
  /// mount namespaces". The kernel does not tell of them; for a slave of another owner's mount they follow.
  func lockedAttributes(of entry: MountEntry) -> String {
    guard let owner = owners[entry.id], let master = members[entry.master ?? 0]?.first, let theirs = master.owner,
      theirs != owner
    else { return "-" }
    return (entry.options.filter { ["ro", "nosuid", "nodev", "noexec"].contains($0) } + ["atime"]).joined(
      separator: ","
    )
  }
}
