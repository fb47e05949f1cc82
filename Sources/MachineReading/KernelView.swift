import FileCache
package import KernelRecords
package import LinuxABI
import LinuxSyscalls
package import SystemPackage

/// What the kernel's own records tell, by BPF iterators: all processes, all open files, all mounts of a file system, each with a few
/// system calls where /proc and statmount(2) need some for each.
///
/// It needs root in the first user and PID namespaces, a kernel that lets root read its memory with bpf(2), Linux 6.9 and its BTF.
/// Where one of them is missing there is no such view, and the instruments read /proc. It tells where to look: what is said of a
/// mount or a file is then read by the mount or the file.
package struct KernelView: Sendable {
  private let layout: KernelLayout

  /// The view of this process; nil where it has none.
  package init?() {
    // Numbers of processes are those of the first PID namespace, whose file's number is fixed: PROC_PID_INIT_INO.
    guard Syscall.effectiveUserID == 0,
      let link = try? Syscall.readLink(at: .workingDirectory, "/proc/self/ns/pid"), link == "pid:[4026531836]",
      let layout = Self.keptLayout()
    else { return nil }
    self.layout = layout
  }

  /// The layout that was read before, or is read now and kept, since that takes as long as all else: for the kernel with this build id,
  /// until the machine starts anew.
  private static func keptLayout() -> KernelLayout? {
    guard let notes = try? Syscall.contents(of: "/sys/kernel/notes") else { return nil }
    let key = Array("berth \(KernelLayout.version) ".utf8) + notes
    let cache = FileCache(path: "/run/berth-kernel", capacity: 4)
    if let bytes = cache.contents(for: key), let layout = KernelLayout(bytes: bytes) { return layout }
    guard let file = try? Syscall.open("/sys/kernel/btf/vmlinux", []),
      let size = try? Syscall.status(of: file.borrowed).size, let layout = layout(file.borrowed, Int(size))
    else { return nil }
    cache.keep(layout.bytes, for: key)
    return layout
  }

  private static func layout(_ file: FileDescriptor, _ size: Int) -> KernelLayout? {
    // Before Linux 6.16 it cannot be mapped.
    if let mapped = try? MappedFile(file, byteCount: size, shared: false) {
      return mapped.withNumbers(of: UInt32.self) { KernelLayout(btf: $0) }
    }
    return (try? Syscall.readNumbers(file, of: UInt32.self)).flatMap { KernelLayout(btf: $0.span) }
  }

  /// All processes but the kernel's threads, the threads that are in other mount namespaces than their processes, and all mount
  /// namespaces; nil when the kernel refuses, when its answer ends within a record, or when there are more than a thousand namespaces,
  /// which it has no room for. What tasks use of a superblock is told when there is one.
  package func tasks(superblock: UInt64 = 0) -> (tasks: [TaskRecord], namespaces: [NamespaceRecord])? {
    let program = layout.taskProgram(superblock: superblock)
    guard let loaded = try? Syscall.loadIteratorProgram(program, function: layout.taskIterator),
      let words = try? Syscall.iterate(loaded.borrowed)
    else { return nil }
    var tasks: [TaskRecord] = []
    var namespaces: [NamespaceRecord] = []
    var position = 0
    while position < words.count {
      if words[position] & 0xffff_ffff == 0 {
        guard let record = NamespaceRecord(words, at: position) else { return nil }
        namespaces.append(record)
        position += NamespaceRecord.wordCount
      } else {
        guard let record = TaskRecord(words, at: position) else { return nil }
        tasks.append(record)
        position += TaskRecord.wordCount
      }
    }
    return (tasks, namespaces)
  }

  /// The open files that are on a superblock, and are wanted: one user may have more open than are worth to be kept. nil when the
  /// kernel refuses, or its answer ends within a record.
  package func openFiles(superblock: UInt64, where isWanted: (OpenFileRecord) -> Bool) -> [OpenFileRecord]? {
    let program = layout.openFileProgram(superblock: superblock)
    guard let loaded = try? Syscall.loadIteratorProgram(program, function: layout.taskFileIterator) else { return nil }
    var files: [OpenFileRecord] = []
    let size = OpenFileRecord.wordCount
    let end: Void? = try? Syscall.iterate(loaded.borrowed, recordsOf: size) { words in
      for position in stride(from: 0, to: words.count, by: size) {
        if let record = OpenFileRecord(words, at: position), isWanted(record) { files.append(record) }
      }
    }
    return end.map { files }
  }

  /// The map of more mounts than these takes more memory than the answer is worth: each namespace of an unprivileged user's may have
  /// 100,000, proc_sys_fs(5) "mount-max".
  private static var mostMounts: Int { 1 << 17 }

  /// The superblock of a file system with all its mounts; nil when the kernel refuses, when there is none, or when its mounts keep
  /// changing. With a peer group's id, the mounts are its members and those that receive from it.
  package func superblock(_ choice: FileSystemChoice, linkedTo group: UInt32? = nil) -> SuperblockRecord? {
    switch choice {
    case .file(let file): return superblock(from: file, nil, group)
    case .device(let device):
      guard let root = try? Syscall.open("/", .path) else { return nil }
      return superblock(from: root.borrowed, device, group)
    }
  }

  private func superblock(from file: FileDescriptor, _ device: DeviceNumber?, _ group: UInt32?) -> SuperblockRecord? {
    var room = 4096
    for _ in 0..<8 {
      let size = SuperblockRecord.wordCount * 8
      guard let map = try? Syscall.makeArrayMap(elementSize: size, count: room),
        let program = try? Syscall.loadIteratorProgram(
          layout.superblockProgram(from: file.rawValue, device: device, group: group, map: map.rawValue),
          function: layout.taskIterator
        ),
        (try? Syscall.iterate(program.borrowed, thread: Syscall.processID)) != nil,
        let words = try? MappedFile(map.borrowed, byteCount: room * size, shared: true)
      else { return nil }
      let (record, missing) = words.withNumbers(of: UInt64.self) {
        (SuperblockRecord($0), SuperblockRecord.missing($0))
      }
      if let record { return record }
      guard missing < Self.mostMounts else { return nil }
      room += missing + missing / 8
    }
    return nil
  }
}

/// A file system that is asked about.
package enum FileSystemChoice: Sendable {
  /// That of a file that is open.
  case file(FileDescriptor)
  case device(DeviceNumber)
}
