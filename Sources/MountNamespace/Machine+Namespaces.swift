import LinuxABI
import SystemPackage

// The life of namespaces: unshare(2), pivot_root(2), and their end.
extension Machine {
  /// Adds a namespace as a pivot_root(2) leaves it: a top that no path reaches, and on it the root, all private.
  package mutating func addNamespace(name: String, owner: Int = 0, superblock: Superblock) -> Int {
    superblocks.append(Superblock(type: "rootfs", source: "rootfs", device: "0:1"))
    let top = makeMount(superblock: superblocks.count - 1, root: "/", attributes: [])
    superblocks.append(superblock)
    let root = makeMount(superblock: superblocks.count - 1, root: "/", attributes: [])
    attach(root, at: Place(mount: top, path: "/"))
    namespaces.append(Namespace(name: name, owner: owner, top: top, root: Place(mount: root, path: "/")))
    commit(top, to: namespaces.count - 1)
    return namespaces.count - 1
  }

  /// The namespace of a name, while it lives.
  package func index(ofNamespace name: String) -> Int? {
    namespaces.firstIndex { $0.name == name && !$0.hasEnded }
  }

  /// Copies a namespace: mount_namespaces(7). Of another user namespace, what is shared is received only, and all is locked.
  mutating func unshare(_ namespace: Int, as name: String, newUser: Bool) throws(Refusal) -> [Effect] {
    let old = namespaces[namespace]
    // A process in a chroot cannot: user_namespaces(7), unshare(2) EPERM. So is one whose root another mount covers.
    if newUser, topmost(old.top) != old.root.mount || !isRoot(old.root) {
      throw Refusal(
        errno: .notPermitted,
        reason: "the root is not the top of the namespace's root: a chroot, or a mount covers it"
      )
    }
    let kind: CopyKind = newUser ? .sharedToSlave : .peer
    let copies = try copyTree(old.top, root: mounts[old.top].root, as: kind, withUnbindable: true)
    var root = old.root
    for (copy, original) in copies where original == old.root.mount { root.mount = copy }
    namespaces.append(
      Namespace(name: name, owner: newUser ? nextUserNamespace : old.owner, top: copies[0].copy, root: root)
    )
    commit(copies[0].copy, to: namespaces.count - 1)
    if newUser {
      nextUserNamespace += 1
      lock(copies[0].copy)
    }
    return copies.map { effect(.attached, $0.copy, .asked) }
  }

  /// Ends a namespace: its mounts go, and nothing propagates.
  mutating func end(_ namespace: Int) -> [Effect] {
    namespaces[namespace].hasEnded = true
    return takeAway(tree(of: namespaces[namespace].top), propagating: false)
  }

  /// Puts the mount at a path in the place of the root, and the root at a directory below it: pivot_root(2).
  mutating func pivotRoot(to path: String, putOld: String, in namespace: Int) throws(Refusal) -> [Effect] {
    let new = try resolve(path, in: namespace)
    let old = try target(putOld, in: namespace)
    let root = namespaces[namespace].root
    try checkPivot(new: new, old: old, root: root, path, putOld, in: namespace)
    guard let top = mounts[root.mount].parent else { return [] }
    let rootPlace = Place(mount: top, path: mounts[root.mount].mountPoint)
    unlink(new.mount)
    unlink(root.mount)
    if mounts[root.mount].isLocked {
      mounts[new.mount].isLocked = true
      mounts[root.mount].isLocked = false
    }
    attach(root.mount, at: old)
    attach(new.mount, at: rootPlace)
    namespaces[namespace].root = new
    return [effect(.moved, new.mount, .asked), effect(.moved, root.mount, .asked)]
  }

  /// The refusals of pivot_root(2), in the kernel's order.
  private func checkPivot(
    new: Place,
    old: Place,
    root: Place,
    _ path: String,
    _ putOld: String,
    in namespace: Int
  ) throws(Refusal) {
    func refuse(_ condition: Bool, _ errno: Errno, _ reason: String) throws(Refusal) {
      if condition { throw Refusal(errno: errno, reason: reason) }
    }
    let newParent = mounts[new.mount].parent ?? new.mount
    let rootParent = mounts[root.mount].parent ?? root.mount
    try refuse(mounts[old.mount].isShared, .invalidArgument, "\(putOld) lies in a mount that is shared")
    try refuse(mounts[newParent].isShared, .invalidArgument, "the parent mount of \(path) is shared")
    try refuse(mounts[rootParent].isShared, .invalidArgument, "the parent mount of the root is shared")
    let isHere = mounts[root.mount].namespace == namespace && mounts[new.mount].namespace == namespace
    try refuse(!isHere, .invalidArgument, "the root, or \(path), was detached from this namespace")
    try refuse(mounts[new.mount].isLocked, .invalidArgument, "\(path) is locked in its place")
    let isRoot = new.mount == root.mount || old.mount == root.mount
    try refuse(isRoot, .resourceBusy, "\(path) or \(putOld) is on the root mount itself")
    try refuse(!self.isRoot(root), .invalidArgument, "the root of the process is not a mount's root")
    try refuse(
      mounts[root.mount].parent == nil,
      .invalidArgument,
      "the root is the mount that the namespace hangs from"
    )
    try refuse(!self.isRoot(new), .invalidArgument, "\(path) is not a mount point")
    try refuse(mounts[new.mount].parent == nil, .invalidArgument, "\(path) is the mount that the namespace hangs from")
    try refuse(!isReachable(old, from: new), .invalidArgument, "\(putOld) is not below \(path)")
    try refuse(!isReachable(new, from: root), .invalidArgument, "\(path) is not below the root")
  }
}
