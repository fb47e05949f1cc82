package import LinuxABI
package import MountNamespace

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

  /// What would happen to one mount, as it is when all is done.
  package struct Change: Hashable, Sendable {
    package var effect: Machine.Effect
    package var type: String
    package var source: String
    /// The propagation and the attributes afterwards.
    package var propagation: String
    package var options: [String]
    /// Whether these are not what the mount got by itself, but were asked for.
    package var isAdjusted: Bool
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

    package var message: Prose {
      """
      umount \(path) would fail, the target is busy: process \(process.id) \(process.command) \(use)
        \(shellLine(["berth", "mounts", "holders", path])) shows all that hold it
      """
    }
  }

  /// An operation that the kernel would refuse, by its position in all of them.
  package struct Refused: Hashable, Sendable {
    package var reason: Machine.Refusal
    package var operation: Int
  }

  package private(set) var changes: [Change] = []
  /// Where the last change of each mount is.
  private var positions: [Int: Int] = [:]
  package var busy: Busy?
  /// Why this user may not do it at all.
  package var denied: Prose?
  /// What is to be known besides: sentences for a person, without a full stop.
  package var notes: [String] = []
  /// What the kernel would refuse. umount(8) goes on with its next operand.
  package private(set) var refusals: [Refused] = []
  let labels: [Label]
  /// How many namespaces there are beside those of the labels, which nothing links to the place.
  let others: Int
  let origin: Int

  /// Does a command's steps in a copy of a machine whose namespaces have these labels.
  package init(
    of steps: [MountLine.Step],
    on machine: Machine,
    in namespace: Int,
    labels: [Label],
    others: Int = 0,
    facts: MountFacts = MountFacts()
  ) {
    self.labels = labels
    self.others = others
    origin = namespace
    var state = machine
    var position = 0
    for step in steps {
      var next = position
      position += step.operations.count
      do throws(Machine.Refusal) {
        for operation in step.operations {
          if !step.passesOverGone || state.isMounted(operation, in: namespace) {
            if let refusal = facts.refusal(of: operation) { throw refusal }
            let before = state
            for effect in try state.apply(operation, in: namespace) { take(effect, before, state) }
          }
          next += 1
        }
      } catch {
        refusals.append(Refused(reason: error, operation: next))
      }
    }
    changes.removeAll { $0.effect.kind == .changed && state.isSame($0.effect.mount, machine) }
  }

  /// Adds what happened to a mount, or brings what is known of it up to date.
  private mutating func take(_ effect: Machine.Effect, _ before: Machine, _ after: Machine) {
    let state = effect.kind == .detached ? before : after
    let mount = state.mounts[effect.mount]
    let superblock = state.superblocks[mount.superblock]
    let position = effect.kind == .changed ? positions[effect.mount] : nil
    let change = Change(
      effect: position.map { changes[$0].effect } ?? effect,
      type: superblock.type,
      source: superblock.source,
      propagation: mount.propagation,
      options: state.entry(of: effect.mount)?.options ?? [],
      isAdjusted: effect.kind == .changed
    )
    if let position {
      changes[position] = change
    } else {
      positions[effect.mount] = changes.count
      changes.append(change)
    }
  }
}

extension Machine {
  /// Whether a mount has the propagation and the attributes that it has on another machine.
  fileprivate func isSame(_ mount: Int, _ other: Machine) -> Bool {
    guard mount < other.mounts.count else { return false }
    let (one, two) = (mounts[mount], other.mounts[mount])
    return one.group == two.group && one.master == two.master && one.isUnbindable == two.isUnbindable
      && one.attributes == two.attributes
  }

  /// Whether something is mounted where an operation is done.
  fileprivate func isMounted(_ operation: Operation, in namespace: Int) -> Bool {
    let table = table(of: namespace)
    return operation.paths.allSatisfy { table.topMount(at: $0) != nil }
  }
}
