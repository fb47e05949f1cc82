import LinuxABI
package import MountNamespace

/// The mounts of some namespaces as a picture: a column a namespace, its tree in it, and what links the mounts.
package struct MountGraph: Sendable {
  /// A namespace's column.
  package struct Column: Hashable, Sendable {
    package var title: String
    package var detail: String
    package var rows: [Row]
  }

  /// A mount in a column.
  package struct Row: Hashable, Sendable {
    package var entry: MountEntry
    /// How many mounts are above it in the tree.
    package var depth: Int
    package var isCovered: Bool

    /// The path below the mount that it is on; of one that covers that mount's root, the last name.
    package var name: String

    package init(entry: MountEntry, depth: Int, isCovered: Bool, name: String) {
      self.entry = entry
      self.depth = depth
      self.isCovered = isCovered
      self.name = name
    }

    /// The name, with its middle left out where it is long.
    package func shortName(_ length: Int) -> String {
      guard name.count > length else { return name }
      return name.prefix(length / 3) + "…" + name.suffix(length - length / 3 - 1)
    }
  }

  /// A place in the picture.
  package struct Place: Hashable, Sendable {
    package var column: Int
    package var row: Int
  }

  /// A line between two mounts.
  package struct Link: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
      /// Both are members of a peer group.
      case peers(group: UInt64)
      /// The second receives from the group of the first.
      case slave(of: UInt64)
    }
    package var kind: Kind
    package var from: Place
    package var to: Place
  }

  package private(set) var columns: [Column] = []
  package private(set) var links: [Link] = []

  package init(_ namespaces: [NamespaceState]) {
    for namespace in namespaces {
      guard let table = namespace.table else { continue }
      let first = namespace.processes.first.map { "\($0.id) \($0.command)" }
      let title = namespace.container?.label ?? first ?? "no process"
      columns.append(
        Column(title: title, detail: "\(namespace.fileName), \(table.entries.count) mounts", rows: Self.rows(table))
      )
    }
    link()
  }

  private static func rows(_ table: MountTable) -> [Row] {
    let ids = Set(table.entries.map(\.id))
    var children: [UInt64: [MountEntry]] = [:]
    var waiting: [(entry: MountEntry, parent: MountEntry?, depth: Int)] = []
    for entry in table.entries.reversed() {
      if entry.parentID != entry.id, ids.contains(entry.parentID) {
        children[entry.parentID, default: []].append(entry)
      } else {
        waiting.append((entry, nil, 0))
      }
    }
    var rows: [Row] = []
    while let (entry, parent, depth) = waiting.popLast() {
      let below = children[entry.id] ?? []
      let isCovered = below.contains { $0.mountPoint == entry.mountPoint }
      rows.append(Row(entry: entry, depth: depth, isCovered: isCovered, name: name(of: entry, on: parent)))
      for child in below { waiting.append((child, entry, depth + 1)) }
    }
    return rows
  }

  private static func name(of entry: MountEntry, on parent: MountEntry?) -> String {
    let below = parent.map { path(entry.mountPoint, from: $0.mountPoint) } ?? entry.mountPoint
    if below != "/" { return parent == nil ? below : String(below.dropFirst()) }
    return names(of: entry.mountPoint).last ?? "/"
  }

  /// Links the members of each group from column to column, and each slave to the first member of its master's group.
  private mutating func link() {
    var members: [UInt64: [Place]] = [:]
    for (column, rows) in columns.map(\.rows).enumerated() {
      for (row, mount) in rows.enumerated() {
        if let group = mount.entry.peerGroup { members[group, default: []].append(Place(column: column, row: row)) }
      }
    }
    for (group, places) in members.sorted(by: { $0.key < $1.key }) {
      for (from, to) in zip(places, places.dropFirst()) {
        links.append(Link(kind: .peers(group: group), from: from, to: to))
      }
    }
    for (column, rows) in columns.map(\.rows).enumerated() {
      for (row, mount) in rows.enumerated() {
        guard let master = mount.entry.master, let from = members[master]?.first else { continue }
        links.append(Link(kind: .slave(of: master), from: from, to: Place(column: column, row: row)))
      }
    }
  }

  /// The colour of a peer group, from a palette that is told apart without red and green (Okabe and Ito).
  package static func colour(ofGroup group: UInt64) -> String {
    let palette = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#7b3fa0"]
    return palette[Int(group % UInt64(palette.count))]
  }
}

/// Text as it stands in SVG and HTML; control characters as mountinfo has them, proc(5).
func markup(_ text: String) -> String {
  var escaped = ""
  for scalar in Prose(escaping: text).text.unicodeScalars {
    switch scalar {
    case "&": escaped += "&amp;"
    case "<": escaped += "&lt;"
    case ">": escaped += "&gt;"
    case "\"": escaped += "&quot;"
    case "'": escaped += "&#39;"
    default: escaped.unicodeScalars.append(scalar)
    }
  }
  return escaped
}
