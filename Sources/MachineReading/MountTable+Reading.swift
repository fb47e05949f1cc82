import LinuxABI
package import LinuxSyscalls
package import MountNamespace
package import SystemPackage

extension MountTable {
  /// The mounts that a process sees, from /proc/PID/mountinfo, and, where the kernel has them, the unique ids.
  ///
  /// That one bulk read takes half the time of a statmount(2) for each mount; the ids are asked for only with `uniqueIDs`.
  ///
  /// - Throws: `EFBIG` when the budget does not last, here and below.
  package static func read(
    process: Int32,
    namespace: UInt64? = nil,
    uniqueIDs: Bool = false,
    budget: ReadingBudget? = nil
  ) throws(Errno) -> MountTable {
    var table = MountTable(mountinfo: try mountinfo(of: process, budget))
    if uniqueIDs, let namespace { table.addUniqueIDs(ofNamespace: namespace) }
    return table
  }

  private static func mountinfo(of process: Int32, _ budget: ReadingBudget?) throws(Errno) -> [UInt8] {
    guard let budget else { return try Syscall.contents(of: "/proc/\(process)/mountinfo") }
    let file = try Syscall.open("/proc/\(process)/mountinfo", [])
    var text: [UInt8] = []
    while true {
      let part = try Syscall.read(file.borrowed, count: 65536)
      if part.isEmpty { return text }
      try budget.take(part.count)
      text += part
    }
  }

  /// The mounts of a namespace by its id, as from its root: listmount(2) and statmount(2), Linux 6.11.
  package static func read(namespace: UInt64, budget: ReadingBudget? = nil) throws(Errno) -> MountTable {
    try read(namespace: namespace, only: try Syscall.mounts(ofNamespace: namespace), budget: budget).fromProcessRoot
  }

  /// Some of the mounts of a namespace, by their unique ids.
  package static func read(
    namespace: UInt64,
    only ids: [UInt64],
    _ parts: MountStatusParts = .all,
    budget: ReadingBudget? = nil
  ) throws(Errno) -> MountTable {
    var entries: [MountEntry] = []
    if budget == nil { entries.reserveCapacity(ids.count) }
    try Syscall.statuses(of: ids, inNamespace: namespace, parts) { status throws(Errno) in
      try budget?.take(max(ReadingBudget.bytesPerMount, status.textCount))
      entries.append(MountEntry(status))
    }
    return MountTable(entries: entries)
  }

  /// The table without what the root of a process in the namespace does not reach: that root is the last of the mounts that are
  /// stacked on the namespace's own, setns(2).
  var fromProcessRoot: MountTable {
    let ids = Set(entries.map(\.id))
    guard var root = entries.first(where: { !ids.contains($0.parentID) || $0.parentID == $0.id }),
      root.type == "rootfs" || root.type == "ramfs"
    else {
      return self
    }
    if let over = entries.first(where: { $0.parentID == root.id && $0.id != root.id && $0.mountPoint == "/" }) {
      root = over
    }
    var kept: Set<UInt64> = [root.id]
    var found = true
    while found {
      found = false
      for entry in entries where kept.contains(entry.parentID) && kept.insert(entry.id).inserted { found = true }
    }
    return MountTable(entries: entries.filter { kept.contains($0.id) })
  }

  /// Adds the ids that are never used again, and the id mappings that mountinfo does not tell.
  private mutating func addUniqueIDs(ofNamespace namespace: UInt64) {
    var positions: [UInt64: Int] = [:]
    for (position, entry) in entries.enumerated() { positions[entry.id] = position }
    // Without statmount(2) there are no such ids.
    guard let ids = try? Syscall.mounts(ofNamespace: namespace) else { return }
    guard let numbers = try? Syscall.numbers(of: ids, inNamespace: namespace) else { return }
    for mount in numbers {
      if let position = positions[mount.oldID] { entries[position].uniqueID = mount.id }
    }
    let mapped = numbers.filter(\.isIDMapped).map(\.id)
    // Before Linux 6.15 the mappings cannot be read back.
    try? Syscall.statuses(of: mapped, inNamespace: namespace, [.basic, .idMappings]) { status in
      if let position = positions[status.oldID] { entries[position].idMappings = IDMappings(status) }
    }
  }
}

extension MountStatus {
  /// How many bytes its texts have that a user may make as long as he likes.
  fileprivate var textCount: Int { root.utf8.count + mountPoint.utf8.count + source.utf8.count + options.utf8.count }
}

extension IDMappings {
  /// The mappings of a mount that has some.
  fileprivate init?(_ status: MountStatus) {
    guard status.attributes.contains(.idMapped), !status.userMappings.isEmpty else { return nil }
    self.init(
      users: [IDMapping](procText: Array((status.userMappings.joined(separator: "\n") + "\n").utf8)),
      groups: [IDMapping](procText: Array((status.groupMappings.joined(separator: "\n") + "\n").utf8))
    )
  }
}

extension MountEntry {
  /// The line that mountinfo has for a mount.
  fileprivate init(_ status: MountStatus) {
    let flags: [(UInt32, String)] = [(0x10, "sync"), (0x80, "dirsync"), (0x40, "mand"), (0x200_0000, "lazytime")]
    let superblock = flags.filter { status.superblockFlags & $0.0 != 0 }.map(\.1)
    let data = status.options.isEmpty ? [] : status.options.split(separator: ",").map(String.init)
    self.init(
      id: status.oldID,
      parentID: status.parentOldID,
      device: "\(status.major):\(status.minor)",
      root: status.root,
      mountPoint: status.mountPoint,
      options: status.attributes.mountinfoOptions,
      peerGroup: status.peerGroup == 0 || status.propagationFlags & Propagation.shared.rawFlag == 0
        ? nil : status.peerGroup,
      master: status.master == 0 ? nil : status.master,
      isUnbindable: status.propagationFlags & Propagation.unbindable.rawFlag != 0,
      propagateFrom: status.propagateFrom == 0 || status.propagateFrom == status.master ? nil : status.propagateFrom,
      type: status.type + (status.subtype.isEmpty ? "" : "." + status.subtype),
      source: status.source.isEmpty ? "none" : status.source,
      superblockOptions: [status.superblockFlags & 1 != 0 ? "ro" : "rw"] + superblock + data,
      uniqueID: status.id,
      idMappings: IDMappings(status)
    )
  }
}

extension MountAttributes {
  /// The options in the order of mountinfo, proc(5).
  fileprivate var mountinfoOptions: [String] {
    let names: [(Self, String)] = [
      (.noSetUserID, "nosuid"), (.noDevices, "nodev"), (.noExecution, "noexec"), (.noAccessTime, "noatime"),
      (.noDirectoryAccessTime, "nodiratime"),
    ]
    var options = [contains(.readOnly) ? "ro" : "rw"] + names.filter { contains($0.0) }.map(\.1)
    if isDisjoint(with: .accessTimeModes) { options.append("relatime") }
    if contains(.noSymbolicLinks) { options.append("nosymfollow") }
    return options + (contains(.idMapped) ? ["idmapped"] : [])
  }
}
