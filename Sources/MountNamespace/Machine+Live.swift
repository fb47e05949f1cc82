import LinuxABI

extension Machine {
  /// A namespace of the live machine, to begin with.
  package struct LiveNamespace: Sendable {
    package var name: String
    /// What the owner is told apart by: the number of the user namespace's file.
    package var owner: UInt64
    package var table: MountTable

    package init(name: String, owner: UInt64, table: MountTable) {
      self.name = name
      self.owner = owner
      self.table = table
    }
  }

  /// A machine as the tables show it. What they do not show is not in it: mounts that no root reaches, and which are locked.
  package init(live namespaces: [LiveNamespace], rules: KernelRules = .current) {
    self.init(rules: rules)
    var devices: [String: Int] = [:]
    var owners: [UInt64: Int] = [:]
    for namespace in namespaces {
      let owner = owners[namespace.owner] ?? owners.count
      owners[namespace.owner] = owner
      add(namespace, owner: owner, &devices)
    }
    nextUserNamespace = owners.count
    nextGroup = ((Array(members.keys) + Array(slaves.keys)).max() ?? 0) + 1
  }

  /// Adds a namespace, with a top that stands for all that its root does not reach.
  private mutating func add(_ namespace: LiveNamespace, owner: Int, _ devices: inout [String: Int]) {
    let entries = namespace.table.entries
    var numbers: [UInt64: Int] = [:]
    for entry in entries { numbers[entry.id] = mount(for: entry, &devices) }
    superblocks.append(Superblock(type: "rootfs", source: "rootfs"))
    let top = makeMount(superblock: superblocks.count - 1, root: "/", attributes: [])
    var points: [UInt64: MountEntry] = [:]
    for entry in entries { points[entry.id] = entry }
    var root: Int?
    for entry in entries {
      guard let mount = numbers[entry.id] else { continue }
      if let parent = points[entry.parentID], parent.id != entry.id, let number = numbers[parent.id] {
        attach(mount, at: Place(mount: number, path: parent.pathOnFileSystem(of: entry.mountPoint)))
      } else if root == nil {
        root = mount
        attach(mount, at: Place(mount: top, path: "/"))
      }
    }
    let place = root.map { Place(mount: $0, path: mounts[$0].root) } ?? Place(mount: top, path: "/")
    self.namespaces.append(Namespace(name: namespace.name, owner: owner, top: top, root: place))
    commit(top, to: self.namespaces.count - 1)
  }

  private mutating func mount(for entry: MountEntry, _ devices: inout [String: Int]) -> Int {
    let superblock =
      devices[entry.device]
      ?? {
        superblocks.append(Superblock(type: entry.type, source: entry.source, device: entry.device))
        return superblocks.count - 1
      }()
    devices[entry.device] = superblock
    let mount = makeMount(superblock: superblock, root: entry.root, attributes: entry.attributes)
    if let group = entry.peerGroup { setGroup(Int(group), of: mount) }
    if let master = entry.master { setMaster(Int(master), of: mount) }
    mounts[mount].isUnbindable = entry.isUnbindable
    return mount
  }
}
