import Instruments
import LinuxSyscalls
import MountNamespace
import SystemPackage

/// A namespace that is watched.
struct WatchedNamespace {
  /// How its table is read: always in the same way, since what is compared has to have the same ids.
  enum Reading {
    /// By listmount(2) and statmount(2), with the namespace's id: nothing is opened, and a process need not be in it.
    case statements(UInt64)
    case mountinfo
  }

  var state: NamespaceState
  var reading: Reading
  var ledger: MountLedger
  /// The position of the queue that the kernel's notices of it come by.
  var queue: Int?
  /// /proc/PID/mountinfo of a process in it, whose poll(2) tells of changes, and the process itself: since the open file keeps
  /// the namespace, it is closed as soon as the process ends.
  var mountinfo: FileDescriptor?
  var process: FileDescriptor?
  var processID: Int32?
  /// Whether something may have changed since the table was read last.
  var isStale = false
  /// Whether notices of it were lost.
  var isIncomplete = false
  /// Whether it has more mounts than are read.
  var hasTooManyMounts = false
  /// When its table was read last, and how long that took: CLOCK_MONOTONIC, in nanoseconds.
  var readAt = 0
  var cost = 0

  /// - Throws: `EFBIG` when it has more mounts than the budget lasts for, else why they cannot be read.
  init(_ state: NamespaceState, polling: Bool, _ budget: ReadingBudget?) throws(Errno) {
    self.state = state
    let hasProcess = !state.processes.isEmpty
    if let id = state.id, !polling || !hasProcess {
      do throws(Errno) {
        ledger = MountLedger(try Self.statements(id, budget))
        reading = .statements(id)
        return
      } catch  where error != .fileTooLarge {
        // Hidden from this user: then mountinfo has to do.
      }
    }
    ledger = MountLedger(try Self.mountinfo(state, budget))
    reading = .mountinfo
  }

  var place: MountEvent.Place {
    let first = state.processes.first.map { "process \($0.id) \($0.command)" }
    let label = state.container?.label ?? state.unit ?? first ?? ""
    return MountEvent.Place(inode: state.inode, id: state.id, container: state.container, label: label)
  }

  /// Its table as it is now.
  func table(_ budget: ReadingBudget?) throws(Errno) -> MountTable {
    switch reading {
    case .statements(let id): try Self.statements(id, budget)
    case .mountinfo: try Self.mountinfo(state, budget)
    }
  }

  /// A mount by its unique id; nil when it is not in the namespace, or no more.
  func mount(_ id: UInt64) -> MountEntry? {
    guard case .statements(let namespace) = reading else { return nil }
    return try? MountTable.read(namespace: namespace, only: [id], Self.parts).entries.first
  }

  /// All but where it receives from: that is as dear as all the rest, and follows from the groups of others.
  private static var parts: MountStatusParts { MountStatusParts.all.subtracting(.propagateFrom) }

  private static func statements(_ id: UInt64, _ budget: ReadingBudget?) throws(Errno) -> MountTable {
    let ids = try Syscall.mounts(ofNamespace: id)
    try budget?.require(mounts: ids.count)
    return try MountTable.read(namespace: id, only: ids, parts, budget: budget)
  }

  private static func mountinfo(_ state: NamespaceState, _ budget: ReadingBudget?) throws(Errno) -> MountTable {
    for process in state.processes {
      // One that ended meanwhile, or that went elsewhere.
      guard let link = try? Syscall.readLink(at: .workingDirectory, "/proc/\(process.id)/ns/mnt"),
        namespaceNumber(link) == state.inode
      else { continue }
      do throws(Errno) {
        return try MountTable.read(process: process.id, budget: budget)
      } catch  where error != .fileTooLarge {
      }
    }
    throw .noSuchProcess
  }
}

extension WatchedNamespace {
  /// Has the kernel tell of changes through the mountinfo of a process in it, if there is one that may be asked.
  mutating func openMountinfo() {
    guard mountinfo == nil else { return }
    for candidate in state.processes.prefix(8) {
      guard let process = try? Syscall.openProcess(candidate.id),
        let file = try? Syscall.open("/proc/\(candidate.id)/mountinfo", []),
        let link = try? Syscall.readLink(at: .workingDirectory, "/proc/\(candidate.id)/ns/mnt"),
        namespaceNumber(link) == state.inode
      else { continue }
      mountinfo = FileDescriptor(rawValue: file.release())
      self.process = FileDescriptor(rawValue: process.release())
      processID = candidate.id
      isStale = true
      return
    }
  }

  /// Lets go of the process, so that the namespace can end.
  mutating func closeMountinfo() {
    // A descriptor that is open is closed, whatever close(2) says.
    if let mountinfo { try? Syscall.close(mountinfo) }
    if let process { try? Syscall.close(process) }
    (mountinfo, process, processID) = (nil, nil, nil)
  }
}
