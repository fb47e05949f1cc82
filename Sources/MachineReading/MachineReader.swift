package import Instruments
import LinuxABI
package import LinuxSyscalls
package import MountNamespace
package import SystemPackage

/// Reads the mount namespaces of the machine: those of processes, and, since Linux 6.12, those without.
package struct MachineReader: Sendable {
  /// How much is read.
  package struct Scope: OptionSet, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    /// The mounts of each namespace.
    package static var tables: Self { Self(rawValue: 1) }
    /// What keeps a namespace that no process is in.
    package static var keepers: Self { Self(rawValue: 2) }
  }

  let scan: ProcessScan
  private let containers: ContainerScan
  private let named: [NamespaceState]

  /// - Parameter named: the namespaces that a person named by their files, which may be found in no other way.
  package init(scan: ProcessScan, containers: ContainerScan, named: [NamespaceState] = []) {
    self.scan = scan
    self.containers = containers
    self.named = named
  }

  /// The machine as it is now.
  package func state(_ scope: Scope) -> MachineState {
    var state = MachineState(namespaces: known(), unseen: scan.unseen)
    if scope.contains(.keepers) { addKeepers(to: &state) }
    if scope.contains(.tables) { addTables(to: &state) }
    return state
  }

  /// All namespaces that can be found, in the order of their ids.
  private func known() -> [NamespaceState] {
    var positions: [UInt64: Int] = [:]
    var found = scan.namespaces
    for (position, namespace) in found.enumerated() { positions[namespace.inode] = position }
    for facts in scan.processes {
      guard let inode = facts.namespaces[.mount] else { continue }
      if let position = positions[inode] {
        found[position].processes.append(facts.process)
        continue
      }
      positions[inode] = found.count
      var namespace = Self.describe(process: facts.process.id, inode: inode)
      namespace.processes = [facts.process]
      found.append(namespace)
    }
    for namespace in named {
      if let position = positions[namespace.inode] {
        found[position].file = namespace.file
      } else {
        positions[namespace.inode] = found.count
        found.append(namespace)
      }
    }
    identify(&found)
    return found.sorted { ($0.id ?? $0.inode) < ($1.id ?? $1.inode) }
  }

  /// Names the container and the unit that the processes of namespaces are of, when they are of one.
  private func identify(_ namespaces: inout [NamespaceState]) {
    let firsts = namespaces.map { namespace in namespace.processes.first.flatMap { scan[$0.id] } }
    let units = Self.units(of: firsts)
    for (position, first) in firsts.enumerated() {
      guard let first else { continue }
      namespaces[position].container = containers.container(of: first)
      namespaces[position].unit = units[position]
    }
  }

  /// The systemd unit of each of some processes; those that are known to be in the same control groups are asked for once.
  private static func units(of processes: [ProcessFacts?]) -> [String?] {
    var asked: [ProcessFacts] = []
    var positions: [UInt64: Int] = [:]
    let answers = processes.map { facts -> Int? in
      guard let facts else { return nil }
      if let groups = facts.controlGroups, let position = positions[groups] { return position }
      if let groups = facts.controlGroups { positions[groups] = asked.count }
      asked.append(facts)
      return asked.count - 1
    }
    // Where groups are known there are few of them, and to start a thread takes longer.
    let units = positions.isEmpty ? Threads.map(asked, unit) : asked.map(unit)
    return answers.map { answer in answer.flatMap { units[$0] } }
  }

  private static func unit(of facts: ProcessFacts) -> String? {
    let text = (try? Syscall.contents(of: "/proc/\(facts.process.id)/cgroup")) ?? []
    return systemdUnit(inControlGroups: String(decoding: text, as: UTF8.self))
  }

  /// All mount namespaces that the kernel shows to this process, which are none before Linux 6.12, and whether these are all: without
  /// privilege it shows but its own.
  static func walk() -> (found: [NamespaceState], isWhole: Bool) {
    guard let own = try? Syscall.open("/proc/self/ns/mnt", []), let info = try? Syscall.mountNamespaceInfo(own.borrowed)
    else { return ([], true) }
    var found: [NamespaceState] = []
    var isWhole = true
    func visit(_ namespace: FileDescriptor, _ info: MountNamespaceInfo) {
      if let state = try? describe(namespace, info) { found.append(state) }
    }
    func neighbour(of namespace: FileDescriptor, before isBefore: Bool) -> FoundNamespace? {
      do throws(Errno) {
        return try Syscall.neighbour(of: namespace, before: isBefore)
      } catch {
        // ENOENT ends the walk, EPERM a walk without privilege.
        if error == .notPermitted { isWhole = false }
        return nil
      }
    }
    visit(own.borrowed, info)
    for isBefore in [true, false] {
      var next = neighbour(of: own.borrowed, before: isBefore)
      while let current = next.take() {
        visit(current.namespace.borrowed, current.info)
        next = neighbour(of: current.namespace.borrowed, before: isBefore)
      }
    }
    return (found, isWhole)
  }

  private static func describe(_ namespace: FileDescriptor, _ info: MountNamespaceInfo) throws(Errno) -> NamespaceState
  {
    NamespaceState(
      inode: try Syscall.status(of: namespace).inode,
      id: info.id,
      owner: owner(of: namespace),
      mountCount: info.mountCount
    )
  }

  /// A namespace as its file shows it, on a kernel that cannot walk or to a user who may not.
  private static func describe(_ namespace: FileDescriptor) throws(Errno) -> NamespaceState {
    // Before Linux 6.12 it tells nothing.
    let info = try? Syscall.mountNamespaceInfo(namespace)
    return NamespaceState(
      inode: try Syscall.status(of: namespace).inode,
      id: info?.id,
      owner: owner(of: namespace),
      mountCount: info?.mountCount
    )
  }

  /// A mount namespace by its file.
  ///
  /// - Throws: `EINVAL` when it is of another type, `ENOTTY` when it is no namespace's.
  static func describe(file path: String) throws(Errno) -> NamespaceState {
    let file = try Syscall.open(path, [])
    guard try Syscall.cloneFlag(of: file.borrowed) == NamespaceType.mount.cloneFlag else { throw .invalidArgument }
    var namespace = try describe(file.borrowed)
    namespace.file = path
    return namespace
  }

  /// A namespace as one of its processes shows it.
  private static func describe(process: Int32, inode: UInt64) -> NamespaceState {
    let file = try? Syscall.open("/proc/\(process)/ns/mnt", [])
    return file.borrowed.flatMap { try? describe($0) } ?? NamespaceState(inode: inode)
  }

  /// The number of the owner's file; nil when it is above this process's own.
  private static func owner(of namespace: FileDescriptor) -> UInt64? {
    guard let owner = try? Syscall.owner(of: namespace) else { return nil }
    return try? Syscall.status(of: owner.borrowed).inode
  }

  /// Reads the mounts of each namespace: by a process in it, whose bulk read is the fastest, or by its id.
  private func addTables(to state: inout MachineState) {
    let namespaces = state.namespaces
    let tables = Self.read(namespaces) { position, budget throws(Errno) in
      try Self.table(of: namespaces[position], budget: budget)
    }
    for (position, table) in tables.enumerated() { state.namespaces[position].table = table.success }
    let missing = namespaces.indices.filter { tables[$0].success == nil && !tables[$0].isLeftOut }.map {
      namespaces[$0]
    }
    let ended = Set(missing.filter(Self.hasEnded).map(\.inode))
    state.namespaces.removeAll { ended.contains($0.inode) }
    let unread = missing.count - ended.count
    if unread > 0 {
      let advice = Syscall.effectiveUserID == 0 ? "" : ": that needs root"
      state.unseen.append("the mounts of \(unread) namespace\(unread == 1 ? "" : "s") could not be read\(advice)")
    }
    if let sentence = Self.leftOut(tables.count(where: \.isLeftOut)) { state.unseen.append(sentence) }
  }

  /// Whether a namespace is gone: while a machine is read, it goes on.
  private static func hasEnded(_ namespace: NamespaceState) -> Bool {
    let isInhabited = namespace.processes.contains { process in
      do throws(Errno) {
        let link = try Syscall.readLink(at: .workingDirectory, "/proc/\(process.id)/ns/mnt")
        return namespaceNumber(link) == namespace.inode
      } catch {
        return error == .permissionDenied
      }
    }
    // One that is kept without a process still has its mounts.
    return !isInhabited && namespace.id.flatMap { try? Syscall.mounts(ofNamespace: $0) } == nil
  }

  /// The mounts of a namespace.
  ///
  /// - Throws: `EFBIG` when the budget does not last, else why they cannot be read.
  package static func table(
    of namespace: NamespaceState,
    uniqueIDs: Bool = false,
    budget: ReadingBudget? = nil
  ) throws(Errno) -> MountTable {
    if let count = namespace.mountCount { try budget?.require(mounts: count) }
    // A process with a root of its own shows only what is below that.
    let whole = namespace.processes.first { hasRootOfNamespace($0.id) }
    if let process = whole ?? (namespace.id == nil ? namespace.processes.first : nil) {
      do throws(Errno) {
        return try MountTable.read(process: process.id, namespace: namespace.id, uniqueIDs: uniqueIDs, budget: budget)
      } catch  where error != .fileTooLarge {
        // It ended, or it hides.
      }
    }
    if let id = namespace.id {
      do throws(Errno) {
        return try MountTable.read(namespace: id, budget: budget)
      } catch  where error != .fileTooLarge {
      }
    }
    guard let first = namespace.processes.first else { throw .noSuchProcess }
    return try MountTable.read(process: first.id, budget: budget)
  }

  /// Whether a process's root is that of its namespace: it is a path otherwise, proc_pid_root(5).
  static func hasRootOfNamespace(_ process: Int32) -> Bool {
    (try? Syscall.readLink(at: .workingDirectory, "/proc/\(process)/root")) ?? "/" == "/"
  }

  /// Opens a namespace, with or without a process in it.
  ///
  /// - Throws: `ESRCH` when the file that it was named by is another one by now.
  package static func open(_ namespace: NamespaceState) throws(Errno) -> Descriptor {
    if let path = namespace.file {
      let file = try Syscall.open(path, [])
      guard try Syscall.status(of: file.borrowed).inode == namespace.inode else { throw .noSuchProcess }
      return file
    }
    for process in namespace.processes {
      if let file = try? Syscall.open("/proc/\(process.id)/ns/mnt", []),
        try Syscall.status(of: file.borrowed).inode == namespace.inode
      {
        return file
      }
    }
    return try open(inode: namespace.inode)
  }

  /// Opens the namespace whose file has a number; the machine is walked for it.
  private static func open(inode: UInt64) throws(Errno) -> Descriptor {
    for isBefore in [true, false] {
      var next = try? Syscall.open("/proc/self/ns/mnt", [])
      while let current = next.take() {
        if try Syscall.status(of: current.borrowed).inode == inode { return current }
        next = try? Syscall.neighbour(of: current.borrowed, before: isBefore).descriptor()
      }
    }
    throw .noSuchFileOrDirectory
  }
}

extension ProcessScan {
  /// The facts of a process.
  package subscript(id: Int32) -> ProcessFacts? {
    // The list is in the order of /proc, which is that of the ids.
    var low = 0
    var high = processes.count
    while low < high {
      let middle = (low + high) / 2
      if processes[middle].process.id < id { low = middle + 1 } else { high = middle }
    }
    return low < processes.count && processes[low].process.id == id ? processes[low] : nil
  }
}
