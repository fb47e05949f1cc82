package import MountNamespace

import LinuxABI

/// Random sequences of operations, that succeed more often than not: what the model and the kernel are compared on.
package struct RandomScenario {
  /// The directories that every file system has.
  package static let directories = [
    "/a", "/b", "/c", "/a/a", "/a/b", "/b/a", "/b/b", "/c/a", "/a/a/a", "/a/b/a", "/b/a/b", "/c/a/b",
  ]
  private static let mostNamespaces = 4
  private static let mostUserNamespaces = 2
  private static let mostMounts = 60

  private var generator: SplitMix64
  private let rules: KernelRules

  /// Begins with a seed: the same seed gives the same sequences.
  package init(seed: UInt64, rules: KernelRules) {
    generator = SplitMix64(state: seed)
    self.rules = rules
  }

  /// The next sequence: each operation is chosen with what the ones before it left in view.
  package mutating func next(steps: Int) -> [MountScenario.Action] {
    var machine = MountScenario.machine(rules: rules, directories: Set(["/"] + Self.directories))
    var actions: [MountScenario.Action] = []
    while actions.count < steps {
      let living = machine.namespaces.indices.filter { !machine.namespaces[$0].hasEnded }
      let index = living[generator.below(living.count)]
      let operation = choose(machine, index, living: living.count, step: actions.count)
      actions.append(MountScenario.Action(namespace: machine.namespaces[index].name, operation: operation))
      // A refusal leaves the machine as it was.
      _ = try? machine.apply(operation, in: index)
    }
    return actions
  }

  private mutating func choose(_ machine: Machine, _ index: Int, living: Int, step: Int) -> Machine.Operation {
    let mounts = machine.table(of: index).entries.map(\.mountPoint)
    let points = mounts.filter { $0 != "/" }
    let isFull = machine.mounts.count { !$0.isGone } > Self.mostMounts * living
    switch generator.below(100) {
    case 0..<12 where !isFull: return .mount(type: "tmpfs", source: "t", attributes: attributes(), at: directory())
    case 12..<34 where !isFull:
      let from = generator.below(3) == 0 ? directory() : any(of: mounts)
      return .bind(from: from, recursive: generator.below(2) == 0, at: target(points))
    case 34..<42: return .move(from: any(of: points), to: target(points))
    case 42..<46: return .moveBeneath(from: any(of: points), to: any(of: points))
    case 46..<49: return .setGroup(from: any(of: mounts), to: any(of: points))
    case 49..<62: return .unmount(at: any(of: points), detach: generator.below(3) == 0 && rules.hasDefiniteStacks)
    case 62..<69:
      let set = attributes()
      let clear: MountAttributes = generator.below(3) == 0 ? [.readOnly, .noSetUserID, .noDevices] : []
      return .setAttributes(
        set: set,
        clear: clear.subtracting(set),
        recursive: generator.below(2) == 0,
        at: any(of: mounts)
      )
    case 69..<90:
      let types: [Propagation] = [.shared, .shared, .shared, .slave, .private, .unbindable]
      return .setPropagation(
        types[generator.below(types.count)],
        recursive: generator.below(2) == 0,
        at: any(of: mounts)
      )
    case 90..<92: return .pivotRoot(to: any(of: points), putOld: directory())
    case 92..<98 where living < Self.mostNamespaces && machine.namespaces.count < 12:
      let owners = Set(machine.namespaces.filter { !$0.hasEnded }.map(\.owner)).count
      return .unshare(
        as: "n\(step)",
        newUser: owners < Self.mostUserNamespaces && generator.below(2) == 0
      )
    case 98 where living > 2: return .end
    default: return .setPropagation(.shared, recursive: true, at: any(of: mounts))
    }
  }

  private mutating func any(of paths: [String]) -> String {
    paths.isEmpty ? directory() : paths[generator.below(paths.count)]
  }

  private mutating func directory() -> String { Self.directories[generator.below(Self.directories.count)] }

  /// A directory, or now and then a mount point, below which there may be more.
  private mutating func target(_ points: [String]) -> String {
    switch generator.below(6) {
    case 0: any(of: points)
    case 1: any(of: points) + directory()
    default: directory()
    }
  }

  private mutating func attributes() -> MountAttributes {
    let choices: [MountAttributes] = [
      [], [], [], .readOnly, .noSetUserID, [.noSetUserID, .noDevices], .noExecution, .noAccessTime,
      .noDirectoryAccessTime,
    ]
    return choices[generator.below(choices.count)]
  }
}

/// A generator of numbers that a seed determines, by Steele, Lea and Flood (OOPSLA 2014).
struct SplitMix64 {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// A number from 0 up to and without another.
  mutating func below(_ end: Int) -> Int { Int(next() % UInt64(end)) }
}
