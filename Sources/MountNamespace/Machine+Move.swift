import SystemPackage

// move_mount(2): moving, moving beneath, and joining a peer group.
extension Machine {
  /// Moves a mount with all below it; with `beneath`, under the mount on top of the place.
  mutating func move(_ from: String, to path: String, beneath: Bool, in namespace: Int) throws(Refusal) -> [Effect] {
    if beneath, !rules.canMoveBeneath {
      throw Refusal(errno: .invalidArgument, reason: "moving beneath a mount needs Linux 6.5")
    }
    for path in [from, path] { _ = try resolve(path, in: namespace) }
    let over = beneath ? try mountRoot(at: path, in: namespace) : nil
    var place = try target(path, in: namespace)
    let mount = try mountRoot(at: from, in: namespace)
    if let over {
      let top = topmost(over)
      guard let parent = mounts[top].parent else {
        throw Refusal(errno: .invalidArgument, reason: "\(path) is the mount that the whole namespace hangs from")
      }
      place = Place(mount: parent, path: mounts[top].mountPoint)
    }
    guard let parent = mounts[mount].parent, !mounts[mount].isLocked else {
      throw Refusal(errno: .invalidArgument, reason: "\(from) is locked in its place, or what the namespace hangs from")
    }
    guard !mounts[parent].isShared else {
      throw Refusal(errno: .invalidArgument, reason: "the parent mount of \(from) is shared: make it private first")
    }
    if over != nil { try checkBeneath(mount, place, path, from, in: namespace) }
    if mounts[place.mount].isShared, tree(of: mount).contains(where: { mounts[$0].isUnbindable }) {
      throw Refusal(
        errno: .invalidArgument,
        reason: "\(from) has an unbindable mount, and \(path) lies in a shared one"
      )
    }
    guard !isAncestor(mount, of: place.mount) else {
      throw Refusal(errno: .tooManySymbolicLinkLevels, reason: "\(path) lies below \(from) itself")
    }
    return try attach(mount, at: place, by: namespace, moving: true)
  }

  /// The refusals of MOVE_MOUNT_BENEATH, in the kernel's order.
  private func checkBeneath(
    _ mount: Int,
    _ place: Place,
    _ path: String,
    _ from: String,
    in namespace: Int
  ) throws(Refusal) {
    func refuse(_ condition: Bool, _ reason: String) throws(Refusal) {
      if condition { throw Refusal(errno: .invalidArgument, reason: reason) }
    }
    guard let over = child(of: place.mount, at: place.path) else { return }
    try refuse(mounts[over].isLocked, "the mount at \(path) is locked in its place")
    try refuse(overmount(of: mount) != nil, "a mount covers the root of \(from)")
    try refuse(over == namespaces[namespace].root.mount, "\(path) is the root of the process")
    try refuse(place.mount == namespaces[namespace].top, "\(path) hangs from the top of the namespace")
    try refuse(isAncestor(over, of: mount), "\(from) lies below \(path)")
    try refuse(wouldCover(over, from: place), "what is mounted beneath \(path) would propagate on top of it")
    try refuse(wouldCover(mount, from: place), "what is mounted beneath \(path) would propagate on top of itself")
  }

  /// Whether what is mounted at a place would propagate onto the root of a mount.
  private func wouldCover(_ mount: Int, from place: Place) -> Bool {
    mounts[mount].superblock == mounts[place.mount].superblock && mounts[mount].root == place.path
      && gives(place.mount, to: mount)
  }

  /// Makes a private mount a peer, and a slave, as another of the same file system is: MOVE_MOUNT_SET_GROUP.
  mutating func setGroup(from: String, to path: String, in namespace: Int) throws(Refusal) -> [Effect] {
    for path in [from, path] { _ = try resolve(path, in: namespace) }
    let source = try mountRoot(at: from, in: namespace)
    let mount = try mountRoot(at: path, in: namespace)
    func refuse(_ condition: Bool, _ reason: String) throws(Refusal) {
      if condition { throw Refusal(errno: .invalidArgument, reason: reason) }
    }
    try refuse(mounts[source].superblock != mounts[mount].superblock, "\(from) and \(path) are of two file systems")
    let isWider = isPath(mounts[mount].root, within: mounts[source].root)
    try refuse(!isWider, "the root of \(path) is not below the root of \(from)")
    try refuse(hasLockedChild(source, below: mounts[mount].root), "\(from) has a locked mount over what \(path) shows")
    try refuse(mounts[mount].isShared || mounts[mount].master != nil, "\(path) is not private")
    try refuse(!mounts[source].isShared && mounts[source].master == nil, "\(from) is private")
    setMaster(mounts[source].master, of: mount)
    if let group = mounts[source].group {
      setGroup(group, of: mount)
      share(mount)
    }
    return [effect(.changed, mount, .asked)]
  }

  /// Whether a mount that is locked in its place covers something below a directory.
  func hasLockedChild(_ mount: Int, below path: String) -> Bool {
    mounts[mount].children.contains { mounts[$0].isLocked && isPath(mounts[$0].mountPoint, within: path) }
  }
}
