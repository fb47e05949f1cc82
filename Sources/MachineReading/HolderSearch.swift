package import Instruments
import KernelRecords
import LinuxABI
import LinuxSyscalls
import MountExecution
import MountNamespace
package import SystemPackage

/// Finds who keeps a file system in use, and lets go of it.
package struct HolderSearch: Sendable {
  let scan: ProcessScan
  let containers: ContainerScan
  /// This process's mount namespace; nil where it cannot be told.
  let own: UInt64?

  package init(scan: ProcessScan, containers: ContainerScan) {
    self.scan = scan
    self.containers = containers
    // Not by the scan: it may not have come to this process, and what is not known to be ours would be taken for somebody else's.
    own = try? Syscall.status(path: "/proc/self/ns/mnt").inode
  }

  /// Everything that holds a file system, which the scan has looked at.
  package func report(_ subject: String, _ choice: FileSystemChoice) throws(Errno) -> HolderReport {
    let superblock = scan.superblock
    let device = if let superblock { superblock.device } else { try Self.device(choice) }
    var state = MachineReader(scan: scan, containers: containers).state([])
    let mounts = mounts(device, superblock, &state)
    let marks = FileSystemMarks(device: device, mounts: mounts.map(\.entry))
    let places = if let superblock { self.places(on: superblock) } else { nil as [Int32: FilePlaces]? }
    let users = scan.processes.filter { places == nil || places?[$0.process.id] != nil }
    let budget = ReadingBudget(bytes: 32 << 20, milliseconds: 500)
    let answers = Threads.map(users, atLeast: 16) {
      self.uses(by: $0, of: marks, at: places?[$0.process.id] ?? .all, budget)
    }
    return HolderReport(
      subject: subject,
      device: "\(device.major):\(device.minor)",
      mounts: mounts,
      detachedMounts: superblock?.detachedCount,
      uses: answers.flatMap(\.uses),
      pins: Self.pins(on: device),
      below: below(mounts.filter(\.isOwn).map(\.entry)),
      unseen: state.unseen + answers.flatMap(\.unseen)
    )
  }

  /// The device number of a file system: its mount's, since on btrfs a file's is another one.
  private static func device(_ choice: FileSystemChoice) throws(Errno) -> DeviceNumber {
    switch choice {
    case .device(let device): return device
    case .file(let file):
      let table = try MountTable.read(process: Syscall.processID)
      let id = try Syscall.mountID(of: file)
      let entry = table.entries.first { $0.id == id }
      if let device = entry.flatMap({ DeviceNumber(text: $0.device) }) { return device }
      return try Syscall.status(of: file).fileSystem
    }
  }

  /// The mounts of a file system in all namespaces, with what keeps those namespaces that no process is in.
  private func mounts(
    _ device: DeviceNumber,
    _ superblock: SuperblockRecord?,
    _ state: inout MachineState
  ) -> [HolderReport.Mount] {
    let known = superblock?.mountsByNamespace
    let holding = state.namespaces.filter { namespace in
      guard let known, let id = namespace.id else { return true }
      return known[id] != nil
    }
    let tables = MachineReader.read(holding) { position, budget throws(Errno) in
      let namespace = holding[position]
      return try entries(of: namespace, device, known: namespace.id.flatMap { known?[$0] }, budget)
    }
    if let sentence = MachineReader.leftOut(tables.count(where: \.isLeftOut)) { state.unseen.append(sentence) }
    let holders = zip(holding, tables.map { $0.success ?? [] }).filter { !$0.1.isEmpty }
    if holders.contains(where: { $0.0.processes.isEmpty }) {
      MachineReader(scan: scan, containers: containers).addKeepers(to: &state)
    }
    return holders.flatMap { namespace, entries in
      let namespace = state.namespaces.first { $0.inode == namespace.inode } ?? namespace
      return entries.map { HolderReport.Mount(namespace: namespace, entry: $0, isOwn: namespace.inode == own) }
    }
  }

  /// The mounts of a file system in a namespace: of some, or of all mounts, which are asked for their numbers alone first, at a third
  /// of what reading the table costs.
  private func entries(
    of namespace: NamespaceState,
    _ device: DeviceNumber,
    known: [UInt64]?,
    _ budget: ReadingBudget?
  ) throws(Errno) -> [MountEntry] {
    let name = "\(device.major):\(device.minor)"
    if let id = namespace.id {
      if let known {
        try budget?.require(mounts: known.count)
      } else {
        try budget?.take(numbersOf: namespace.mountCount ?? 0)
      }
      let found = known ?? Self.mounts(of: device, inNamespace: id)
      if let found, found.isEmpty { return [] }
      // What cannot be read by the namespace's id can be by its processes: the kernel finds no mounts by the id where none is attached to
      // the namespace's first.
      if let found {
        do throws(Errno) {
          let table = try MountTable.read(namespace: id, only: found, .place, budget: budget)
          if table.entries.count == found.count || namespace.processes.isEmpty {
            return table.entries.filter { $0.device == name }
          }
        } catch  where error != .fileTooLarge {
        }
      }
    }
    return try MachineReader.table(of: namespace, budget: budget).entries.filter { $0.device == name }
  }

  /// The ids of a file system's mounts in a namespace; nil when the kernel does not tell them.
  private static func mounts(of device: DeviceNumber, inNamespace id: UInt64) -> [UInt64]? {
    guard let ids = try? Syscall.mounts(ofNamespace: id), let numbers = try? Syscall.numbers(of: ids, inNamespace: id)
    else {
      return nil
    }
    return numbers.filter { $0.major == device.major && $0.minor == device.minor }.map(\.id)
  }

  /// The mounts of other file systems below some of this namespace.
  private func below(_ entries: [MountEntry]) -> [String] {
    guard !entries.isEmpty else { return [] }
    let known = Set(entries.map(\.id))
    let table = Self.table(below: entries) ?? (try? MountTable.live())
    return (table?.entries ?? []).filter { known.contains($0.parentID) && !known.contains($0.id) }.map(\.mountPoint)
  }

  /// What is mounted below mounts of this namespace; nil where they have no unique ids.
  private static func table(below entries: [MountEntry]) -> MountTable? {
    // Each tells of all that is below it: of many, that can be more than all mounts are.
    guard entries.count <= 64 else { return nil }
    var ids: Set<UInt64> = []
    for entry in entries {
      guard let id = entry.uniqueID, let below = try? Syscall.mounts(ofNamespace: nil, below: id) else { return nil }
      ids.formUnion(below)
    }
    return try? MountTable.read(namespace: 0, only: ids.sorted(), [.basic, .mountPoint])
  }
}
