package import Instruments
import KernelRecords
package import LinuxABI
import LinuxSyscalls
import SystemPackage

/// What the kernel tells of all processes at one time, by its records or by /proc. Its own threads, and what ends meanwhile, are left out.
package struct ProcessScan: Sendable {
  /// By their ids.
  package var processes: [ProcessFacts] = []
  /// What permission hides, as sentences.
  package var unseen: [String] = []
  /// The kernel's records, where they can be read, and what they told of threads.
  private(set) var kernel: KernelView?
  private(set) var strayThreads: [StrayThread] = []
  /// The file system that was asked about, as they tell it, and what processes use of it.
  private(set) var superblock: SuperblockRecord?
  private(set) var users: [Int32: TaskRecord.Uses] = [:]
  /// The mount namespaces, those without a process too; none before Linux 6.12.
  private(set) var namespaces: [NamespaceState] = []

  /// A thread that is in another mount namespace than the first thread of its process.
  struct StrayThread: Hashable, Sendable {
    var process: NamespaceProcess
    var thread: Int32
    var namespace: UInt64
  }

  /// Looks at each process once, for its mount namespace, and at each mount namespace; and at a file system.
  package static func read(fileSystem: FileSystemChoice? = nil) -> ProcessScan {
    let kernel = KernelView()
    let superblock = fileSystem.flatMap { kernel?.superblock($0) }
    guard let kernel, let (tasks, namespaces) = kernel.tasks(superblock: superblock?.address ?? 0) else {
      return readProc()
    }
    var scan = ProcessScan()
    scan.kernel = kernel
    scan.superblock = superblock
    scan.namespaces = namespaces.map { namespace in
      NamespaceState(
        inode: UInt64(namespace.number),
        id: namespace.id,
        owner: UInt64(namespace.owner),
        mountCount: Int(namespace.mountCount)
      )
    }
    scan.processes.reserveCapacity(tasks.count)
    // The first process is always there: a kernel that does not tell of it hides it, from root too.
    if tasks.first?.process != 1 { scan.unseen.append(Self.hidden(1)) }
    for task in tasks {
      let namespace = UInt64(task.namespace)
      let process = NamespaceProcess(id: task.process, command: task.command, user: task.user)
      if task.thread != task.process {
        scan.strayThreads.append(StrayThread(process: process, thread: task.thread, namespace: namespace))
        continue
      }
      if !task.uses.isEmpty { scan.users[task.process] = task.uses }
      scan.processes.append(
        ProcessFacts(
          process: process,
          parent: task.parent,
          namespaces: [.mount: namespace],
          controlGroups: task.controlGroups
        )
      )
    }
    return scan
  }

  /// The same without the kernel's records, for who looks again and again: audit(8) writes down each use of them.
  package static func readProc() -> ProcessScan {
    var scan = read(types: [.mount])
    scan.namespaces = MachineReader.walk()
    return scan
  }

  /// Looks at each process in /proc, for its namespaces of some types; with `descriptors`, also at the namespaces that each has open.
  package static func read(types: [NamespaceType], descriptors: Bool = false) -> ProcessScan {
    var scan = ProcessScan()
    var (hidden, unread) = (0, 0)
    guard let proc = try? Syscall.open("/proc", .directory), let entries = try? Syscall.entries(of: proc.borrowed)
    else {
      scan.unseen.append("/proc cannot be read: no process is seen")
      return scan
    }
    let answers = Threads.map(entries.compactMap { Int32($0.name) }) { id in
      Result { () throws(Errno) in
        try facts(of: id, proc.borrowed, types, descriptors: descriptors)
      }
    }
    for answer in answers {
      switch answer {
      case .success(let facts?): scan.processes.append(facts)
      case .success(nil): continue
      case .failure(.permissionDenied), .failure(.notPermitted): hidden += 1
      case .failure(.noSuchFileOrDirectory), .failure(.noSuchProcess): continue  // It ended.
      case .failure: unread += 1
      }
    }
    if hidden > 0 { scan.unseen.append(Self.hidden(hidden)) }
    if unread > 0 { scan.unseen.append("of \(unread) process\(unread == 1 ? "" : "es"), /proc could not be read") }
    return scan
  }

  private static func hidden(_ count: Int) -> String {
    let words = count == 1 ? "1 process is" : "\(count) processes are"
    let advice = Syscall.effectiveUserID == 0 ? "" : ": run as root to see more"
    return "what \(words) in is hidden from this user\(advice)"
  }

  private static func facts(
    of id: Int32,
    _ proc: FileDescriptor,
    _ types: [NamespaceType],
    descriptors: Bool
  ) throws(Errno) -> ProcessFacts? {
    let stat = try Syscall.open(at: proc, "\(id)/stat", [])
    guard let line = StatLine(try Syscall.read(stat.borrowed, count: 1024)), !line.isKernelThread,
      line.state != UInt8(ascii: "Z")
    else { return nil }
    var namespaces: [NamespaceType: UInt64] = [:]
    for type in types {
      namespaces[type] = namespaceNumber(try Syscall.readLink(at: proc, "\(id)/ns/\(type.procName)"))
    }
    let user = try Syscall.status(of: stat.borrowed).userID
    var facts = ProcessFacts(
      process: NamespaceProcess(id: id, command: line.command, user: user),
      parent: line.parent,
      namespaces: namespaces
    )
    if descriptors { facts.descriptors = openFiles(of: id, proc) }
    return facts
  }

  /// The namespaces that a process has open, each once; nothing where it ended meanwhile.
  private static func openFiles(of id: Int32, _ proc: FileDescriptor) -> [ProcessFacts.Descriptor] {
    guard let files = try? Syscall.open(at: proc, "\(id)/fd", .directory),
      let entries = try? Syscall.entries(of: files.borrowed)
    else { return [] }
    var found: [ProcessFacts.Descriptor] = []
    var links: Set<String> = []
    for entry in entries {
      guard let number = Int32(entry.name), let link = try? Syscall.readLink(at: files.borrowed, entry.name),
        link.hasSuffix("]"), namespaceNumber(link) != nil, links.insert(link).inserted
      else { continue }
      found.append(ProcessFacts.Descriptor(number: number, link: link))
    }
    return found
  }
}

/// The number in a namespace file's name: `4026531841` of `mnt:[4026531841]`.
package func namespaceNumber(_ link: String) -> UInt64? {
  guard let open = link.utf8.firstIndex(of: UInt8(ascii: "[")), link.utf8.last == UInt8(ascii: "]") else { return nil }
  return UInt64(Substring(link.utf8[link.utf8.index(after: open)...].dropLast()))
}

/// What the line of /proc/PID/stat has that is wanted here, proc_pid_stat(5).
struct StatLine {
  var command: String
  var state: UInt8
  var parent: Int32
  var isKernelThread: Bool

  /// The name can hold anything, so the rest begins after the last parenthesis.
  init?(_ bytes: [UInt8]) {
    guard let open = bytes.firstIndex(of: UInt8(ascii: "(")), let close = bytes.lastIndex(of: UInt8(ascii: ")")),
      open < close
    else { return nil }
    command = String(decoding: bytes[(open + 1)..<close], as: UTF8.self)
    let fields = bytes[(close + 1)...].split(separator: UInt8(ascii: " "), maxSplits: 8)
    guard fields.count > 6, let first = fields[0].first,
      let parent = Int32(String(decoding: fields[1], as: UTF8.self)),
      let flags = UInt32(String(decoding: fields[6], as: UTF8.self))
    else { return nil }
    state = first
    self.parent = parent
    isKernelThread = flags & 0x0020_0000 != 0  // PF_KTHREAD
  }
}
