package import LinuxABI

extension Machine {
  /// A mount: a directory of a file system, attached to a place of another mount.
  package struct Mount: Hashable, Sendable {
    package var superblock: Int
    /// The directory of the file system that is its root.
    package var root: String
    /// The namespace that it is in; nil when it is not attached, or gone.
    package internal(set) var namespace: Int?
    /// The mount that it is attached to; nil for the top of a namespace.
    package internal(set) var parent: Int?
    /// The directory that it covers, on the file system of its parent.
    package internal(set) var mountPoint: String = "/"
    /// What is attached to it.
    package internal(set) var children: [Int] = []
    package internal(set) var attributes: MountAttributes
    /// The peer group, when it is shared.
    package internal(set) var group: Int?
    /// The peer group that it receives from, when it is a slave.
    package internal(set) var master: Int?
    package internal(set) var isUnbindable = false
    /// Whether it cannot be taken away by itself: mount_namespaces(7) "Restrictions on mount namespaces".
    package internal(set) var isLocked = false
    /// The attributes that cannot be cleared any more; `accessTimeModes` stands for the times of access as a whole.
    package internal(set) var lockedAttributes: MountAttributes = []

    /// Whether it is a member of a peer group.
    package var isShared: Bool { group != nil }
    /// Whether it is in no namespace.
    package var isGone: Bool { namespace == nil }

    /// The propagation in words: `shared, slave`, as findmnt(8) prints it.
    package var propagation: String {
      var words: [String] = []
      if isShared { words.append("shared") }
      if master != nil { words.append("slave") }
      if isUnbindable { words.append("unbindable") }
      return words.isEmpty ? "private" : words.joined(separator: ",")
    }
  }

  /// A new mount that is attached to nothing.
  mutating func makeMount(superblock: Int, root: String, attributes: MountAttributes) -> Int {
    mounts.append(Mount(superblock: superblock, root: root, attributes: attributes))
    return mounts.count - 1
  }

  /// The mount that covers a directory of another, directly.
  func child(of mount: Int, at path: String) -> Int? {
    mounts[mount].children.first { mounts[$0].mountPoint == path }
  }

  /// The mount that covers a mount's root.
  func overmount(of mount: Int) -> Int? { child(of: mount, at: mounts[mount].root) }

  /// The last of the mounts that are stacked on a mount's root.
  func topmost(_ mount: Int) -> Int {
    var top = mount
    while let over = overmount(of: top) { top = over }
    return top
  }

  /// A mount and all below it, parents first.
  package func tree(of mount: Int) -> [Int] {
    var tree = [mount]
    var index = 0
    while index < tree.count {
      tree += mounts[tree[index]].children
      index += 1
    }
    return tree
  }

  /// Whether a mount is another, or lies above it.
  func isAncestor(_ ancestor: Int, of mount: Int) -> Bool {
    var place = mount
    while place != ancestor, let parent = mounts[place].parent { place = parent }
    return place == ancestor
  }

  /// Attaches a mount with all below it to a place of a mounted tree.
  mutating func attach(_ mount: Int, at place: Place) {
    mounts[mount].parent = place.mount
    mounts[mount].mountPoint = place.path
    mounts[place.mount].children.append(mount)
  }

  /// Takes a mount, with all below it, from its parent.
  mutating func unlink(_ mount: Int) {
    guard let parent = mounts[mount].parent else { return }
    mounts[parent].children.removeAll { $0 == mount }
    mounts[mount].parent = nil
  }

  /// Puts a mount and all below it into a namespace.
  mutating func commit(_ mount: Int, to namespace: Int?) {
    for member in tree(of: mount) { mounts[member].namespace = namespace }
  }
}
