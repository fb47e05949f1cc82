import Instruments
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
    for facts in ProcessScan.read(paths: false, descriptors: true).processes where facts.process.id != Syscall.processID
    {
      for descriptor in facts.descriptors where descriptor.link.hasPrefix("mnt:[") {
        guard let inode = namespaceNumber(descriptor.link), let position = positions[inode] else { continue }
        state.namespaces[position].keepers.append(.descriptor(process: facts.process, number: descriptor.number))
      }
      for (thread, inode) in Self.strayThreads(of: facts) {
        guard let position = positions[inode] else { continue }
        state.namespaces[position].keepers.append(.thread(process: facts.process, thread: thread))
      }
    }
    for namespace in state.namespaces {
      for (inode, path) in Self.boundNamespaces(in: namespace) {
        guard let position = positions[inode] else { continue }
        state.namespaces[position].keepers.append(.bindMount(namespace: namespace.inode, path: path))
      }
    }
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

  /// The mount namespaces whose files are mounted in a namespace, and where.
  private static func boundNamespaces(in namespace: NamespaceState) -> [(inode: UInt64, path: String)] {
    // Only the mounts on the kernel's own file system for namespaces are looked at.
    guard let id = namespace.id, let device = try? Syscall.status(path: "/proc/self/ns/mnt").fileSystem,
      let ids = try? Syscall.mounts(ofNamespace: id)
    else { return [] }
    let numbers = Syscall.numbers(of: ids, inNamespace: id)
    let found = numbers.filter { $0.major == device.major && $0.minor == device.minor }.map(\.id)
    guard !found.isEmpty, let table = try? MountTable.read(namespace: id, only: found) else { return [] }
    return table.entries.compactMap { entry in
      guard entry.type == "nsfs", entry.root.hasPrefix("mnt:["), let inode = namespaceNumber(entry.root) else {
        return nil
      }
      return (inode, entry.mountPoint)
    }
  }
}
