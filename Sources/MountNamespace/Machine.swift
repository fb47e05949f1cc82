/// The mount namespaces of a machine and all mounts in them: what the kernel holds, as a value.
///
/// `apply(_:in:)` does to it what the kernel does to mount trees: mount_namespaces(7), and the kernel's
/// Documentation/filesystems/sharedsubtree.rst and propagate_umount.txt. The kernel is the oracle that it is tested against.
package struct Machine: Hashable, Sendable {
  /// The rules in which kernels differ.
  package var rules: KernelRules
  /// The namespaces, in the order of their making, with those that ended.
  package internal(set) var namespaces: [Namespace] = []
  /// The mounts, by their number, with those that are gone: they are in no namespace.
  package internal(set) var mounts: [Mount] = []
  package internal(set) var superblocks: [Superblock] = []
  /// The members of each peer group, and the mounts that receive from it.
  var members: [Int: MountList] = [:]
  var slaves: [Int: MountList] = [:]
  /// Whether something was done where a kernel follows no rule that is written down, but the order of its lists: a copy that passes by
  /// a group which has none, and on older kernels a stack that another mount arrives beneath. What comes after may differ.
  package internal(set) var isBeyondRules = false
  var nextGroup = 1
  var nextUserNamespace = 1

  package init(rules: KernelRules = .current) { self.rules = rules }

  /// A file system, apart from where it is mounted.
  package struct Superblock: Hashable, Sendable {
    package var type: String
    package var source: String
    /// The device number of the live machine, or what stands for it: `0:1`.
    package var device: String
    /// The directories that exist, `/` among them; nil when any path is taken to exist.
    package var directories: Set<String>?

    package init(type: String, source: String, device: String = "", directories: Set<String>? = nil) {
      self.type = type
      self.source = source
      self.device = device
      self.directories = directories
    }
  }

  /// A mount namespace.
  package struct Namespace: Hashable, Sendable {
    package var name: String
    /// The user namespace that owns it, by a number; 0 is the first.
    package var owner: Int
    /// The mount that everything in it hangs from.
    package internal(set) var top: Int
    /// The mount, and the directory on its file system, that is `/` to the processes in it.
    package internal(set) var root: Place
    /// Whether the last process left and it is gone.
    package internal(set) var hasEnded = false
  }

  /// A directory: a mount, and a path on its file system.
  package struct Place: Hashable, Sendable {
    package var mount: Int
    package var path: String
  }
}

/// What kernels do differently, where the model knows of it.
package struct KernelRules: Hashable, Sendable {
  /// A copy of a namespace keeps mounts unbindable: until Linux 6.16; since then the copies are private.
  package var copiesStayUnbindable: Bool
  /// A mount can be moved beneath another: move_mount(2) MOVE_MOUNT_BENEATH, since Linux 6.5.
  package var canMoveBeneath: Bool

  /// What a lazy unmount of a tree takes away elsewhere is the greatest set of propagate_umount.txt, and what was at a place goes
  /// on top of all that arrives there: since Linux 6.17. Before, the set could be another where mounts of the tree propagate to each
  /// other, and a mount could come to lie beside what covers it; the model does not have that.
  package var hasDefiniteStacks: Bool
  /// How many mounts a namespace can have: fs.mount-max of proc_sys_fs(5).
  package var mountMax = 100_000

  package init(copiesStayUnbindable: Bool, canMoveBeneath: Bool, hasDefiniteStacks: Bool) {
    self.copiesStayUnbindable = copiesStayUnbindable
    self.canMoveBeneath = canMoveBeneath
    self.hasDefiniteStacks = hasDefiniteStacks
  }

  /// Those of Linux 6.17 and later.
  package static var current: Self {
    Self(copiesStayUnbindable: false, canMoveBeneath: true, hasDefiniteStacks: true)
  }
  /// Those of Linux 6.1.
  package static var linux6_1: Self {
    Self(copiesStayUnbindable: true, canMoveBeneath: false, hasDefiniteStacks: false)
  }
}
