import LinuxABI
import SystemPackage

// Copies of mounts and of trees of mounts: what a bind, a propagated mount and a new namespace are made of.
extension Machine {
  /// How a copy stands to what it is a copy of.
  enum CopyKind {
    /// A peer of what is shared, and a slave of the same master.
    case peer
    /// A slave of what it is a copy of.
    case slave
    /// A slave of what is shared; of what is not, as a peer: for a namespace of another user namespace.
    case sharedToSlave
  }

  /// A copy of one mount, with a directory of its file system as root.
  mutating func copy(_ mount: Int, root: String, as kind: CopyKind, shared: Bool = false) -> Int {
    let original = mounts[mount]
    let copy = makeMount(superblock: original.superblock, root: root, attributes: original.attributes)
    mounts[copy].lockedAttributes = original.lockedAttributes
    mounts[copy].isUnbindable = rules.copiesStayUnbindable && original.isUnbindable
    if kind == .slave || (kind == .sharedToSlave && original.isShared) {
      setMaster(original.group, of: copy)
    } else {
      setGroup(original.group, of: copy)
      setMaster(original.master, of: copy)
    }
    if shared { share(copy) }
    return copy
  }

  /// A copy of a mount and of what is attached to it below a directory.
  ///
  /// Returns the copies in the order of `tree(of:)`, and what each is a copy of.
  /// - Throws: EINVAL for an unbindable mount, EPERM for one below it that is locked and unbindable.
  mutating func copyTree(
    _ mount: Int,
    root: String,
    as kind: CopyKind,
    shared: Bool = false,
    withUnbindable: Bool = false
  ) throws(Refusal) -> [(copy: Int, original: Int)] {
    if mounts[mount].isUnbindable, !withUnbindable {
      throw Refusal(errno: .invalidArgument, reason: "the mount is unbindable")
    }
    let wanted = try bindable(mount, below: root, withUnbindable: withUnbindable)
    try checkMemory(forMounts: wanted.count + 1)
    var copies = [(copy: copy(mount, root: root, as: kind, shared: shared), original: mount)]
    for (original, parent) in wanted {
      let made = copy(original, root: mounts[original].root, as: kind, shared: shared)
      mounts[made].isLocked = mounts[original].isLocked
      attach(made, at: Place(mount: copies[parent].copy, path: mounts[original].mountPoint))
      copies.append((made, original))
    }
    return copies
  }

  /// The mounts below a directory of a mount that a copy of the tree has, each with the position of its parent among them.
  func bindable(
    _ mount: Int,
    below root: String,
    withUnbindable: Bool
  ) throws(Refusal) -> [(mount: Int, parent: Int)] {
    var found: [(mount: Int, parent: Int)] = []
    var waiting: [(mount: Int, position: Int)] = [(mount, 0)]
    var index = 0
    while index < waiting.count {
      let (parent, position) = waiting[index]
      index += 1
      for child in mounts[parent].children {
        if parent == mount, !isPath(mounts[child].mountPoint, within: root) { continue }
        if mounts[child].isUnbindable, !withUnbindable {
          guard mounts[child].isLocked else { continue }
          throw Refusal(errno: .notPermitted, reason: "a mount below is unbindable, and locked in its place")
        }
        found.append((child, position))
        waiting.append((child, found.count))
      }
    }
    return found
  }

  /// Locks a tree that came from another user namespace: mount_namespaces(7) "Restrictions on mount namespaces".
  mutating func lock(_ tree: Int) {
    for mount in self.tree(of: tree) {
      let lockable = mounts[mount].attributes.intersection([.readOnly, .noDevices, .noSetUserID, .noExecution])
      mounts[mount].lockedAttributes.formUnion(lockable.union(.accessTimeModes))
      if mount != tree { mounts[mount].isLocked = true }
    }
  }
}
