import Instruments
import KernelRecords
import LinuxABI
import LinuxSyscalls
import MountNamespace
import SystemPackage

extension MachineReader {
  /// Finds what keeps the namespaces that no process is in: open files, binds of their files, and threads.
  func addKeepers(to state: inout MachineState) {
    var positions: [UInt64: Int] = [:]
    for (position, namespace) in state.namespaces.enumerated() { positions[namespace.inode] = position }
    for position in state.namespaces.indices where Self.isKernels(state.namespaces[position]) {
      state.namespaces[position].keepers = [.kernel]
    }
    guard state.namespaces.contains(where: { $0.processes.isEmpty && $0.keepers.isEmpty }) else { return }
    for (inode, keeper) in keepersByKernel(state) ?? keepersByProc(state) {
      guard let position = positions[inode], state.namespaces[position].keepers.count < Self.mostKeepers else {
        continue
      }
      state.namespaces[position].keepers.append(keeper)
    }
  }

  /// More keepers of a namespace than these are not told, and more mounts of namespaces' files are not looked at in one namespace:
  /// any user can make as many as the machine has room for.
  private static var mostKeepers: Int { 100 }
  private static var mostBinds: Int { 1000 }

  /// What keeps namespaces, by their numbers, as the kernel's records tell it; nil where they cannot be read.
  private func keepersByKernel(_ state: MachineState) -> [(namespace: UInt64, keeper: NamespaceKeeper)]? {
    guard let kernel = scan.kernel, let own = try? Syscall.open("/proc/self/ns/mnt", []),
      let superblock = kernel.superblock(.file(own.borrowed)),
      let files = kernel.namespaceFiles(superblock.address)
    else { return nil }
    var keepers: [(UInt64, NamespaceKeeper)] = []
    for file in files where file.process != Syscall.processID {
      guard let facts = scan[file.process] else { continue }
      keepers.append((file.inode, .descriptor(process: facts.process, number: file.descriptor)))
    }
    keepers += scan.strayThreads.map { ($0.namespace, .thread(process: $0.process, thread: $0.thread)) }
    for (namespace, mounts) in superblock.mountsByNamespace {
      guard let found = state.namespaces.first(where: { $0.id == namespace }) else { continue }
      keepers += Self.boundNamespaces(in: found, among: mounts)
    }
    return keepers
  }

  /// What keeps namespaces, by their numbers, as the files of /proc and the mounts of all namespaces tell it.
  private func keepersByProc(_ state: MachineState) -> [(namespace: UInt64, keeper: NamespaceKeeper)] {
    var keepers: [(UInt64, NamespaceKeeper)] = []
    let processes = ProcessScan.read(types: [.mount], descriptors: true).processes
    for facts in processes where facts.process.id != Syscall.processID {
      for descriptor in facts.descriptors where descriptor.link.hasPrefix("mnt:[") {
        guard let inode = namespaceNumber(descriptor.link) else { continue }
        keepers.append((inode, .descriptor(process: facts.process, number: descriptor.number)))
      }
      keepers += Self.strayThreads(of: facts).map { ($0.inode, .thread(process: facts.process, thread: $0.thread)) }
    }
    let bound = Self.read(state.namespaces) { position, budget throws(Errno) in
      let namespace = state.namespaces[position]
      try budget?.take(numbersOf: namespace.mountCount ?? 0)
      return Self.boundNamespaces(in: namespace, among: Self.namespaceFiles(mountedIn: namespace))
    }
    keepers += bound.flatMap { $0.success ?? [] }
    return keepers
  }

  /// Whether a namespace is the one that the kernel keeps its devtmpfs in, and nothing else.
  private static func isKernels(_ namespace: NamespaceState) -> Bool {
    guard namespace.processes.isEmpty, namespace.mountCount == 1, let id = namespace.id,
      let table = try? MountTable.read(namespace: id)
    else {
      return false
    }
    return table.entries.first?.type == "devtmpfs"
  }

  /// The threads of a process that are in another mount namespace than it.
  private static func strayThreads(of facts: ProcessFacts) -> [(thread: Int32, inode: UInt64)] {
    guard let tasks = try? Syscall.open("/proc/\(facts.process.id)/task", .directory),
      let entries = try? Syscall.entries(of: tasks.borrowed), entries.count > 1
    else { return [] }
    return entries.compactMap { entry in
      guard let thread = Int32(entry.name), thread != facts.process.id,
        let link = try? Syscall.readLink(at: tasks.borrowed, "\(entry.name)/ns/mnt"), let inode = namespaceNumber(link),
        inode != facts.namespaces[.mount]
      else { return nil }
      return (thread, inode)
    }
  }

  /// The ids of the mounts in a namespace that are of the kernel's own file system for namespaces.
  private static func namespaceFiles(mountedIn namespace: NamespaceState) -> [UInt64] {
    guard let id = namespace.id, let device = try? Syscall.status(path: "/proc/self/ns/mnt").fileSystem,
      let ids = try? Syscall.mounts(ofNamespace: id), let numbers = try? Syscall.numbers(of: ids, inNamespace: id)
    else { return [] }
    return numbers.filter { $0.major == device.major && $0.minor == device.minor }.map(\.id)
  }

  /// The mount namespaces whose files are mounted in a namespace, among some of its mounts, and where.
  private static func boundNamespaces(
    in namespace: NamespaceState,
    among mounts: [UInt64]
  ) -> [(namespace: UInt64, keeper: NamespaceKeeper)] {
    guard !mounts.isEmpty, let id = namespace.id,
      let table = try? MountTable.read(namespace: id, only: Array(mounts.prefix(mostBinds)))
    else { return [] }
    return table.entries.compactMap { entry in
      guard entry.type == "nsfs", entry.root.hasPrefix("mnt:["), let inode = namespaceNumber(entry.root) else {
        return nil
      }
      return (inode, .bindMount(namespace: namespace.inode, path: entry.mountPoint))
    }
  }
}

extension KernelView {
  /// The open files of namespaces, by the address of their file system: of each process, one for each namespace.
  func namespaceFiles(_ superblock: UInt64) -> [OpenFileRecord]? {
    var inodes: Set<UInt64> = []
    var process: Int32 = 0
    // They come in the order of processes.
    return openFiles(superblock: superblock) { file in
      if file.process != process { (process, inodes) = (file.process, []) }
      return inodes.insert(file.inode).inserted
    }
  }
}
