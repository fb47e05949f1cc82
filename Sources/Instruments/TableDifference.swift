package import JSON
package import LinuxABI
package import MountNamespace

/// What two mount tables have apart from each other: matched by mount point, and by the place in the stack there.
package struct TableDifference: Sendable {
  /// A mount of one table, or of both.
  package struct Change: Hashable, Sendable {
    package var mountPoint: String
    package var first: MountEntry?
    package var second: MountEntry?
    /// What differs, when both have it: the name of the field.
    package var fields: [String]
  }

  package private(set) var changes: [Change] = []

  package init(_ first: MountTable, _ second: MountTable) {
    struct Place: Hashable {
      var path: String
      var level: Int
    }
    func places(_ table: MountTable) -> [(Place, MountEntry)] {
      var levels: [String: Int] = [:]
      return table.entries.map { entry in
        let level = levels[entry.mountPoint, default: 0]
        levels[entry.mountPoint] = level + 1
        return (Place(path: entry.mountPoint, level: level), entry)
      }
    }
    let others = Dictionary(uniqueKeysWithValues: places(second))
    let own = places(first)
    for (place, entry) in own {
      let other = others[place]
      let fields = other.map { Self.fields(entry, $0) } ?? []
      if other != nil, fields.isEmpty { continue }
      changes.append(Change(mountPoint: place.path, first: entry, second: other, fields: fields))
    }
    let known = Set(own.map(\.0))
    for (place, entry) in places(second) where !known.contains(place) {
      changes.append(Change(mountPoint: place.path, first: nil, second: entry, fields: []))
    }
    changes.sort { $0.mountPoint < $1.mountPoint }
  }

  private static func fields(_ first: MountEntry, _ second: MountEntry) -> [String] {
    var fields: [String] = []
    if first.source != second.source { fields.append("source") }
    if first.type != second.type { fields.append("type") }
    if first.device != second.device { fields.append("device") }
    if first.root != second.root { fields.append("root") }
    if Set(first.options) != Set(second.options) { fields.append("options") }
    if Set(first.superblockOptions) != Set(second.superblockOptions) { fields.append("superblockOptions") }
    if first.propagationWords != second.propagationWords { fields.append("propagation") }
    return fields
  }

  /// The differences as lines: `-` only in the first, `+` only in the second, `~` in both.
  package var text: Prose {
    changes.map { change -> Prose in
      switch (change.first, change.second) {
      case (let entry?, nil): "- \(change.mountPoint)  \(entry.type) \(entry.source)\n"
      case (nil, let entry?): "+ \(change.mountPoint)  \(entry.type) \(entry.source)\n"
      case (let first?, let second?):
        "~ \(change.mountPoint)  "
          + change.fields.map { "\($0): \(Self.value($0, first)) -> \(Self.value($0, second))" as Prose }
          .joined(separator: "; ") + "\n"
      case (nil, nil): ""
      }
    }.joined()
  }

  private static func value(_ field: String, _ entry: MountEntry) -> String {
    switch field {
    case "source": entry.source
    case "type": entry.type
    case "device": entry.device
    case "root": entry.root
    case "options": entry.options.joined(separator: ",")
    case "superblockOptions": entry.superblockOptions.joined(separator: ",")
    default: entry.propagationWords
    }
  }

  /// The differences for a program.
  package var json: JSONValue {
    .object([
      .init(
        "changes",
        .array(
          changes.map { change in
            let kind = change.first == nil ? "added" : change.second == nil ? "removed" : "different"
            return .object([
              .init("mountPoint", .string(change.mountPoint)), .init("change", .string(kind)),
              .init("fields", .strings(change.fields)), .init("first", change.first?.json ?? .null),
              .init("second", change.second?.json ?? .null),
            ])
          }
        )
      )
    ])
  }
}
