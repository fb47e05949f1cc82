package import LinuxABI

extension MountTable {
  /// The mount that a walk to a path ends on the root of, if it does.
  package func topMount(at path: String) -> MountEntry? {
    mount(containing: path).flatMap { $0.mountPoint == path ? $0 : nil }
  }
}

extension MountEntry {
  /// Where a path below the mount point lies on the mount's file system.
  package func pathOnFileSystem(of path: String) -> String {
    let below = MountNamespace.path(path, from: mountPoint)
    if below == "/" { return root }
    return root == "/" ? below : root + below
  }

  /// Where a directory of the mount's file system, below its root, is seen.
  package func path(ofDirectory directory: String) -> String {
    let below = MountNamespace.path(directory, from: root)
    if below == "/" { return mountPoint }
    return mountPoint == "/" ? below : mountPoint + below
  }
}

extension MountEntry {
  /// The attributes that the options name; what else is among them is left out.
  package var attributes: MountAttributes {
    var attributes: MountAttributes = []
    for option in options { attributes.formUnion(MountAttributes(optionName: option)) }
    return attributes
  }
}
