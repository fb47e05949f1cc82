package import Instruments
package import MountNamespace
package import SystemPackage

/// The model and the kernel side by side: each does the same, and they are compared after each step.
package final class ModelTrial {
  /// Where the two differ.
  package struct Difference: Hashable, Sendable {
    /// The position of the action after which they differ.
    package var step: Int
    package var words: String
  }

  /// How many operations both did, and how many both refused.
  package private(set) var done = 0
  package private(set) var refused = 0
  private let trial: MountTrial
  private let directories: [String]
  private let rules: KernelRules

  /// Leaves the caller's mounts, as `MountTrial` does.
  package init(directories: [String], rules: KernelRules) throws(Errno) {
    self.directories = directories
    self.rules = rules
    trial = try MountTrial(directories: directories)
  }

  /// Does the actions one after the other; the first difference, or nil.
  package func difference(on actions: [MountScenario.Action]) throws(Errno) -> Difference? {
    var machine = MountScenario.machine(rules: rules, directories: Set(["/"] + directories))
    try trial.begin()
    for (step, action) in actions.enumerated() {
      guard let namespace = machine.index(ofNamespace: action.namespace) else { continue }
      let words = try difference(on: action, namespace, &machine)
      if machine.isBeyondRules { return nil }
      if let words { return Difference(step: step, words: words) }
    }
    return nil
  }

  private func difference(
    on action: MountScenario.Action,
    _ namespace: Int,
    _ machine: inout Machine
  ) throws(Errno) -> String? {
    var claim: Machine.Refusal?
    do throws(Machine.Refusal) {
      _ = try machine.apply(action.operation, in: namespace)
    } catch {
      claim = error
    }
    let answer = try trial.apply(action.operation, in: action.namespace)
    if claim?.errno != answer {
      let model = claim.map { "refuses it (\($0.errno): \($0.reason))" } ?? "does it"
      return "the model \(model), the kernel \(answer.map { "refuses it (\($0))" } ?? "does it")"
    }
    if answer == nil { done += 1 } else { refused += 1 }
    let living = machine.namespaces.indices.filter { !machine.namespaces[$0].hasEnded }
    let names = living.map { machine.namespaces[$0].name }
    var tables: [MountTable] = []
    for name in names { tables.append(try trial.table(of: name)) }
    let modelled = TableShape(living.map { machine.table(of: $0) })
    return modelled.difference(to: TableShape(tables), names: names)
  }

  /// The fewest actions, of those given, on which the two still differ.
  package func shrunk(_ actions: [MountScenario.Action]) throws(Errno) -> (
    actions: [MountScenario.Action], difference: Difference
  )? {
    guard var difference = try difference(on: actions) else { return nil }
    var smallest = Array(actions[...difference.step])
    var size = smallest.count / 2
    while size > 0 {
      var start = 0
      while start < smallest.count {
        var fewer = smallest
        fewer.removeSubrange(start..<min(start + size, fewer.count))
        if let found = try self.difference(on: fewer) {
          smallest = Array(fewer[...found.step])
          difference = found
        } else {
          start += size
        }
      }
      size /= 2
    }
    return (smallest, difference)
  }
}
