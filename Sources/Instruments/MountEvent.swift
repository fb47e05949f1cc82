import JSON
package import LinuxABI
package import MountNamespace

/// Something that happened to a mount or to a namespace.
package struct MountEvent: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable {
    case attached, detached, moved, changed, namespaceBegan, namespaceEnded
    /// Notices were lost; what follows comes from comparing the tables.
    case overflow
  }

  package var kind: Kind
  package var namespace: UInt64
  /// The container or process that the namespace is told by.
  package var label: String
  /// The mount; nil when it was gone before it could be looked at.
  package var entry: MountEntry?
  /// The mount's unique id, or without that the id of proc(5).
  package var id: UInt64?
  /// What changed: `propagation: private -> shared`.
  package var detail: String?

  package init(
    _ kind: Kind,
    namespace: UInt64,
    label: String,
    entry: MountEntry? = nil,
    id: UInt64? = nil,
    detail: String? = nil
  ) {
    self.kind = kind
    self.namespace = namespace
    self.label = label
    self.entry = entry
    self.id = id ?? entry.map { $0.uniqueID ?? $0.id }
    self.detail = detail
  }

  /// A line for a person.
  package func text(at time: Timestamp) -> String {
    var words = ["\(time)", kind.rawValue]
    if let entry {
      words += [entry.mountPoint, entry.type, entry.source]
    } else if let id {
      words.append("a mount that was gone at once (id \(id))")
    }
    if let detail { words.append("(\(detail))") }
    return words.joined(separator: "  ") + "  in \(label) mnt:[\(namespace)]\n"
  }

  /// A line for a program.
  package func json(at time: Timestamp) -> String {
    JSONValue.object([
      .init("time", .string("\(time)")), .init("event", .string(kind.rawValue)), .init("namespace", .number(namespace)),
      .init("label", .string(label)), .init("id", id.map { .number($0) } ?? .null),
      .init("path", entry.map { .string($0.mountPoint) } ?? .null),
      .init("source", entry.map { .string($0.source) } ?? .null),
      .init("type", entry.map { .string($0.type) } ?? .null),
      .init("propagation", entry.map { .string($0.propagationText) } ?? .null),
      .init("options", entry.map { .strings($0.options) } ?? .null),
      .init("detail", detail.map(JSONValue.string) ?? .null),
    ]).text + "\n"
  }

  /// What happened between two readings of a mount.
  package static func change(from old: MountEntry, to new: MountEntry, namespace: UInt64, label: String) -> MountEvent?
  {
    if old.mountPoint != new.mountPoint || old.parentID != new.parentID {
      return MountEvent(.moved, namespace: namespace, label: label, entry: new, detail: "from \(old.mountPoint)")
    }
    var details: [String] = []
    if old.propagationText != new.propagationText {
      details.append("propagation: \(old.propagationText) -> \(new.propagationText)")
    }
    if old.options != new.options {
      details.append("options: \(old.options.joined(separator: ",")) -> \(new.options.joined(separator: ","))")
    }
    if details.isEmpty { return nil }
    return MountEvent(.changed, namespace: namespace, label: label, entry: new, detail: details.joined(separator: "; "))
  }

  /// What happened between two readings of a namespace.
  package static func changes(from old: MountTable, to new: MountTable, namespace: UInt64, label: String)
    -> [MountEvent]
  {
    var known: [UInt64: MountEntry] = [:]
    for entry in old.entries { known[entry.uniqueID ?? entry.id] = entry }
    var events: [MountEvent] = []
    for entry in new.entries {
      guard let before = known.removeValue(forKey: entry.uniqueID ?? entry.id) else {
        events.append(MountEvent(.attached, namespace: namespace, label: label, entry: entry))
        continue
      }
      if let event = change(from: before, to: entry, namespace: namespace, label: label) { events.append(event) }
    }
    let gone = old.entries.filter { known[$0.uniqueID ?? $0.id] != nil }
    return gone.map { MountEvent(.detached, namespace: namespace, label: label, entry: $0) } + events
  }
}
