package import Instruments
import LinuxABI
import LinuxSyscalls
import MountNamespace

extension MachineReader {
  /// The namespaces of all other types, of processes, and of those whose files are mounted here or open in a process.
  package static func otherNamespaces(containers: ContainerScan) -> [NamespaceState] {
    let types = NamespaceType.allCases.filter { $0 != .mount }
    let scan = ProcessScan.read(types: types, descriptors: true)
    var found: [NamespaceState] = []
    var positions: [UInt64: Int] = [:]
    // The numbers of namespaces' files are of one file system: no two types share one.
    func position(_ type: NamespaceType, _ inode: UInt64, _ process: Int32?) -> Int {
      if let known = positions[inode] { return known }
      positions[inode] = found.count
      let owner = process.flatMap { Self.owner(ofFile: "/proc/\($0)/ns/\(type.procName)") }
      found.append(NamespaceState(type: type, inode: inode, owner: owner))
      return found.count - 1
    }
    for facts in scan.processes {
      for type in types {
        guard let inode = facts.namespaces[type] else { continue }
        let index = position(type, inode, facts.process.id)
        found[index].processes.append(facts.process)
        found[index].container = found[index].container ?? containers.container(of: facts)
      }
    }
    for facts in scan.processes {
      for descriptor in facts.descriptors {
        guard let (type, inode) = namespace(descriptor.link), type != .mount else { continue }
        let index = position(type, inode, nil)
        guard found[index].processes.isEmpty else { continue }
        found[index].keepers.append(.descriptor(process: facts.process, number: descriptor.number))
      }
    }
    for entry in (try? MountTable.read(process: Syscall.processID))?.entries ?? [] where entry.type == "nsfs" {
      guard let (type, inode) = namespace(entry.root), type != .mount else { continue }
      let own = scan[Syscall.processID]?.namespaces[.mount] ?? 0
      found[position(type, inode, nil)].keepers.append(.bindMount(namespace: own, path: entry.mountPoint))
    }
    return found.sorted { ($0.type.procName, $0.inode) < ($1.type.procName, $1.inode) }
  }

  /// The type and the number that a namespace file's name tells: `net:[4026531840]`.
  private static func namespace(_ link: String) -> (NamespaceType, UInt64)? {
    guard let type = NamespaceType.allCases.first(where: { link.hasPrefix($0.procName + ":[") }),
      let inode = namespaceNumber(link)
    else { return nil }
    return (type, inode)
  }

  private static func owner(ofFile path: String) -> UInt64? {
    guard let file = try? Syscall.open(path, []), let owner = try? Syscall.owner(of: file.borrowed) else { return nil }
    return try? Syscall.status(of: owner.borrowed).inode
  }
}
