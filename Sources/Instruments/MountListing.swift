package import LinuxABI
package import MountNamespace

/// The mounts of a namespace as a tree or a list, for a person and for a program.
package struct MountListing: Sendable {
  /// A column: its heading, and what it shows of a mount.
  package enum Column: String, CaseIterable, Sendable {
    case target, source, fstype, options, propagation, id, parent, uniqueID = "unique-id", majMin = "maj:min", fsroot
    case vfsOptions = "vfs-options", fsOptions = "fs-options", group, master, idmap, overmounted
    case peers, masters, locked, size, used, avail, use = "use%", label, uuid, partlabel, partuuid

    /// Whether it is told from the mounts of other namespaces.
    package var needsMachine: Bool { self == .peers || self == .masters || self == .locked }
    /// Whether the file system is asked for its room.
    var needsSpace: Bool { self == .size || self == .used || self == .avail || self == .use }

    /// The directory of /dev/disk whose links tell it, udev(7).
    package var linkDirectory: String? {
      [.label, .uuid, .partlabel, .partuuid].contains(self) ? "by-" + rawValue : nil
    }

    /// What the column shows.
    func text(of entry: MountEntry, isCovered: Bool, _ style: Style) -> String {
      let places = style.places
      let space = needsSpace ? style.space?(entry) : nil
      return switch self {
      case .label, .uuid, .partlabel, .partuuid: style.tags[self]?[entry.device] ?? "-"
      case .peers: places?.members(of: entry.peerGroup, besides: entry) ?? "-"
      case .masters: places?.members(of: entry.master, besides: entry) ?? "-"
      case .locked: places?.lockedAttributes(of: entry) ?? "-"
      case .size: space.map { $0.text($0.size) } ?? "-"
      case .used: space.map { $0.text($0.used) } ?? "-"
      case .avail: space.map { $0.text($0.available) } ?? "-"
      case .use: space.map { $0.size == 0 ? "-" : "\($0.used * 100 / $0.size)%" } ?? "-"
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

  /// The room of a file system, in bytes.
  package struct Space: Hashable, Sendable {
    package var size: UInt64
    package var used: UInt64
    package var available: UInt64

    package init(size: UInt64, used: UInt64, available: UInt64) {
      self.size = size
      self.used = used
      self.available = available
    }

    /// A number of bytes for a person: `1.5G`, by powers of 1024 as findmnt(8) has it.
    func text(_ bytes: UInt64) -> String {
      var number = Double(bytes)
      for unit in ["", "K", "M", "G", "T"] {
        if number < 1024 {
          let tenths = (number * 10).rounded() / 10
          return (tenths == tenths.rounded() ? "\(Int(tenths))" : "\(tenths)") + unit
        }
        number /= 1024
      }
      return "\(Int(number))P"
    }
  }

  /// How the text is written.
  package struct Style: Sendable {
    package var columns: [Column]
    package var isTree = true
    package var width: Int?
    package var hasColours = false
    package var isASCII = false
    /// Where the members of peer groups are, for the columns that need it.
    package var places: PeerPlaces?
    /// Asks a mount's file system for its room, for the columns that need it.
    package var space: (@Sendable (MountEntry) -> Space?)?
    /// What block devices are called, by their numbers, for the columns that show it.
    package var tags: [Column: [String: String]] = [:]

    package init(columns: [Column]) { self.columns = columns }
  }

  /// A mount, and its place in the tree.
  private struct Row: Sendable {
    var entry: MountEntry
    var branch: Branch
    var isCovered: Bool
  }

  /// The way from the root of the tree to a mount: of the first levels, whether more follows there. Stacks can be as deep as there are
  /// mounts, and a line is not to be as long as its level.
  private struct Branch: Sendable {
    /// The levels that are drawn.
    static let drawn = 30
    var level = 0
    private var follows: UInt32 = 0

    /// The way to a child, and whether another follows it.
    func child(follows more: Bool) -> Branch {
      var child = self
      child.level += 1
      if more, level < Self.drawn { child.follows |= 1 << UInt32(level) }
      return child
    }

    /// The lines that lead to the mount.
    func text(isASCII: Bool) -> Prose {
      guard level > 0 else { return "" }
      let (line, fork, end): (Prose, Prose, Prose) = isASCII ? ("| ", "|-", "`-") : ("│ ", "├─", "└─")
      var text: Prose = ""
      let last = min(level, Self.drawn) - 1
      for position in 0..<last { text += follows & 1 << UInt32(position) != 0 ? line : "  " }
      text += follows & 1 << UInt32(last) != 0 ? fork : end
      return level > Self.drawn ? text + "(level \(level)) " : text
    }
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
    var waiting = roots.reversed().map { (entry: $0, branch: Branch()) }
    while let (entry, branch) = waiting.popLast() {
      let below = children[entry.id] ?? []
      let isCovered = below.contains { $0.mountPoint == entry.mountPoint }
      if filter.takes(entry) { rows.append(Row(entry: entry, branch: branch, isCovered: isCovered)) }
      for (index, child) in below.enumerated().reversed() {
        waiting.append((child, branch.child(follows: index + 1 < below.count)))
      }
    }
  }

  /// Whether no mount is shown.
  package var isEmpty: Bool { rows.isEmpty }

  /// The mounts as lines.
  package func text(_ style: Style) -> Prose {
    var table = TextTable(headings: style.columns.map { "\($0.rawValue.uppercased())" })
    for row in rows {
      let cells = style.columns.map { column -> Prose in
        let text = Prose(escaping: column.text(of: row.entry, isCovered: row.isCovered, style))
        guard column == .target else { return text }
        return (style.isTree ? row.branch.text(isASCII: style.isASCII) : "") + text
          + (row.isCovered ? " (covered)" : "")
      }
      // What is covered is faint; what is shared or a slave has a colour of its group.
      let group = row.entry.peerGroup ?? row.entry.master
      table.add(cells, style: row.isCovered ? "2" : group.map { "3\($0 % 6 + 1)" })
    }
    return table.text(width: style.width, hasColours: style.hasColours)
  }

  /// The mounts for a program. A text is written as it goes: a tree of values for 10,000 mounts would cost more than reading them.
  package func json(namespace: UInt64, unseen: [String], places: PeerPlaces? = nil) -> String {
    var text = "{\"namespace\":\(namespace),\"mounts\":["
    for (index, row) in rows.enumerated() {
      if index > 0 { text += "," }
      text += "\n"
      row.entry.writeJSON(to: &text, isCovered: row.isCovered, places)
    }
    text += "\n],\"unseen\":["
    for (index, sentence) in unseen.enumerated() { text += (index > 0 ? "," : "") + quoted(sentence) }
    return text + "]}\n"
  }
}
