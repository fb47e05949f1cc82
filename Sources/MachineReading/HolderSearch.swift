package import Instruments
package import LinuxABI
import LinuxSyscalls
import MountExecution
import MountNamespace
import SystemPackage

/// Finds who keeps a file system in use, and lets go of it.
package struct HolderSearch: Sendable {
  let scan: ProcessScan
  let containers: ContainerScan
  let own: UInt64

  package init(scan: ProcessScan, containers: ContainerScan) {
    self.scan = scan
    self.containers = containers
    own = scan[Syscall.processID]?.namespaces[.mount] ?? 0
  }

  /// Everything that holds the file system of a device number.
  package func report(_ subject: String, device: DeviceNumber) -> HolderReport {
    var state = MachineReader(scan: scan, containers: containers).state([])
    let name = "\(device.major):\(device.minor)"
    var mounts: [HolderReport.Mount] = []
    var needsKeepers = false
    for (namespace, entries) in zip(state.namespaces, Threads.map(state.namespaces) { entries(of: $0, device) }) {
      for entry in entries {
        mounts.append(HolderReport.Mount(namespace: namespace, entry: entry, isOwn: namespace.inode == own))
        if namespace.processes.isEmpty { needsKeepers = true }
      }
    }
    if needsKeepers {
      MachineReader(scan: scan, containers: containers).addKeepers(to: &state)
      for position in mounts.indices {
        if let found = state.namespaces.first(where: { $0.inode == mounts[position].namespace.inode }) {
          mounts[position].namespace = found
        }
      }
    }
    let ownMounts = mounts.filter(\.isOwn)
    let marks = FileSystemMarks(device: device, mounts: mounts.map(\.entry))
    return HolderReport(
      subject: subject,
      device: name,
      mounts: mounts,
      uses: Threads.map(scan.processes) { uses(by: $0, of: marks) }.flatMap { $0 },
      pins: Self.pins(on: device),
      below: below(ownMounts.map(\.entry)),
      unseen: state.unseen
    )
  }

  /// The mounts of a file system in a namespace: asked for one field of each, which costs a third of reading the table.
  private func entries(of namespace: NamespaceState, _ device: DeviceNumber) -> [MountEntry] {
    if let id = namespace.id, let ids = try? Syscall.mounts(ofNamespace: id) {
      let numbers = Syscall.numbers(of: ids, inNamespace: id)
      let found = numbers.filter { $0.major == device.major && $0.minor == device.minor }.map(\.id)
      if found.isEmpty { return [] }
      // What cannot be read by the namespace's id can be by its processes.
      if let table = try? MountTable.read(namespace: id, only: found) { return table.entries }
    }
    let table = MachineReader.table(of: namespace, scan)
    return table?.entries.filter { $0.device == "\(device.major):\(device.minor)" } ?? []
  }

  /// The mounts of other file systems below some.
  private func below(_ entries: [MountEntry]) -> [String] {
    guard !entries.isEmpty, let table = try? MountTable.live() else { return [] }
    let ids = Set(entries.map(\.id))
    return table.entries.filter { ids.contains($0.parentID) && !ids.contains($0.id) }.map(\.mountPoint)
  }
}
