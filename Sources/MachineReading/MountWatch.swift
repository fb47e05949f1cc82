package import Instruments
import LinuxABI
import LinuxSyscalls
import MountNamespace
package import SystemPackage

/// Watches mount namespaces: by the kernel's notices (Linux 6.15), or by reading the tables again and again.
package final class MountWatch {
  /// A namespace that is watched.
  fileprivate struct Watched {
    var state: NamespaceState
    var label: String
    var table: MountTable
    /// The positions of the mounts in the table, by unique id.
    var positions: [UInt64: Int] = [:]
  }

  private var watched: [Watched] = []
  private let queue: Descriptor?
  private let watchesAll: Bool
  private let tell: (MountEvent) -> Void

  /// Whether the kernel tells of mounts; if not, the tables are read anew.
  package var hasNotices: Bool { queue.borrowed != nil }

  /// Watches namespaces; with `all`, those that begin later too. `polling` does without the kernel's notices.
  package init(
    _ namespaces: [NamespaceState],
    all: Bool,
    polling: Bool,
    limited: Bool,
    tell: @escaping (MountEvent) -> Void
  ) {
    watchesAll = all
    self.tell = tell
    queue = polling ? nil : try? Syscall.mountQueue(limited: limited)
    for namespace in namespaces { add(namespace) }
  }

  /// How many namespaces are watched.
  package var count: Int { watched.count }

  /// Begins to watch a namespace: first the kernel's notices, then the table, so that nothing falls between.
  private func add(_ state: NamespaceState) {
    if let queue = queue.borrowed, let file = try? MachineReader.open(state) {
      // Without the privilege for it, the tables are compared all the same.
      try? Syscall.watchMounts(queue, of: file.borrowed)
    }
    guard let table = Self.read(state) else { return }
    let first = state.processes.first.map { "process \($0.id) \($0.command)," }
    var entry = Watched(state: state, label: state.container.map { $0.label + "," } ?? first ?? "", table: table)
    entry.index()
    watched.append(entry)
  }

  private static func read(_ state: NamespaceState) -> MountTable? {
    if let id = state.id, let table = try? MountTable.read(namespace: id) { return table }
    for process in state.processes {
      if let table = try? MountTable.read(process: process.id) { return table }
    }
    return nil
  }

  /// Watches until a descriptor can be read: that of the signals that end it.
  ///
  /// - Parameter milliseconds: how long it waits at most before it looks for what the kernel does not tell.
  package func run(until end: FileDescriptor, every milliseconds: Int32, stop: () -> Bool) throws(Errno) {
    while !stop() {
      let ready = try Syscall.waitReadable([end, queue.borrowed], milliseconds: milliseconds)
      if ready[0] { return }
      if ready[1], let queue = queue.borrowed {
        try drain(queue)
      } else {
        compare()
        if watchesAll { lookForNamespaces() }
      }
    }
  }

  /// Reads all notices that wait.
  private func drain(_ queue: FileDescriptor) throws(Errno) {
    while true {
      let notices = try Syscall.readNotices(queue)
      if notices.isEmpty { return }
      for notice in notices {
        switch notice {
        case .mount(let id, let isAttached, let isDetached): handle(id, isAttached: isAttached, isDetached: isDetached)
        case .overflow:
          tell(MountEvent(.overflow, namespace: 0, label: "", detail: "notices were lost: the tables are compared"))
          compare()
        }
      }
    }
  }

  /// What a notice means: the mount is looked up where it is now, and where it was.
  private func handle(_ id: UInt64, isAttached: Bool, isDetached: Bool) {
    let old = watched.firstIndex { $0.positions[id] != nil }
    if let (index, entry) = find(id, first: old) {
      let namespace = watched[index]
      if let position = namespace.positions[id] {
        let before = namespace.table.entries[position]
        watched[index].table.entries[position] = entry
        if let event = MountEvent.change(
          from: before,
          to: entry,
          namespace: namespace.state.inode,
          label: namespace.label
        ) {
          tell(event)
        }
      } else if isAttached {
        watched[index].add(entry)
        tell(MountEvent(.attached, namespace: namespace.state.inode, label: namespace.label, entry: entry))
      }
      return
    }
    guard let old, let position = watched[old].positions[id] else {
      // It came and went before it could be looked at.
      let inode = watched.count == 1 ? watched[0].state.inode : 0
      if isAttached { tell(MountEvent(.attached, namespace: inode, label: "", id: id)) }
      if isDetached { tell(MountEvent(.detached, namespace: inode, label: "", id: id)) }
      return
    }
    let namespace = watched[old]
    watched[old].remove(id)
    tell(
      MountEvent(
        .detached,
        namespace: namespace.state.inode,
        label: namespace.label,
        entry: namespace.table.entries[position]
      )
    )
  }

  /// A mount by its unique id, and the namespace that it is in.
  private func find(_ id: UInt64, first: Int?) -> (index: Int, entry: MountEntry)? {
    let order = (first.map { [$0] } ?? []) + watched.indices.filter { $0 != first }
    for index in order {
      guard let namespace = watched[index].state.id,
        let table = try? MountTable.read(namespace: namespace, only: [id]), let entry = table.entries.first
      else { continue }
      return (index, entry)
    }
    return nil
  }

  /// Reads the tables anew and tells what is different.
  private func compare() {
    for index in watched.indices {
      guard let table = Self.read(watched[index].state) else { continue }
      let namespace = watched[index]
      for event in MountEvent.changes(
        from: namespace.table,
        to: table,
        namespace: namespace.state.inode,
        label: namespace.label
      ) { tell(event) }
      watched[index].table = table
      watched[index].index()
    }
  }

  /// Finds namespaces that began and ended.
  private func lookForNamespaces() {
    let scan = ProcessScan.read()
    let state = MachineReader(scan: scan, containers: ContainerScan.read(scan)).state([])
    for namespace in state.namespaces
    where !watched.contains(where: { $0.state.inode == namespace.inode && $0.state.id == namespace.id }) {
      add(namespace)
      let label = watched.last.map(\.label) ?? ""
      tell(MountEvent(.namespaceBegan, namespace: namespace.inode, label: label))
    }
    watched.removeAll { namespace in
      if state.namespaces.contains(where: { $0.inode == namespace.state.inode && $0.id == namespace.state.id }) {
        return false
      }
      tell(MountEvent(.namespaceEnded, namespace: namespace.state.inode, label: namespace.label))
      return true
    }
  }
}

extension MountWatch.Watched {
  fileprivate mutating func index() {
    positions.removeAll(keepingCapacity: true)
    for (position, entry) in table.entries.enumerated() { positions[entry.uniqueID ?? entry.id] = position }
  }

  fileprivate mutating func add(_ entry: MountEntry) {
    positions[entry.uniqueID ?? entry.id] = table.entries.count
    table.entries.append(entry)
  }

  /// Takes a mount out, without moving all that come after it.
  fileprivate mutating func remove(_ id: UInt64) {
    guard let position = positions.removeValue(forKey: id), let last = table.entries.popLast(),
      position < table.entries.count
    else { return }
    table.entries[position] = last
    positions[last.uniqueID ?? last.id] = position
  }
}
