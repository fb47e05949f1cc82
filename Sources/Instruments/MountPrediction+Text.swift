package import JSON
package import LinuxABI
import MountNamespace
import SystemPackage

extension MountPrediction {
  /// The namespaces that something would change in, the one of the operation first.
  private var touched: [Int] {
    let found = Set(changes.map(\.effect.namespace))
    return found.sorted { ($0 == origin ? -1 : $0) < ($1 == origin ? -1 : $1) }
  }

  /// Whether the command would fail.
  package var fails: Bool { !refusals.isEmpty || busy != nil || denied != nil }

  /// The answer for a person.
  package var text: Prose {
    var text: Prose = ""
    let grouped = Dictionary(grouping: changes, by: \.effect.namespace)
    for namespace in touched {
      let label = labels[namespace]
      text += "\(label.name) (mnt:[\(label.inode)]):\n"
      for change in grouped[namespace] ?? [] { text += line(of: change) }
    }
    for refusal in refusals {
      text += "The kernel would refuse it: \(refusal.reason.reason) (\(refusal.reason.errno)).\n"
    }
    if !changes.isEmpty || refusals.isEmpty { text += restText }
    for note in notes { text += "\(note).\n" }
    return text
  }

  /// What is to be said of the namespaces without a change.
  private var restText: Prose {
    var text: Prose = changes.isEmpty ? "Nothing would change.\n" : ""
    let untouched = labels.count + others - touched.count
    if untouched > 0 {
      text += "\(untouched) other namespace\(untouched == 1 ? "" : "s") would see no change"
      text += labels.count > 1 ? ".\n" : ": nothing there is a peer or a slave of the mount that it is on.\n"
    }
    return text
  }

  private func line(of change: Change) -> Prose {
    let path = change.effect.path ?? "(a place that the root does not reach)"
    var line: Prose = "  \(change.effect.kind.sign) \(path)  \(change.type) \(change.source)"
    if change.isAdjusted { line += "  \(change.propagation) \(change.options.joined(separator: ","))" }
    return line + (change.effect.cause == .asked ? "" : "  (\(change.effect.cause.words))") + "\n"
  }

  /// The answer for a program.
  package var json: JSONValue {
    .object([
      .init(
        "refused",
        refusals.first.map {
          .object([
            .init("reason", .string($0.reason.reason)), .init("errno", .number($0.reason.errno.rawValue)),
            .init("operation", .number($0.operation)),
          ])
        } ?? .null
      ),
      .init(
        "busy",
        busy.map {
          .object([
            .init("path", .string($0.path)), .init("pid", .number($0.process.id)),
            .init("command", .string($0.process.command)), .init("use", .string($0.use)),
          ])
        } ?? .null
      ),
      .init("denied", denied.map { .string($0.text) } ?? .null),
      .init("notes", .strings(notes)),
      .init("changes", .array(changes.map(json(of:)))),
      .init("untouchedNamespaces", .number(labels.count + others - touched.count)),
    ])
  }

  private func json(of change: Change) -> JSONValue {
    let label = labels[change.effect.namespace]
    return .object([
      .init("change", .string(change.effect.kind.name)),
      .init("namespace", .number(label.inode)), .init("name", .string(label.name)),
      .init("path", change.effect.path.map(JSONValue.string) ?? .null),
      .init("type", .string(change.type)), .init("source", .string(change.source)),
      .init("propagation", .string(change.propagation)), .init("options", .strings(change.options)),
      .init("cause", .string(change.effect.cause.name)),
      .init("group", change.effect.cause.group.map { .number($0) } ?? .null),
    ])
  }
}
