package import Instruments
import LinuxABI
import LinuxSyscalls
package import MountNamespace
import SystemPackage

/// A command that is tried on the machine as it is: what `berth mounts predict` reads for it.
package struct PredictionTrial {
  private let target: Target
  private let namespace: NamespaceState?
  private let others: [NamespaceState]
  private let table: MountTable
  private var facts = MountFacts()
  /// The command's steps, with paths as from the root of the namespace.
  private var steps: [MountLine.Step] = []

  package init(_ target: Target, _ state: MachineState, _ table: MountTable) {
    self.target = target
    self.table = table
    namespace = state.namespaces.first { $0.inode == target.inode }
    others = state.namespaces.filter { $0.inode != target.inode }
  }

  /// Follows the paths of a line, and looks at what they lead to.
  package mutating func read(_ line: MountLine) throws(MountLine.Problem) {
    var line = line
    for (index, operation) in line.operations.enumerated() {
      line.operations[index] = try resolved(operation, line)
      guard case .mount(let type, let source, _, _) = operation else { continue }
      facts.read(types: [String(type.prefix { $0 != "." }), type])
      let device = MountFacts.deviceFile(source)
      // A source that is no path, as of a tmpfs, leads nowhere.
      _ = look(at: (try? absolute(device)) ?? device, as: device, creating: false)
    }
    facts.isOwnedByUser = (namespace?.owner).map { $0 != Self.firstUserNamespace } ?? false
    steps = line.steps(on: table)
  }

  private mutating func resolved(_ operation: Machine.Operation, _ line: MountLine) throws(MountLine.Problem)
    -> Machine.Operation
  {
    if case .unmount(let word, let detach) = operation {
      return .unmount(at: try placeToUnmount(word), detach: detach)
    }
    let target = operation.paths.last
    return try operation.replacingPaths { word throws(MountLine.Problem) in
      let path = try absolute(word)
      return look(at: path, as: nil, creating: line.makesDirectory && word == target)
    }
  }

  /// umount(8) takes a mount point, and what is mounted there.
  private mutating func placeToUnmount(_ word: String) throws(MountLine.Problem) -> String {
    if let path = try? absolute(word) {
      let found = look(at: path, as: nil, creating: false)
      if table.topMount(at: found) != nil { return found }
    }
    if let entry = table.entries.last(where: { $0.source == word }) { return entry.mountPoint }
    return look(at: try absolute(word), as: nil, creating: false)
  }

  /// Notes what a path leads to, under a name of its own or where it is.
  private mutating func look(at path: String, as name: String?, creating: Bool) -> String {
    guard let process = target.process else { return normalized(path) }
    do throws(Errno) {
      let found = try RootedPath(process: process).place(of: path, creating: creating)
      facts.files[name ?? found.path] = found.kind
      return found.path
    } catch {
      // A magic link of another process, as /proc/self/ns/mnt, is not followed: it may be there.
      if error != Errno(rawValue: 18) { facts.missing[name ?? normalized(path)] = error }
      return normalized(path)
    }
  }

  /// The path as from the root: a relative one begins where this command runs.
  private func absolute(_ path: String) throws(MountLine.Problem) -> String {
    guard let path = target.absolute(path) else {
      throw MountLine.Problem("\"\(path)\" is not an absolute path: where \(target.label) works is not known")
    }
    return path
  }

  /// The number of the first user namespace's file, include/linux/proc_ns.h PROC_USER_INIT_INO.
  private static let firstUserNamespace: UInt64 = 0xEFFF_FFFD
}

extension PredictionTrial {
  /// Tries the command on a model of the namespaces that the target's peer groups reach: nothing else of the machine can change.
  package func prediction(of line: MountLine, _ scan: ProcessScan) -> MountPrediction {
    let owner = namespace?.owner ?? 0
    var live = [Machine.LiveNamespace(name: target.label, owner: owner, table: table)]
    var labels = [MountPrediction.Label(name: target.label, inode: target.inode)]
    let operations = steps.flatMap(\.operations)
    let unmounts = operations.contains { if case .unmount = $0 { true } else { false } }
    let groups = table.groups(concernedBy: operations)
    // What is below a mount, however far, decides whether it goes with another.
    let reach = PropagationReach(of: groups, table, isDeep: unmounts)
    let (tables, leftOut) = reach.tables(in: others, scan.kernel)
    for (position, table) in tables {
      let namespace = others[position]
      let first = namespace.processes.first.map { "process \($0.id) \($0.command)" }
      let name = namespace.container?.label ?? first ?? namespace.fileName
      live.append(Machine.LiveNamespace(name: name, owner: namespace.owner ?? owner, table: table))
      labels.append(MountPrediction.Label(name: name, inode: namespace.inode))
    }
    var rules = KernelRules.current
    rules.readMountMax()
    var prediction = MountPrediction(
      of: steps,
      on: Machine(live: live, rules: rules),
      in: 0,
      labels: labels,
      others: others.count + 1 - labels.count,
      facts: facts
    )
    prediction.busy = busy(prediction, live, scan)
    prediction.denied = denied
    prediction.notes = notes(on: line)
    if let sentence = MachineReader.leftOut(leftOut) { prediction.notes.append("This is not all: \(sentence)") }
    return prediction
  }

  /// Who would make an unmount fail: whoever uses one of the mounts that would go, in any namespace (the kernel's propagate_mount_busy).
  private func busy(
    _ prediction: MountPrediction,
    _ live: [Machine.LiveNamespace],
    _ scan: ProcessScan
  ) -> MountPrediction.Busy? {
    if steps.contains(where: { $0.operations.contains { if case .unmount(_, true) = $0 { true } else { false } } }) {
      return nil
    }
    var places: [UInt64: (path: String, label: String?)] = [:]
    for effect in prediction.changes.map(\.effect) where effect.kind == .detached {
      guard let path = effect.path, let entry = live[effect.namespace].table.topMount(at: path) else { continue }
      places[entry.id] = (path, effect.namespace == 0 ? nil : live[effect.namespace].name)
    }
    guard let user = scan.user(ofMounts: Set(places.keys)), let place = places[user.mount] else { return nil }
    let use = user.place + (place.label.map { ", as \($0) sees it" } ?? "")
    return MountPrediction.Busy(path: place.path, process: user.process, use: use)
  }

  /// Why this user may not mount there: capabilities(7).
  private var denied: Prose? {
    let isAdministrator = (try? Syscall.capabilities().effective.contains(.systemAdministration)) ?? true
    // The owner of a namespace is hidden from who is below it.
    if isAdministrator, namespace?.owner != nil || namespace == nil { return nil }
    return """
      \(target.label): this user may not change its mounts: that needs CAP_SYS_ADMIN in the user namespace that owns it
        run as root, or in a namespace of your own: berth shell, unshare --user --map-root-user --mount
      """
  }

  private func notes(on line: MountLine) -> [String] {
    var notes: [String] = []
    if let process = target.process, let root = RootedPath(process: process).root, root != "/" {
      notes.append("The paths are those of the namespace: \(target.label) has \(root) as its root")
    }
    if steps.contains(where: { $0.operations.contains(.unmount(at: "/", detach: false)) }) {
      notes.append("A root is not unmounted, but made read-only, where nothing of its file system is open for writing")
    }
    if line.reconfigures {
      notes.append("The file system's own options change too, and read-only does, for each mount of it")
    }
    let isLockable = line.operations.contains { operation in
      switch operation {
      case .unmount, .move, .setAttributes: true
      default: false
      }
    }
    if facts.isOwnedByUser, isLockable {
      notes.append(
        "Mounts from another user namespace are locked: not unmounted, moved or loosened; which are is not known"
      )
    }
    return notes
  }
}
