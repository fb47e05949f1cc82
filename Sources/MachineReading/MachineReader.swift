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

  private let scan: ProcessScan
  private let containers: ContainerScan

  package init(scan: ProcessScan, containers: ContainerScan) {
    self.scan = scan
    self.containers = containers
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
    var found: [NamespaceState] = []
    Self.walk { namespace in
      positions[namespace.inode] = found.count
      found.append(namespace)
    }
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
    return Threads.map(found, identified).sorted { ($0.id ?? $0.inode) < ($1.id ?? $1.inode) }
  }

  /// Names the container and the unit that the processes of a namespace are of, when they are of one.
  private func identified(_ namespace: NamespaceState) -> NamespaceState {
    var namespace = namespace
    namespace.processes.sort { $0.id < $1.id }
    guard let first = namespace.processes.first, var facts = scan[first.id] else { return namespace }
    let groups = (try? Syscall.contents(of: "/proc/\(first.id)/cgroup")) ?? []
    facts.controlGroups = String(decoding: groups, as: UTF8.self)
    namespace.container = containers.container(of: facts)
    namespace.unit = facts.systemdUnit
    return namespace
  }

  /// Goes through all mount namespaces that the kernel shows to this process.
  private static func walk(_ body: (NamespaceState) -> Void) {
    guard let own = try? Syscall.open("/proc/self/ns/mnt", []), let state = try? describe(own.borrowed) else { return }
    body(state)
    for isBefore in [true, false] {
      // ENOENT ends the walk, EPERM a walk without privilege.
      var next = try? Syscall.neighbour(of: own.borrowed, before: isBefore)
      while let current = next.take() {
        if let state = try? describe(current.borrowed) { body(state) }
        next = try? Syscall.neighbour(of: current.borrowed, before: isBefore)
      }
    }
  }

  private static func describe(_ namespace: FileDescriptor) throws(Errno) -> NamespaceState {
    let info = try Syscall.mountNamespaceInfo(namespace)
    return NamespaceState(
      inode: try Syscall.status(of: namespace).inode,
      id: info.id,
      owner: owner(of: namespace),
      mountCount: info.mountCount
    )
  }

  /// A namespace as one of its processes shows it, on a kernel that cannot walk or to a user who may not.
  private static func describe(process: Int32, inode: UInt64) -> NamespaceState {
    guard let namespace = try? Syscall.open("/proc/\(process)/ns/mnt", []) else { return NamespaceState(inode: inode) }
    if let state = try? describe(namespace.borrowed) { return state }
    return NamespaceState(inode: inode, owner: owner(of: namespace.borrowed))
  }

  /// The number of the owner's file; nil when it is above this process's own.
  private static func owner(of namespace: FileDescriptor) -> UInt64? {
    guard let owner = try? Syscall.owner(of: namespace) else { return nil }
    return try? Syscall.status(of: owner.borrowed).inode
  }

  /// Reads the mounts of each namespace: by a process in it, whose bulk read is the fastest, or by its id.
  private func addTables(to state: inout MachineState) {
    let tables = Threads.map(state.namespaces) { Self.table(of: $0, scan) }
    for (position, table) in tables.enumerated() { state.namespaces[position].table = table }
    let unread = tables.count { $0 == nil }
    if unread > 0 {
      state.unseen.append(
        "the mounts of \(unread) namespace\(unread == 1 ? "" : "s") could not be read: that needs root"
      )
    }
  }

  /// The mounts of a namespace; nil when they cannot be read.
  package static func table(of namespace: NamespaceState, _ scan: ProcessScan, uniqueIDs: Bool = false) -> MountTable? {
    // A process with a root of its own shows only what is below that.
    let whole = namespace.processes.first { (scan[$0.id]?.root ?? "/") == "/" }
    if let process = whole ?? (namespace.id == nil ? namespace.processes.first : nil),
      let table = try? MountTable.read(process: process.id, namespace: namespace.id, uniqueIDs: uniqueIDs)
    {
      return table
    }
    if let id = namespace.id, let table = try? MountTable.read(namespace: id) { return table }
    return namespace.processes.first.flatMap { try? MountTable.read(process: $0.id) }
  }

  /// Opens a namespace, with or without a process in it.
  package static func open(_ namespace: NamespaceState) throws(Errno) -> Descriptor {
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
  package static func open(inode: UInt64) throws(Errno) -> Descriptor {
    for isBefore in [true, false] {
      var next = try? Syscall.open("/proc/self/ns/mnt", [])
      while let current = next.take() {
        if try Syscall.status(of: current.borrowed).inode == inode { return current }
        next = try? Syscall.neighbour(of: current.borrowed, before: isBefore)
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
