import ContainerPlan
import LinuxABI
import MountNamespace
import OCISpec
import Testing

/// What the steps of a plan make of mounts inside mounts, as the model of the kernel has it: each propagates as its own options say,
/// whatever it is attached to.
struct NestedPropagationTests {
  private static let words: [String?] = [
    nil, "private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "runbindable",
  ]
  private static let rootWords: [String?] = [nil, "private", "rslave", "shared", "rshared"]

  /// Two mounts, the second inside the first, in both orders: then the second is covered. And three, one inside the other.
  @Test(arguments: rootWords) func isWhatWasAskedFor(root: String?) throws {
    for outer in Self.words {
      for inner in Self.words {
        try Self.check([("/v", outer), ("/v/i", inner)], root)
        try Self.check([("/v/i", inner), ("/v", outer)], root)
        for last in ["rprivate", "rslave", "rshared"] {
          try Self.check([("/v", outer), ("/v/i", inner), ("/v/i/l", last)], root)
        }
      }
    }
  }

  private static func check(_ mounts: [(path: String, word: String?)], _ root: String?) throws {
    let options = mounts.map { ["rbind"] + ($0.word.map { [$0] } ?? []) }
    var spec = Spec.of(
      root: "/r",
      mounts: zip(mounts, options).map { .bind("/s" + $0.path, $0.path, $1) },
      propagation: root
    )
    spec.process?.cwd = "/"
    let host = Host.of {
      $0.root = .directory(path: "/r")
      $0.mountPoints = .made
      $0.rootPropagation = PropagationFact(isShared: true, isSlave: false, mountPoint: "/")
      for index in mounts.indices { $0.sources.set(.directory(isShared: true, on: "/s"), at: index) }
    }
    var play = try Play()
    try play.carryOut(ContainerPlan(spec, host: host, traits: ShellTraits()))
    for (index, mount) in mounts.enumerated() {
      let isCovered = mounts[(index + 1)...].contains { mount.path.hasPrefix($0.path + "/") }
      guard let word = mount.word, !isCovered else { continue }
      let place = "/r" + mount.path
      let what = "\(mounts) under \(root ?? "nothing"): \(mount.path)"
      let entry = try #require(play.machine.table(of: play.container).topMount(at: place), "\(what)")
      let isShared = word.hasSuffix("shared")
      #expect((entry.peerGroup != nil) == isShared, "\(what) is shared")
      #expect(!word.hasSuffix("slave") || entry.master != nil, "\(what) receives")
      #expect(entry.isUnbindable == word.hasSuffix("unbindable"), "\(what) is unbindable")
      // What is mounted there later.
      let later = try play.machine.apply(
        .mount(type: "tmpfs", source: "later", at: place + "/later"),
        in: play.container
      )
      #expect(later.contains { $0.namespace == play.host } == isShared, "\(what) reaches the host")
      _ = try play.machine.apply(.unmount(at: place + "/later", detach: false), in: play.container)
    }
  }

  /// A host whose mounts are all shared, and a container that comes to be on it.
  private struct Play {
    var machine = Machine()
    let host: Int
    let container: Int
    /// Where the model keeps what the plan captures: what the tree's own change does not reach.
    private static let store = "/captures"

    init() throws {
      host = machine.addNamespace(name: "host", superblock: .init(type: "tmpfs", source: "root", device: "0:2"))
      let begin: [Machine.Operation] = [
        .mount(type: "tmpfs", source: "sources", at: "/s"), .setPropagation(.shared, recursive: true, at: "/"),
        .unshare(as: "container", newUser: false),
      ]
      for operation in begin { _ = try machine.apply(operation, in: host) }
      container = try #require(machine.index(ofNamespace: "container"))
      try does(
        .mount(type: "tmpfs", source: "captures", at: Self.store),
        .setPropagation(.private, recursive: false, at: Self.store)
      )
    }

    private mutating func does(_ operations: Machine.Operation...) throws {
      for operation in operations { _ = try machine.apply(operation, in: container) }
    }

    mutating func carryOut(_ plan: ContainerPlan) throws {
      for capture in plan.captures { try carryOut(capture, isPivoted: false) }
      var isPivoted = false
      for case .mount(let operation) in plan.steps {
        try carryOut(operation, isPivoted: isPivoted)
        if case .pivotRoot = operation { isPivoted = true }
      }
    }

    private mutating func carryOut(_ operation: MountOperation, isPivoted: Bool) throws {
      // The model's container stays where it is made.
      func path(_ place: MountPoint) -> String {
        if place.isCaptured { return Self.store + "/" + place.root.suffix(1) }
        return isPivoted ? "/r" + (place.path == "/" ? "" : place.path) : place.fullPath
      }
      switch operation {
      case .capture(let source, let recursive, _):
        try does(.bind(from: source.path, recursive: recursive, at: path(source)))
      case .bind(let source, let recursive, let cut, let change, let target):
        if source.isCaptured {
          if let cut { try does(.setPropagation(cut.type, recursive: cut.recursive, at: path(source))) }
          try does(.move(from: path(source), to: path(target)))
        } else {
          try does(.bind(from: path(source), recursive: recursive, at: path(target)))
        }
        if let now = change.propagation {
          try does(.setPropagation(now.type, recursive: now.recursive, at: path(target)))
        }
      case .change(let change, let target):
        guard let now = change.propagation else { return }
        let isWholeTree = path(target) == "/" && now.recursive
        let entries = machine.table(of: container).entries.filter { !$0.mountPoint.hasPrefix(Self.store) }
        for place in isWholeTree ? entries.map(\.mountPoint) : [path(target)] {
          try does(.setPropagation(now.type, recursive: now.recursive && !isWholeTree, at: place))
        }
      case .mount(let fileSystem, _, _, let target):
        try does(.mount(type: fileSystem.type, source: "new", at: path(target)))
      case .enter, .reconfigure, .pivotRoot: return
      }
    }
  }
}
