package import Instruments
import LinuxABI
import LinuxSyscalls
import MountNamespace
package import SystemPackage

/// Watches mount namespaces: by the kernel's notices (Linux 6.15), by the poll(2) of mountinfo, and by looking.
package final class MountWatch {
  /// What is watched, and how.
  package struct Settings {
    /// Whether namespaces that begin later are watched too.
    package var all: Bool
    /// Whether to do without the kernel's notices.
    package var polling: Bool
    /// Whether the queue of notices has a limit though it need not.
    package var limited: Bool
    /// How long it is at most until what the kernel does not tell is looked for.
    package var milliseconds: Int

    package init(all: Bool = false, polling: Bool = false, limited: Bool = false, milliseconds: Int = 1000) {
      self.all = all
      self.polling = polling
      self.limited = limited
      self.milliseconds = milliseconds
    }
  }

  let settings: Settings
  var watched: [WatchedNamespace] = []
  private var queues: [FileDescriptor] = []
  private let machine: () -> MachineState
  private let tell: (MountEvent) -> Void
  /// The number of this process's user namespace's file.
  private let own = MachineReader.ownUserNamespace
  /// The namespaces that have too many mounts to be watched too.
  private var leftOut: Set<UInt64> = []
  /// The names of processes, for as long as one reading of a queue takes: a PID comes back.
  private var commands: [Int32: String?] = [:]

  /// How many namespaces are watched, and how many of them the kernel's notices tell of.
  package var counts: (all: Int, withNotices: Int) { (watched.count, watched.count { $0.queue != nil }) }
  /// What is not watched, as a sentence; nil when all is.
  package var unseen: String? { MachineReader.leftOut(leftOut.count) }

  /// Watches namespaces of a machine that can be read again.
  package init(
    _ namespaces: [NamespaceState],
    _ settings: Settings,
    machine: @escaping () -> MachineState,
    tell: @escaping (MountEvent) -> Void
  ) {
    self.settings = settings
    self.machine = machine
    self.tell = tell
    // Those with few mounts first: the others of a user may be left out.
    for namespace in namespaces.sorted(by: { ($0.mountCount ?? .max) < ($1.mountCount ?? .max) }) { _ = add(namespace) }
  }

  deinit {
    for index in watched.indices { watched[index].closeMountinfo() }
    // A descriptor that is open is closed, whatever close(2) says.
    for queue in queues { try? Syscall.close(queue) }
  }

  /// Begins to watch a namespace: first the kernel's notices, then the table, so that nothing falls between.
  private func add(_ state: NamespaceState) -> Bool {
    let queue = settings.polling ? nil : mark(state)
    var namespace: WatchedNamespace
    do throws(Errno) {
      namespace = try WatchedNamespace(state, polling: settings.polling, budget(for: state))
    } catch {
      if error == .fileTooLarge { leftOut.insert(state.inode) }
      return false
    }
    // Notices speak of unique ids.
    if case .statements = namespace.reading { namespace.queue = queue }
    if watched.count < 200 { namespace.openMountinfo() }
    watched.append(namespace)
    return true
  }

  /// What may be read of a namespace's mounts: of those that other users own, all that are watched count. One that was named is read
  /// whole.
  private func budget(for state: NamespaceState) -> ReadingBudget? {
    guard settings.all, MachineReader.isOthers(state, own) else { return nil }
    let others = watched.filter { MachineReader.isOthers($0.state, own) && $0.state.inode != state.inode }
    return ReadingBudget(mounts: ReadingBudget.mostMounts - others.reduce(0) { $0 + $1.ledger.count })
  }

  /// Marks the largest namespaces of other users as long as all of these have too many mounts.
  private func markLargest() {
    guard settings.all else { return }
    while true {
      let others = watched.indices.filter { MachineReader.isOthers(watched[$0].state, own) }
      guard others.reduce(0, { $0 + watched[$1].ledger.count }) > ReadingBudget.mostMounts,
        let largest = others.max(by: { watched[$0].ledger.count < watched[$1].ledger.count })
      else { return }
      watched[largest].hasTooManyMounts = true
      watched[largest].ledger = MountLedger(MountTable(entries: []))
    }
  }

  /// Ends the watch of those that have too many mounts by now.
  private func leaveOutMarked() {
    for index in watched.indices.reversed() where watched[index].hasTooManyMounts {
      watched[index].closeMountinfo()
      let namespace = watched.remove(at: index)
      leftOut.insert(namespace.state.inode)
      tell(MountEvent(.overflow, in: namespace.place, detail: "it has too many mounts: it is watched no more"))
    }
  }

  /// Has a queue told of a namespace; nil on older kernels and without the privilege for it.
  ///
  /// A notice does not tell the namespace, so each has a queue of its own, as far as a user may have so many
  /// (/proc/sys/fs/fanotify/max_user_groups, 128): then they share, and each is asked for a mount that is new.
  private func mark(_ state: NamespaceState) -> Int? {
    guard let file = try? MachineReader.open(state) else { return nil }
    if queues.count < 64 {
      let queue = try? Syscall.mountQueue(limited: settings.limited)
      if let queue = queue ?? (try? Syscall.mountQueue(limited: true)) {
        queues.append(FileDescriptor(rawValue: queue.release()))
        guard (try? Syscall.watchMounts(queues[queues.count - 1], of: file.borrowed)) != nil else {
          try? Syscall.close(queues.removeLast())
          return nil
        }
        return queues.count - 1
      }
    }
    let users = queues.indices.map { queue in watched.count { $0.queue == queue } }
    guard let least = queues.indices.min(by: { users[$0] < users[$1] }),
      (try? Syscall.watchMounts(queues[least], of: file.borrowed)) != nil
    else { return nil }
    return least
  }
}

extension MountWatch {
  private var now: Int { Syscall.monotonicNanoseconds }

  /// Watches until a descriptor can be read (that of the signals that end it), no namespace is left, or it is time to stop.
  ///
  /// - Parameter deadline: when it ends, CLOCK_MONOTONIC in nanoseconds.
  package func run(until end: FileDescriptor, deadline: Int?, stop: () -> Bool) throws(Errno) {
    var nextLook = now + settings.milliseconds * 1_000_000
    while !stop(), settings.all || !watched.isEmpty {
      let time = now
      if let deadline, time >= deadline { return }
      let dues = watched.filter(\.isStale).map { due($0) } + [nextLook] + (deadline.map { [$0] } ?? [])
      let pause = max(0, (dues.min() ?? time) - time + 999_999) / 1_000_000
      if try wait(until: end, milliseconds: pause) { return }
      if now >= nextLook {
        let start = now
        look()
        for index in watched.indices { try compare(index) }
        leaveOutMarked()
        // A machine with very many mounts is not kept busy by being looked at.
        nextLook = now + max(settings.milliseconds * 1_000_000, (now - start) * 10)
      }
      for index in watched.indices where watched[index].isStale && due(watched[index]) <= now { try compare(index) }
      leaveOutMarked()
    }
  }

  /// When a table that may have changed is read: at once where nothing else tells of mounts, but not all the time.
  private func due(_ namespace: WatchedNamespace) -> Int {
    namespace.readAt + (namespace.queue == nil ? namespace.cost * 2 : max(20_000_000, namespace.cost * 20))
  }

  /// Waits and takes what there is; returns whether it is the end.
  private func wait(until end: FileDescriptor, milliseconds: Int) throws(Errno) -> Bool {
    let open = watched.indices.filter { watched[$0].mountinfo != nil }
    let ready = try Syscall.wait(
      readable: [end] + queues + open.compactMap { watched[$0].process },
      changed: open.compactMap { watched[$0].mountinfo },
      milliseconds: CInt(clamping: milliseconds)
    )
    if ready.readable[0] { return true }
    for queue in queues.indices where ready.readable[1 + queue] { _ = try drain(queue) }
    for (position, index) in open.enumerated() {
      if ready.changed[position] { watched[index].isStale = true }
      if ready.readable[1 + queues.count + position] { watched[index].closeMountinfo() }
    }
    return false
  }

  /// Takes the notices that wait, but for a stream without end; returns whether there were any.
  private func drain(_ queue: Int) throws(Errno) -> Bool {
    var found = false
    for _ in 0..<256 {
      let notices = try Syscall.readNotices(queues[queue])
      if notices.isEmpty { break }
      found = true
      commands.removeAll(keepingCapacity: true)
      // mount(8) ends at once: its name is asked for before anything else.
      for notice in notices { _ = actor(notice.processID) }
      for notice in notices { handle(notice, of: queue) }
      markLargest()
    }
    for index in watched.indices where watched[index].queue == queue && watched[index].isIncomplete {
      try compare(index)
    }
    return found
  }

  private func handle(_ notice: MountNotice, of queue: Int) {
    let members = watched.indices.filter { watched[$0].queue == queue && !watched[$0].hasTooManyMounts }
    if notice.kind == .overflow {
      let place = members.count == 1 ? watched[members[0]].place : MountEvent.Place()
      tell(MountEvent(.overflow, in: place, detail: "notices were lost: the tables are compared"))
      for index in members { watched[index].isIncomplete = true }
      return
    }
    let known = members.first { watched[$0].ledger.holds(notice.mountID) }
    var entry: MountEntry?
    var index = known ?? members.first
    if notice.kind != .detach {
      for member in known.map({ [$0] }) ?? members {
        entry = watched[member].mount(notice.mountID)
        index = member
        if entry != nil { break }
      }
    }
    guard let index, let change = watched[index].ledger.take(notice, entry) else { return }
    // Of a mount that was gone at once, a shared queue does not tell whose it was.
    let isCertain = known != nil || entry != nil || members.count == 1
    let place = isCertain ? watched[index].place : MountEvent.Place()
    tell(MountEvent(change, in: place, by: actor(notice.processID)))
  }

  private func actor(_ id: Int32) -> MountEvent.Actor? {
    // Of a namespace that ends when this process lets go of it, it is not this process that unmounts.
    guard id > 0, id != Syscall.processID else { return nil }
    if let command = commands[id] { return MountEvent.Actor(id: id, command: command) }
    let bytes = try? Syscall.contents(of: "/proc/\(id)/comm")
    let command = bytes.map { String(decoding: $0.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self) }
    commands[id] = .some(command)
    return MountEvent.Actor(id: id, command: command)
  }

  /// Reads a table anew and tells what is different: all of it where notices do not, or were lost.
  private func compare(_ index: Int) throws(Errno) {
    if watched[index].hasTooManyMounts { return }
    let isIncomplete = watched[index].isIncomplete
    watched[index].isIncomplete = false
    let queue = watched[index].queue
    if let queue, !isIncomplete { _ = try drain(queue) }
    let start = now
    watched[index].isStale = false
    let table: MountTable?
    do throws(Errno) {
      table = try watched[index].table(budget(for: watched[index].state))
    } catch {
      table = nil
      watched[index].hasTooManyMounts = error == .fileTooLarge
    }
    (watched[index].readAt, watched[index].cost) = (now, now - start)
    guard let table else { return }
    var comparison = MountLedger.Comparison.whole
    if let queue, !isIncomplete { comparison = .quiet(withPlaces: try !drain(queue)) }
    for change in watched[index].ledger.compare(with: table, comparison) {
      tell(MountEvent(change, in: watched[index].place))
    }
  }

  /// Finds namespaces that began and ended, and what is new about the others.
  private func look() {
    let found = machine().namespaces
    func isSame(_ one: NamespaceState, _ other: NamespaceState) -> Bool {
      one.inode == other.inode && one.id == other.id
    }
    for index in watched.indices.reversed() {
      if let state = found.first(where: { isSame($0, watched[index].state) }) {
        watched[index].state = state
        if let id = watched[index].processID, !state.processes.contains(where: { $0.id == id }) {
          watched[index].closeMountinfo()
        }
        if index < 200 { watched[index].openMountinfo() }
        continue
      }
      watched[index].closeMountinfo()
      let namespace = watched.remove(at: index)
      tell(MountEvent(.namespaceEnded, in: namespace.place))
    }
    guard settings.all else { return }
    leftOut.formIntersection(found.map(\.inode))
    for state in found where !leftOut.contains(state.inode) && !watched.contains(where: { isSame($0.state, state) }) {
      guard add(state), let namespace = watched.last else { continue }
      let count = namespace.ledger.count
      let detail = "with \(count) mount\(count == 1 ? "" : "s")"
      tell(MountEvent(.namespaceBegan, in: namespace.place, detail: detail))
    }
  }
}
