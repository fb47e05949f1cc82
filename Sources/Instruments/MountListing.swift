package import MountNamespace

/// The mounts of a namespace as a tree or a list, for a person and for a program.
package struct MountListing: Sendable {
  /// A column: its heading, and what it shows of a mount.
  package enum Column: String, CaseIterable, Sendable {
    case target, source, fstype, options, propagation, id, parent, uniqueID = "unique-id", majMin = "maj:min", fsroot
    case vfsOptions = "vfs-options", fsOptions = "fs-options", group, master, idmap, overmounted

    /// What the column shows.
    package func text(of entry: MountEntry, isCovered: Bool) -> String {
      switch self {
      case .target: entry.mountPoint
      case .source: entry.source + (entry.root == "/" ? "" : "[\(entry.root)]")
      case .fstype: entry.type
      case .options: Self.merged(entry).joined(separator: ",")
      case .propagation: entry.propagationText
      case .id: "\(entry.id)"
      case .parent: "\(entry.parentID)"
      case .uniqueID: entry.uniqueID.map { "\($0)" } ?? "-"
      case .majMin: entry.device
      case .fsroot: entry.root
      case .vfsOptions: entry.options.joined(separator: ",")
      case .fsOptions: entry.superblockOptions.joined(separator: ",")
      case .group: entry.peerGroup.map { "\($0)" } ?? "-"
      case .master: entry.master.map { "\($0)" } ?? "-"
      case .idmap: entry.idMappings.map { MountChange.IDMap(mappings: $0, recursive: false).option } ?? "-"
      case .overmounted: isCovered ? "yes" : "-"
      }
    }

    /// The options of the mount, and those of the file system that it does not have itself, as findmnt(8) merges them.
    private static func merged(_ entry: MountEntry) -> [String] {
      let own = entry.options
      return own
        + entry.superblockOptions.filter { !own.contains($0) && $0 != "rw" && ($0 != "ro" || !own.contains("rw")) }
    }
  }

  /// Which mounts are shown; nil is any.
  package struct Filter: Sendable {
    package var type: String?
    package var path: String?
    package var source: String?
    package var propagation: String?

    package init(type: String? = nil, path: String? = nil, source: String? = nil, propagation: String? = nil) {
      self.type = type
      self.path = path
      self.source = source
      self.propagation = propagation
    }

    func takes(_ entry: MountEntry) -> Bool {
      if let type, !type.split(separator: ",").contains(Substring(entry.type)) { return false }
      if let path, !isPath(entry.mountPoint, within: path) { return false }
      if let source, entry.source != source { return false }
      guard let propagation else { return true }
      return entry.propagationWords.split(separator: ",").contains(Substring(propagation))
    }
  }

  /// How the text is written.
  package struct Style: Sendable {
    package var columns: [Column]
    package var isTree = true
    package var width: Int?
    package var hasColours = false
    package var isASCII = false

    package init(columns: [Column]) { self.columns = columns }
  }

  /// A mount, and its place in the tree.
  private struct Row: Sendable {
    var entry: MountEntry
    var depth: [Bool]
    var isCovered: Bool
  }

  private var rows: [Row] = []

  package init(_ table: MountTable, filter: Filter = Filter()) {
    let ids = Set(table.entries.map(\.id))
    var children: [UInt64: [MountEntry]] = [:]
    var roots: [MountEntry] = []
    for entry in table.entries {
      if entry.parentID != entry.id, ids.contains(entry.parentID) {
        children[entry.parentID, default: []].append(entry)
      } else {
        roots.append(entry)
      }
    }
    // `depth` says for each level whether more of it follows.
    var waiting = roots.reversed().map { (entry: $0, depth: [Bool]()) }
    while let (entry, depth) = waiting.popLast() {
      let below = children[entry.id] ?? []
      let isCovered = below.contains { $0.mountPoint == entry.mountPoint }
      if filter.takes(entry) { rows.append(Row(entry: entry, depth: depth, isCovered: isCovered)) }
      for (index, child) in below.enumerated().reversed() { waiting.append((child, depth + [index + 1 < below.count])) }
    }
  }

  /// The mounts as lines.
  package func text(_ style: Style) -> String {
    var table = TextTable(headings: style.columns.map { $0.rawValue.uppercased() })
    for row in rows {
      table.add(
        style.columns.map { column in
          let text = visible(column.text(of: row.entry, isCovered: row.isCovered))
          guard column == .target else { return text }
          return (style.isTree ? branch(row.depth, style) : "") + text + (row.isCovered ? " (covered)" : "")
        }
      )
    }
    return table.text(width: style.width)
  }

  /// The lines that lead to a mount of the tree.
  private func branch(_ depth: [Bool], _ style: Style) -> String {
    guard let last = depth.last else { return "" }
    let (line, fork, end) = style.isASCII ? ("| ", "|-", "`-") : ("│ ", "├─", "└─")
    return depth.dropLast().map { $0 ? line : "  " }.joined() + (last ? fork : end)
  }

  /// Control characters would be the terminal's: they are shown as mountinfo does, proc(5).
  private func visible(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else { return text }
    return text.unicodeScalars.map { scalar in
      guard scalar.value < 0x20 || scalar.value == 0x7f else { return String(scalar) }
      let digits = String(scalar.value, radix: 8)
      return "\\" + String(repeating: "0", count: 3 - digits.count) + digits
    }.joined()
  }

  /// The mounts for a program. A text is written as it goes: a tree of values for 10,000 mounts would cost more than reading them.
  package func json(namespace: UInt64, unseen: [String]) -> String {
    var text = "{\"namespace\":\(namespace),\"mounts\":["
    for (index, row) in rows.enumerated() {
      if index > 0 { text += "," }
      text += "\n"
      row.entry.writeJSON(to: &text, isCovered: row.isCovered)
    }
    text += "\n],\"unseen\":["
    for (index, sentence) in unseen.enumerated() { text += (index > 0 ? "," : "") + quoted(sentence) }
    return text + "]}\n"
  }
}
