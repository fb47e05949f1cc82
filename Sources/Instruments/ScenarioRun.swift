package import JSON
package import LinuxABI
package import MountNamespace
import SystemPackage

/// A scenario that was done on the model: what each line did, and the tables after it.
package struct ScenarioRun: Sendable {
  /// What a line did.
  package struct Outcome: Sendable {
    package var step: MountScenario.Step
    package var effects: [Effect]
    /// Why the kernel would refuse the line, or the rest of it.
    package var refusal: Machine.Refusal?
    /// The tables of the namespaces that it changed, by name.
    package var tables: [(name: String, table: MountTable)]
    /// How many effects, and mounts of such tables, are left out.
    package var omitted = 0
  }

  /// What happened to a mount, with what is to be said of it.
  package struct Effect: Hashable, Sendable {
    package var effect: Machine.Effect
    package var namespace: String
    package var source: String
  }

  package private(set) var outcomes: [Outcome] = []
  /// The line after which it was not gone on: there were too many mounts.
  package private(set) var end: Int?
  /// How many effects and mounts of tables are told yet. More than these nobody reads.
  private var rowsLeft = 50_000
  /// How many mounts are gone through yet, a line being once through all.
  private var workLeft = 300_000

  /// Does a scenario's lines on a machine with one namespace, `host`.
  package init(_ scenario: MountScenario, rules: KernelRules = .current) {
    var machine = MountScenario.machine(rules: rules, directories: Set(["/"] + scenario.directories))
    for step in scenario.steps {
      if workLeft < 0 { break }
      outcomes.append(carryOut(step, on: &machine))
      workLeft -= machine.mounts.count
      end = step.line
    }
    if outcomes.count == scenario.steps.count { end = nil }
  }

  private mutating func carryOut(_ step: MountScenario.Step, on machine: inout Machine) -> Outcome {
    var outcome = Outcome(step: step, effects: [], tables: [])
    let before = machine
    for action in step.actions {
      guard let namespace = machine.index(ofNamespace: action.namespace) else { continue }
      do throws(Machine.Refusal) {
        let old = machine
        for effect in try machine.apply(action.operation, in: namespace) where effect.path != nil {
          guard hasRows(1) else {
            outcome.omitted += 1
            continue
          }
          let state = effect.kind == .detached ? old : machine
          let source = state.superblocks[state.mounts[effect.mount].superblock].source
          outcome.effects.append(
            Effect(effect: effect, namespace: state.namespaces[effect.namespace].name, source: source)
          )
        }
      } catch {
        outcome.refusal = error
        break
      }
    }
    var sizes: [Int: Int] = [:]
    for mount in machine.mounts { if let namespace = mount.namespace { sizes[namespace, default: 0] += 1 } }
    for namespace in machine.namespaces.indices where !machine.namespaces[namespace].hasEnded {
      let size = sizes[namespace] ?? 0
      guard size < rowsLeft else {
        outcome.omitted += size
        continue
      }
      let table = machine.table(of: namespace)
      if namespace < before.namespaces.count, before.table(of: namespace) == table { continue }
      outcome.tables.append((machine.namespaces[namespace].name, table))
      rowsLeft -= size
    }
    return outcome
  }

  private mutating func hasRows(_ count: Int) -> Bool {
    guard rowsLeft >= count else { return false }
    rowsLeft -= count
    return true
  }

  /// The story for a person.
  package var text: Prose {
    var text: Prose = ""
    for outcome in outcomes {
      text += "\(outcome.step.line)  \(outcome.step.namespace): \(outcome.step.text)\n"
      text += Self.text(of: outcome) + "\n"
    }
    return text
  }

  private static func text(of outcome: Outcome) -> Prose {
    var text: Prose = ""
    let isCopy = outcome.step.actions.contains { if case .unshare = $0.operation { true } else { false } }
    if isCopy { text += "   a new namespace, with a copy of every mount\n" }
    for effect in outcome.effects where effect.effect.cause != .asked || (!isCopy && effect.effect.kind != .changed) {
      let why = effect.effect.cause == .asked ? "" : "  \(effect.effect.cause.words)"
      let words = [effect.namespace, effect.effect.path ?? "", effect.source].joined(separator: "  ")
      text += "   \(effect.effect.kind.sign) \(words)\(why)\n"
    }
    let rules = Set(outcome.effects.compactMap(\.effect.cause.section)).sorted()
    for rule in rules { text += "     rule: \(rule)\n" }
    if let refusal = outcome.refusal { text += "   refused: \(refusal.reason) (\(refusal.errno))\n" }
    for (name, table) in outcome.tables { text += tableText(name, table) }
    if outcome.omitted > 0 { text += "   and \(outcome.omitted) more, which are too many to tell\n" }
    return text
  }

  /// A table as lines: where, what, and how it propagates.
  private static func tableText(_ name: String, _ table: MountTable) -> Prose {
    let width = table.entries.map(\.mountPoint.count).max() ?? 0
    var text: Prose = "   \(name):\n"
    for entry in table.entries {
      let path = entry.mountPoint + String(repeating: " ", count: width - entry.mountPoint.count)
      let part = entry.root == "/" ? "" : "[\(entry.root)]"
      let options = entry.options.filter { $0 != "rw" && $0 != "relatime" }
      let words =
        [entry.source + part, entry.propagationText] + (options.isEmpty ? [] : [options.joined(separator: ",")])
      text += "     \(path)  \(words.joined(separator: "  "))\n"
    }
    return text
  }

  /// The story for a program.
  package var json: JSONValue {
    .array(
      outcomes.map { outcome in
        .object([
          .init("line", .number(outcome.step.line)), .init("namespace", .string(outcome.step.namespace)),
          .init("command", .string(outcome.step.text)),
          .init(
            "refused",
            outcome.refusal.map {
              .object([.init("errno", .number($0.errno.rawValue)), .init("reason", .string($0.reason))])
            } ?? .null
          ),
          .init("effects", .array(outcome.effects.map(Self.json(of:)))),
          .init(
            "tables",
            .object(outcome.tables.map { .init($0.name, .array($0.table.entries.map(Self.json(of:)))) })
          ),
          .init("omitted", .number(outcome.omitted)),
        ])
      }
    )
  }

  private static func json(of effect: Effect) -> JSONValue {
    .object([
      .init("change", .string(effect.effect.kind.name)), .init("namespace", .string(effect.namespace)),
      .init("path", effect.effect.path.map(JSONValue.string) ?? .null), .init("source", .string(effect.source)),
      .init("cause", .string(effect.effect.cause.name)),
      .init("group", effect.effect.cause.group.map { .number($0) } ?? .null),
      .init("rule", effect.effect.cause.section.map(JSONValue.string) ?? .null),
    ])
  }

  private static func json(of entry: MountEntry) -> JSONValue {
    .object([
      .init("mountPoint", .string(entry.mountPoint)), .init("source", .string(entry.source)),
      .init("root", .string(entry.root)), .init("options", .strings(entry.options)),
      .init("peerGroup", entry.peerGroup.map { .number($0) } ?? .null),
      .init("master", entry.master.map { .number($0) } ?? .null), .init("unbindable", .bool(entry.isUnbindable)),
    ])
  }
}

extension MountEntry {
  /// The propagation with its groups, in mountinfo's words: `shared:1 master:2`, or `private`.
  package var propagationText: String {
    var words: [String] = []
    if let peerGroup { words.append("shared:\(peerGroup)") }
    if let master { words.append("master:\(master)") }
    if isUnbindable { words.append("unbindable") }
    return words.isEmpty ? "private" : words.joined(separator: " ")
  }
}
