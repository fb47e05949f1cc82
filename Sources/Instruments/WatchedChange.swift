package import MountNamespace

/// What happened to a mount.
package struct WatchedChange: Hashable, Sendable {
  package var kind: MountEvent.Kind
  /// The mount as it is now, or was last; nil for one that was gone before it could be looked at.
  package var entry: MountEntry?
  /// The mount's unique id, or without that the id of proc(5).
  package var id: UInt64?
  /// What changed: `propagation: private -> shared:1`.
  package var detail: String?

  package init(_ kind: MountEvent.Kind, _ entry: MountEntry? = nil, id: UInt64? = nil, detail: String? = nil) {
    self.kind = kind
    self.entry = entry
    self.id = id ?? entry.map { $0.uniqueID ?? $0.id }
    self.detail = detail
  }

  /// What is otherwise than before, its place aside; nil when nothing is.
  package static func otherwise(_ before: MountEntry, _ now: MountEntry) -> WatchedChange? {
    var details: [String] = []
    func compare(_ name: String, _ old: String, _ new: String) {
      if old != new { details.append("\(name): \(old) -> \(new)") }
    }
    compare("propagation", before.propagationText, now.propagationText)
    compare("options", before.options.joined(separator: ","), now.options.joined(separator: ","))
    compare(
      "file system",
      before.superblockOptions.joined(separator: ","),
      now.superblockOptions.joined(separator: ",")
    )
    return details.isEmpty ? nil : WatchedChange(.changed, now, detail: details.joined(separator: "; "))
  }
}
