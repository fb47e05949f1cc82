import JSON
package import LinuxABI
import MountNamespace

/// Something that happened to a mount or to a namespace.
package struct MountEvent: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable {
    case attached, detached, moved, changed, namespaceBegan, namespaceEnded
    /// Notices were lost; what follows comes from comparing the tables.
    case overflow
  }

  /// The namespace that it happened in.
  package struct Place: Hashable, Sendable {
    /// The number of the namespace's file; 0 when it is not known which of several it was.
    package var inode: UInt64
    package var id: UInt64?
    package var container: ContainerIdentity?
    /// The container or process that the namespace is told by; empty when there is none.
    package var label: String

    package init(inode: UInt64 = 0, id: UInt64? = nil, container: ContainerIdentity? = nil, label: String = "") {
      self.inode = inode
      self.id = id
      self.container = container
      self.label = label
    }
  }

  /// The process that did it.
  package struct Actor: Hashable, Sendable {
    package var id: Int32
    /// The name of its program; nil when it had ended before it could be asked for.
    package var command: String?

    package init(id: Int32, command: String?) {
      self.id = id
      self.command = command
    }
  }

  package var change: WatchedChange
  package var place: Place
  package var actor: Actor?

  package init(_ change: WatchedChange, in place: Place, by actor: Actor? = nil) {
    self.change = change
    self.place = place
    self.actor = actor
  }

  package init(_ kind: Kind, in place: Place, detail: String? = nil) {
    self.init(WatchedChange(kind, detail: detail), in: place)
  }

  /// A line for a person.
  package func text(at time: Timestamp) -> Prose {
    var words = ["\(time)", change.kind.rawValue]
    if let entry = change.entry {
      words += [entry.mountPoint, entry.type, entry.source]
    } else if let id = change.id {
      words.append("a mount that was gone at once (id \(id))")
    }
    if let detail = change.detail { words.append("(\(detail))") }
    if let actor { words.append("by \(actor.command.map { "\($0)[\(actor.id)]" } ?? "process \(actor.id)")") }
    if place.inode != 0 { words.append("in \(place.label.isEmpty ? "" : place.label + ", ")mnt:[\(place.inode)]") }
    return words.map { Prose(escaping: $0) }.joined(separator: "  ") + "\n"
  }

  /// A line for a program.
  package func json(at time: Timestamp) -> String {
    let entry = change.entry
    return JSONValue.object([
      .init("time", .string("\(time)")), .init("event", .string(change.kind.rawValue)),
      .init("namespace", .number(place.inode)), .init("namespaceId", place.id.map { .number($0) } ?? .null),
      .init("label", .string(place.label)), .init("container", place.container.map(Self.json) ?? .null),
      .init("process", actor.map(Self.json) ?? .null), .init("id", change.id.map { .number($0) } ?? .null),
      .init("path", entry.map { .string($0.mountPoint) } ?? .null),
      .init("source", entry.map { .string($0.source) } ?? .null),
      .init("type", entry.map { .string($0.type) } ?? .null),
      .init("propagation", entry.map { .string($0.propagationText) } ?? .null),
      .init("options", entry.map { .strings($0.options) } ?? .null),
      .init("detail", change.detail.map(JSONValue.string) ?? .null),
    ]).text + "\n"
  }

  private static func json(_ container: ContainerIdentity) -> JSONValue {
    .object([
      .init("engine", .string(container.engine.rawValue)), .init("id", .string(container.id)),
      .init("name", container.name.map(JSONValue.string) ?? .null),
    ])
  }

  private static func json(_ actor: Actor) -> JSONValue {
    .object([.init("id", .number(actor.id)), .init("command", actor.command.map(JSONValue.string) ?? .null)])
  }
}
