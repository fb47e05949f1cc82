package import Instruments
package import LinuxABI
import LinuxSyscalls
import SystemPackage

/// What /proc tells of all processes at one time.
package struct ProcessScan: Sendable {
  package var processes: [ProcessFacts] = []
  /// What permission hides, as sentences.
  package var unseen: [String] = []

  /// Looks at each process once; with `descriptors`, also at what each has open. Kernel threads, and what ends meanwhile, are left out.
  package static func read(
    types: [NamespaceType] = [.mount],
    paths: Bool = true,
    descriptors: Bool = false
  ) -> ProcessScan {
    var scan = ProcessScan()
    var hidden = 0
    guard let proc = try? Syscall.open("/proc", .directory), let entries = try? Syscall.entries(of: proc.borrowed)
    else {
      scan.unseen.append("/proc cannot be read: no process is seen")
      return scan
    }
    let answers = Threads.map(entries.compactMap { Int32($0.name) }) { id in
      Result { () throws(Errno) in
        try facts(of: id, proc.borrowed, types, paths: paths, descriptors: descriptors)
      }
    }
    for answer in answers {
      switch answer {
      case .success(let facts?): scan.processes.append(facts)
      case .success(nil): continue
      case .failure(.permissionDenied), .failure(.notPermitted): hidden += 1
      case .failure: continue
      }
    }
    if hidden > 0 {
      let words = hidden == 1 ? "1 process is" : "\(hidden) processes are"
      let advice = Syscall.effectiveUserID == 0 ? "" : ": run as root to see more"
      scan.unseen.append("what \(words) in is hidden from this user\(advice)")
    }
    return scan
  }

  private static func facts(
    of id: Int32,
    _ proc: FileDescriptor,
    _ types: [NamespaceType],
    paths: Bool,
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
    if paths {
      facts.workingDirectory = try? Syscall.readLink(at: proc, "\(id)/cwd")
      facts.root = try? Syscall.readLink(at: proc, "\(id)/root")
    }
    if descriptors { facts.descriptors = openFiles(of: id, proc) }
    return facts
  }

  /// What a process has open; nothing where it ended meanwhile.
  private static func openFiles(of id: Int32, _ proc: FileDescriptor) -> [ProcessFacts.Descriptor] {
    guard let files = try? Syscall.open(at: proc, "\(id)/fd", .directory),
      let entries = try? Syscall.entries(of: files.borrowed)
    else { return [] }
    var found: [ProcessFacts.Descriptor] = []
    for entry in entries {
      guard let number = Int32(entry.name), let link = try? Syscall.readLink(at: files.borrowed, entry.name) else {
        continue
      }
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
private struct StatLine {
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
