package import LinuxABI
package import MountNamespace

/// What was read of a machine: its mount namespaces, and what could not be seen of them.
package struct MachineState: Hashable, Sendable {
  /// The mount namespaces, in the order of their ids.
  package var namespaces: [NamespaceState]
  /// What could not be seen, and why: sentences for a person, without a full stop at the end.
  package var unseen: [String]

  package init(namespaces: [NamespaceState] = [], unseen: [String] = []) {
    self.namespaces = namespaces
    self.unseen = unseen
  }
}

/// A namespace, most often a mount namespace: who made it, what is in it, and what keeps it.
package struct NamespaceState: Hashable, Sendable {
  package var type: NamespaceType
  /// The number of its file: `4026531841` of `mnt:[4026531841]`, namespaces(7).
  package var inode: UInt64
  /// The id that is never used again, ioctl_nsfs(2) NS_GET_MNTNS_ID; nil before Linux 6.11.
  package var id: UInt64?
  /// The file number of the user namespace that owns it; nil when it could not be asked for.
  package var owner: UInt64?
  /// How many mounts are in it; nil when it could not be asked for.
  package var mountCount: Int?
  /// Its mounts, when they were asked for: with paths as from the root of the namespace.
  package var table: MountTable?
  /// The processes in it, by PID.
  package var processes: [NamespaceProcess]
  /// What else keeps it alive.
  package var keepers: [NamespaceKeeper]
  /// The path of a file of it, where a person named it by one.
  package var file: String?
  /// The container that its processes are of.
  package var container: ContainerIdentity?
  /// The systemd unit that its processes are of: `ssh.service`.
  package var unit: String?

  package init(
    type: NamespaceType = .mount,
    inode: UInt64,
    id: UInt64? = nil,
    owner: UInt64? = nil,
    mountCount: Int? = nil,
    table: MountTable? = nil,
    processes: [NamespaceProcess] = [],
    keepers: [NamespaceKeeper] = [],
    file: String? = nil,
    container: ContainerIdentity? = nil,
    unit: String? = nil
  ) {
    self.type = type
    self.inode = inode
    self.id = id
    self.owner = owner
    self.mountCount = mountCount
    self.table = table
    self.processes = processes
    self.keepers = keepers
    self.file = file
    self.container = container
    self.unit = unit
  }

  /// The name of the namespace's file: `mnt:[4026531841]`.
  package var fileName: String { "\(type.procName):[\(inode)]" }
}

/// A process of a namespace.
package struct NamespaceProcess: Hashable, Sendable {
  package var id: Int32
  /// The name of the program, as /proc/PID/comm has it.
  package var command: String
  /// The user that it runs as.
  package var user: UInt32

  package init(id: Int32, command: String, user: UInt32) {
    self.id = id
    self.command = command
    self.user = user
  }
}

/// What keeps a namespace alive, apart from the processes in it: namespaces(7) "Namespace lifetime".
package enum NamespaceKeeper: Hashable, Sendable {
  /// A process holds the namespace's file open.
  case descriptor(process: NamespaceProcess, number: Int32)
  /// The namespace's file is mounted at a path of another mount namespace.
  case bindMount(namespace: UInt64, path: String)
  /// A thread of a process is in it, though the process's first thread is not.
  case thread(process: NamespaceProcess, thread: Int32)
  /// The kernel itself, for its devtmpfs.
  case kernel
  /// A namespace that it owns, or is the parent of.
  case child(inode: UInt64, fileName: String)
}

extension MachineState {
  /// Adds the user namespaces that no process is in, and that live because they own other namespaces: ioctl_nsfs(2) NS_GET_USERNS.
  package mutating func addOwners() {
    var known = Set(namespaces.filter { $0.type == .user }.map(\.inode))
    for namespace in namespaces {
      guard let owner = namespace.owner, known.insert(owner).inserted else { continue }
      let children = namespaces.filter { $0.owner == owner }
      namespaces.append(
        NamespaceState(
          type: .user,
          inode: owner,
          keepers: children.map { .child(inode: $0.inode, fileName: $0.fileName) }
        )
      )
    }
  }
}
