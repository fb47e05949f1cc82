package import LinuxABI
package import MountNamespace

/// The mounts of a namespace as they are known so far. It learns of the kernel's notices and of whole tables, and tells
/// what has changed: so a mount that is gone still has its path and source.
package struct MountLedger: Sendable {
  private var entries: [Key: MountEntry] = [:]
  /// Mounts whose coming was told, and that could not be looked at.
  private var unseen: Set<UInt64> = []
  /// The highest id of the last whole table: who is not known and not above it has been told as gone.
  private var highest: UInt64 = 0

  /// Which mount it is: by the id that is never used again, or where there is none by an id that is, and what else stays
  /// the same for a mount's life.
  private enum Key: Hashable {
    case unique(UInt64)
    case recycled(UInt64, device: String, root: String, type: String, source: String)

    init(_ entry: MountEntry) {
      self =
        entry.uniqueID.map { .unique($0) }
        ?? .recycled(entry.id, device: entry.device, root: entry.root, type: entry.type, source: entry.source)
    }
  }

  package init(_ table: MountTable) { adopt(table) }

  package var count: Int { entries.count }

  /// Whether a mount is known.
  package func holds(_ id: UInt64) -> Bool { entries[.unique(id)] != nil || unseen.contains(id) }

  private mutating func adopt(_ table: MountTable) {
    entries.removeAll(keepingCapacity: true)
    for entry in table.entries { entries[Key(entry)] = entry }
    highest = table.entries.reduce(highest) { max($0, $1.uniqueID ?? 0) }
  }

  /// Takes a notice, with the mount as it is now (nil when it is gone by now); returns what is to be told of it.
  package mutating func take(_ notice: MountNotice, _ entry: MountEntry?) -> WatchedChange? {
    let id = notice.mountID
    switch notice.kind {
    case .attach: return attach(id, entry)
    case .detach:
      if let known = entries.removeValue(forKey: .unique(id)) { return WatchedChange(.detached, known) }
      // One that the last comparison told of already.
      if unseen.remove(id) == nil, id <= highest { return nil }
      return WatchedChange(.detached, id: id)
    case .move:
      let old = entries[.unique(id)]
      guard let entry = entry ?? old else { return WatchedChange(.moved, id: id) }
      entries[.unique(id)] = entry
      if let old, old.mountPoint != entry.mountPoint { carryAlong(below: old, to: entry.mountPoint) }
      return WatchedChange(.moved, entry, detail: old.map { "from \($0.mountPoint)" })
    case .overflow: return nil
    }
  }

  private mutating func attach(_ id: UInt64, _ entry: MountEntry?) -> WatchedChange? {
    // It came between the mark and the first table: it was there when the watch began.
    if entries[.unique(id)] != nil { return nil }
    guard let entry else {
      unseen.insert(id)
      return WatchedChange(.attached, id: id)
    }
    entries[.unique(id)] = entry
    return WatchedChange(.attached, entry)
  }

  /// What is mounted below a mount goes with it, and the kernel tells of the top one alone.
  private mutating func carryAlong(below old: MountEntry, to path: String) {
    let parents = Dictionary(entries.values.map { ($0.id, $0.parentID) }, uniquingKeysWith: { first, _ in first })
    for (key, entry) in entries where entry.id != old.id && isPath(entry.mountPoint, within: old.mountPoint) {
      var parent = entry.parentID
      var steps = 0
      while parent != old.id, let next = parents[parent], next != parent, steps < parents.count {
        parent = next
        steps += 1
      }
      guard parent == old.id else { continue }
      let rest = MountNamespace.path(entry.mountPoint, from: old.mountPoint)
      entries[key]?.mountPoint = rest == "/" ? path : (path == "/" ? rest : path + rest)
    }
  }
}

extension MountLedger {
  /// How much of a table is news.
  package enum Comparison: Sendable {
    /// All of it: nothing else tells what comes and goes.
    case whole
    /// What notices do not tell: attributes and propagation, and places, when no notice is under way.
    case quiet(withPlaces: Bool)
  }

  /// Takes a whole table that was just read; returns what has changed: what went, deepest first, what moved, what came,
  /// and what is otherwise than it was.
  package mutating func compare(with table: MountTable, _ comparison: Comparison) -> [WatchedChange] {
    var old = entries
    var came: [WatchedChange] = []
    var other: [WatchedChange] = []
    let oldPlaces = Self.places(old.values)
    let newPlaces = Self.places(table.entries)
    for entry in table.entries {
      let key = Key(entry)
      guard let before = old.removeValue(forKey: key) else {
        came.append(WatchedChange(.attached, entry))
        continue
      }
      if case .quiet(false) = comparison {
        entries[key] = before.with(attributesOf: entry)
      } else {
        entries[key] = entry
        if Self.hasMoved(before, entry, oldPlaces, newPlaces) {
          other.append(WatchedChange(.moved, entry, detail: "from \(before.mountPoint)"))
        }
      }
      if let change = WatchedChange.otherwise(before, entry) { other.append(change) }
    }
    guard case .whole = comparison else { return other }
    // A later mount is seldom below an earlier one that went: by id, as by the length of a path, children go first.
    let gone = old.values.sorted { ($0.uniqueID ?? $0.id) > ($1.uniqueID ?? $1.id) }
    adopt(table)
    // A notice of what comes or goes between the table and this may be under way: `take` knows by the ids.
    unseen.removeAll()
    return gone.map { WatchedChange(.detached, $0) } + other + came
  }

  private static func places(_ entries: some Sequence<MountEntry>) -> [UInt64: String] {
    Dictionary(entries.map { ($0.id, $0.mountPoint) }, uniquingKeysWith: { first, _ in first })
  }

  /// Whether a mount moved itself, and was not carried along by what it is mounted on.
  private static func hasMoved(
    _ before: MountEntry,
    _ now: MountEntry,
    _ oldPlaces: [UInt64: String],
    _ newPlaces: [UInt64: String]
  ) -> Bool {
    if before.parentID != now.parentID { return before.mountPoint != now.mountPoint }
    guard before.mountPoint != now.mountPoint else { return false }
    guard let oldParent = oldPlaces[before.parentID], let newParent = newPlaces[now.parentID] else { return true }
    return path(before.mountPoint, from: oldParent) != path(now.mountPoint, from: newParent)
  }
}

extension MountEntry {
  /// The mount where it was, with what another look at it told of the rest.
  fileprivate func with(attributesOf other: MountEntry) -> MountEntry {
    var entry = other
    (entry.mountPoint, entry.parentID) = (mountPoint, parentID)
    return entry
  }
}
