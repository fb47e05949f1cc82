import LinuxABI

extension Machine {
  /// The mounts of a namespace as /proc/PID/mountinfo would show them to a process with the namespace's root, parents first.
  package func table(of namespace: Int) -> MountTable {
    let root = namespaces[namespace].root
    guard mounts[root.mount].namespace == namespace else { return MountTable(entries: []) }
    return MountTable(entries: tree(of: root.mount).compactMap(entry(of:)))
  }

  /// One mount as a line of mountinfo would tell it; nil when the namespace's root does not reach it.
  package func entry(of mount: Int) -> MountEntry? {
    guard let path = path(of: mount) else { return nil }
    let record = mounts[mount]
    let superblock = superblocks[record.superblock]
    let attributes = record.attributes
    let access = attributes.isDisjoint(with: .accessTimeModes) ? ["relatime"] : []
    return MountEntry(
      id: UInt64(mount),
      parentID: UInt64(record.parent ?? mount),
      device: superblock.device,
      root: record.root,
      mountPoint: path,
      options: (attributes.contains(.readOnly) ? [] : ["rw"]) + attributes.optionNames + access,
      peerGroup: record.group.map(UInt64.init),
      master: record.master.map(UInt64.init),
      isUnbindable: record.isUnbindable,
      type: superblock.type,
      source: superblock.source
    )
  }
}
