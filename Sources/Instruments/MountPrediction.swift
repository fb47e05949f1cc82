package import JSON
package import MountNamespace
import SystemPackage

/// What operations would do to the mounts of a machine, without doing them.
package struct MountPrediction: Sendable {
  /// A namespace, as its reader names it.
  package struct Label: Hashable, Sendable {
    package var name: String
    package var inode: UInt64

    package init(name: String, inode: UInt64) {
      self.name = name
      self.inode = inode
    }
  }

  /// What would happen to one mount.
  package struct Change: Hashable, Sendable {
    package var effect: Machine.Effect
    package var type: String
    package var source: String
    /// The propagation and the attributes afterwards.
    package var propagation: String
    package var options: [String]
  }

  /// Who makes an unmount fail that the mounts alone would allow.
  package struct Busy: Hashable, Sendable {
    package var path: String
    package var process: NamespaceProcess
    /// What the process does there: `works in it`.
    package var use: String

    package init(path: String, process: NamespaceProcess, use: String) {
      self.path = path
      self.process = process
      self.use = use
    }

    package var message: String {
      """
      umount \(path) would fail, the target is busy: process \(process.id) \(process.command) \(use)
        berth mounts holders \(path) shows all that hold it
      """
    }
  }

  package private(set) var changes: [Change] = []
  package var busy: Busy?
  /// Why the kernel would refuse it, and the position of the operation that it would refuse.
  package private(set) var refusal: (reason: Machine.Refusal, operation: Int)?
  private let labels: [Label]
  /// How many namespaces there are beside those of the labels, which nothing links to the place.
  private let others: Int
  private let origin: Int

  /// Does the operations in a copy of a machine whose namespaces have these labels.
  package init(
    of operations: [Machine.Operation],
    on machine: Machine,
    in namespace: Int,
    labels: [Label],
    others: Int = 0
  ) {
    self.labels = labels
    self.others = others
    origin = namespace
    var machine = machine
    for (position, operation) in operations.enumerated() {
      do throws(Machine.Refusal) {
        let before = machine
        for effect in try machine.apply(operation, in: namespace) {
          let state = effect.kind == .detached ? before : machine
          let mount = state.mounts[effect.mount]
          let superblock = state.superblocks[mount.superblock]
          changes.append(
            Change(
              effect: effect,
              type: superblock.type,
              source: superblock.source,
              propagation: mount.propagation,
              options: state.entry(of: effect.mount)?.options ?? []
            )
          )
        }
      } catch {
        refusal = (error, position)
        return
      }
    }
  }

  /// The namespaces that something would change in, the one of the operation first.
  private var touched: [Int] {
    let found = Set(changes.map(\.effect.namespace))
    return found.sorted { ($0 == origin ? -1 : $0) < ($1 == origin ? -1 : $1) }
  }

  /// The answer for a person.
  package var text: String {
    var text = ""
    for namespace in touched {
      let label = labels[namespace]
      text += "\(label.name) (mnt:[\(label.inode)]):\n"
      for change in changes where change.effect.namespace == namespace {
        let path = change.effect.path ?? "(a place that the root does not reach)"
        var line = "  \(change.effect.kind.sign) \(path)  \(change.type) \(change.source)"
        if change.effect.kind == .changed { line += "  \(change.propagation) \(change.options.joined(separator: ","))" }
        text += line + (change.effect.cause == .asked ? "" : "  (\(change.effect.cause.words))") + "\n"
      }
    }
    if let refusal {
      text += "The kernel would refuse it: \(refusal.reason.reason) (\(refusal.reason.errno)).\n"
      return text
    }
    let untouched = labels.count + others - touched.count
    if changes.isEmpty { text += "Nothing would change.\n" }
    if untouched > 0 {
      text += "\(untouched) other namespace\(untouched == 1 ? "" : "s") would see no change"
      text +=
        changes.contains { $0.effect.cause != .asked }
        ? ".\n" : ": nothing there is a peer or a slave of the mount that it is on.\n"
    }
    return text
  }

  /// The answer for a program.
  package var json: JSONValue {
    .object([
      .init(
        "refused",
        refusal.map {
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
