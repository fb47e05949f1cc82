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
    // What they do is their users' choice; root's do nothing to who looks.
    let silent = silentProcesses(Set(tasks.filter { $0.user != 0 }.map(\.process)).sorted())
    scan.unseen += silent.map(unanswered)
    scan.processes.reserveCapacity(tasks.count)
    // The first process is always there: a kernel that does not tell of it hides it, from root too.
    if tasks.first?.process != 1 { scan.unseen.append(Self.hidden(1)) }
    for task in tasks where !silent.contains(task.process) {
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
    let (namespaces, isWhole) = MachineReader.walk()
    scan.namespaces = namespaces
    // A user without privilege was told that there is more.
    if !isWhole, Syscall.effectiveUserID == 0 {
      scan.unseen.append(
        "mount namespaces that no process's first thread is in are not seen: that takes root in the first namespaces"
      )
    }
    return scan
  }

  /// Looks at each process in /proc, for its namespaces of some types; with `descriptors`, also at the namespaces that each has open.
  package static func read(types: [NamespaceType], descriptors: Bool = false) -> ProcessScan {
    var scan = ProcessScan()
    var (hidden, unread, cut) = (0, 0, 0)
    guard let proc = try? Syscall.open("/proc", .directory), let entries = try? Syscall.entries(of: proc.borrowed)
    else {
      scan.unseen.append("/proc cannot be read: no process is seen")
      return scan
    }
    let budget = descriptors ? ReadingBudget(bytes: 4 << 20, milliseconds: 300) : nil
    let ids = entries.compactMap { Int32($0.name) }
    let silent = silentProcesses(ids)
    scan.unseen += silent.map(unanswered)
    let answers = Threads.map(ids.filter { !silent.contains($0) }) { id in
      Result { () throws(Errno) in
        try facts(of: id, proc.borrowed, types, descriptors: budget)
      }
    }
    for answer in answers {
      switch answer {
      case .success(let (facts, isWhole)?):
        scan.processes.append(facts)
        if !isWhole { cut += 1 }
      case .success(nil): continue
      case .failure(.permissionDenied), .failure(.notPermitted): hidden += 1
      case .failure(.noSuchFileOrDirectory), .failure(.noSuchProcess): continue  // It ended.
      case .failure: unread += 1
      }
    }
    if hidden > 0 { scan.unseen.append(Self.hidden(hidden)) }
    if unread > 0 { scan.unseen.append("of \(unread) process\(unread == 1 ? "" : "es"), /proc could not be read") }
    if cut > 0 {
      scan.unseen.append(
        "not all files that \(cut) process\(cut == 1 ? " has" : "es have") open were looked at: they are too many"
      )
    }
    return scan
  }

  /// The processes about which the kernel does not answer. One that executes a program, or changes its memory, holds a lock meanwhile that
  /// all wait for who look at it, and it can have that take for ever: by a file system of its own (FUSE) that does not answer.
  private static func silentProcesses(_ ids: [Int32]) -> [Int32] {
    if ids.isEmpty { return [] }
    return Threads.unanswered(ids) { id in
      // Neither is wanted: what counts is that the calls return.
      _ = try? Syscall.readLink(at: .workingDirectory, "/proc/\(id)/exe")
      if let words = try? Syscall.open("/proc/\(id)/cmdline", .nonBlocking) {
        _ = try? Syscall.read(words.borrowed, count: 1)
      }
    }.map { ids[$0] }
  }

  private static func unanswered(_ id: Int32) -> String {
    let name = (try? Syscall.contents(of: "/proc/\(id)/comm")).map { String(decoding: $0.dropLast(), as: UTF8.self) }
    return
      "process \(id)\(name.map { " " + $0 } ?? "") was left out: the kernel does not answer about it, which its own file system can bring about"
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
    descriptors budget: ReadingBudget?
  ) throws(Errno) -> (facts: ProcessFacts, isWhole: Bool)? {
    let stat = try Syscall.open(at: proc, "\(id)/stat", [])
    guard let line = StatLine(try Syscall.read(stat.borrowed, count: 1024)), !line.isKernelThread,
      let place = line.state == UInt8(ascii: "Z") ? livingThread(of: id, proc) : "\(id)"
    else { return nil }
    var namespaces: [NamespaceType: UInt64] = [:]
    for type in types {
      namespaces[type] = namespaceNumber(try Syscall.readLink(at: proc, "\(place)/ns/\(type.procName)"))
    }
    // The files in it are root's as soon as the process says that it is not dumpable, PR_SET_DUMPABLE(2const); the directory never is.
    let user = try Syscall.status(at: proc, path: "\(id)").userID
    var facts = ProcessFacts(
      process: NamespaceProcess(id: id, command: line.command, user: user),
      parent: line.parent,
      namespaces: namespaces
    )
    guard let budget else { return (facts, true) }
    let isWhole: Bool
    let directory = try Syscall.open(at: proc, place, [.path, .directory])
    (facts.descriptors, isWhole) = openNamespaces(of: facts.process, directory.borrowed, budget)
    return (facts, isWhole)
  }

  /// The directory of a thread that goes on after its process's first thread has ended, pthread_exit(3); nil where none does.
  private static func livingThread(of id: Int32, _ proc: FileDescriptor) -> String? {
    guard let tasks = try? Syscall.open(at: proc, "\(id)/task", .directory),
      let entries = try? Syscall.entries(of: tasks.borrowed), entries.count > 1
    else { return nil }
    return entries.map { "\(id)/task/\($0.name)" }.first {
      (try? Syscall.readLink(at: proc, "\($0)/ns/mnt")) != nil
    }
  }

  /// The namespaces that a process has open, each once, and whether all of its files were looked at. Nothing where it ended meanwhile.
  private static func openNamespaces(
    of process: NamespaceProcess,
    _ directory: FileDescriptor,
    _ budget: ReadingBudget
  ) -> (found: [ProcessFacts.Descriptor], isWhole: Bool) {
    let (files, isWhole) = openFiles(of: process, directory, budget)
    var found: [ProcessFacts.Descriptor] = []
    var links: Set<String> = []
    for number in files {
      guard let link = try? Syscall.readLink(at: directory, "fd/\(number)"), link.hasSuffix("]"),
        namespaceNumber(link) != nil, links.insert(link).inserted
      else { continue }
      found.append(ProcessFacts.Descriptor(number: number, link: link))
    }
    return (found, isWhole)
  }

  /// The numbers of the files that a process has open, and whether these are all: of a user's process some, and the others as long as
  /// the budget lasts.
  ///
  /// - Parameter directory: /proc/PID.
  static func openFiles(
    of process: NamespaceProcess,
    _ directory: FileDescriptor,
    _ budget: ReadingBudget
  ) -> (numbers: [Int32], isWhole: Bool) {
    guard let files = try? Syscall.open(at: directory, "fd", .directory) else { return ([], true) }
    func numbers(most: Int) -> [Int32] {
      ((try? Syscall.entries(of: files.borrowed, most: most)) ?? []).compactMap { Int32($0.name) }
    }
    if process.user == 0 { return (numbers(most: .max), true) }
    let (few, many) = (64, 16384)
    let first = numbers(most: few)
    if first.count < few { return (first, true) }
    guard (try? budget.take(0)) != nil, (try? Syscall.rewind(files.borrowed)) != nil else { return (first, false) }
    let all = numbers(most: many)
    return (try? budget.take(all.count * 32)) == nil ? (first, false) : (all, all.count < many)
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
