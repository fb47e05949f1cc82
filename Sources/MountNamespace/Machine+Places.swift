import SystemPackage

extension Machine {
  /// Follows a path from a namespace's root, path_resolution(7). Symbolic links are not modelled.
  ///
  /// - Throws: ENOENT where a directory is not there, ENOTDIR where the path is not absolute.
  func resolve(_ path: String, in namespace: Int) throws(Refusal) -> Place {
    guard path.utf8.first == UInt8(ascii: "/") else {
      throw Refusal(errno: .notDirectory, reason: "\(path) is not an absolute path")
    }
    try Self.checkLength(ofPath: path)
    var place = namespaces[namespace].root
    for name in names(of: normalized(path)) {
      try Self.checkLength(ofName: name)
      place.path += place.path == "/" ? name : "/" + name
      guard exists(place) else { throw Refusal(errno: .noSuchFileOrDirectory, reason: "\(path) does not exist") }
      place = covered(place)
    }
    return place
  }

  /// The mount's root when a path is one: what an operation on a mount, and not on a directory, wants.
  func mountRoot(at path: String, in namespace: Int) throws(Refusal) -> Int {
    let place = try resolve(path, in: namespace)
    guard isRoot(place) else { throw Refusal(errno: .invalidArgument, reason: "\(path) is not a mount point") }
    return try attached(place.mount, in: namespace, path)
  }

  /// Where something that is mounted at a path ends up: on top of what is there already.
  func target(_ path: String, in namespace: Int) throws(Refusal) -> Place {
    let place = covered(try resolve(path, in: namespace))
    _ = try attached(place.mount, in: namespace, path)
    return place
  }

  /// A mount that must be in this namespace.
  private func attached(_ mount: Int, in namespace: Int, _ path: String) throws(Refusal) -> Int {
    guard mounts[mount].namespace == namespace else {
      throw Refusal(errno: .invalidArgument, reason: "\(path) lies in a mount that was detached from this namespace")
    }
    return mount
  }

  /// The place, or the root of the last mount that is stacked on it.
  private func covered(_ place: Place) -> Place {
    guard let over = child(of: place.mount, at: place.path) else { return place }
    let top = topmost(over)
    return Place(mount: top, path: mounts[top].root)
  }

  func isRoot(_ place: Place) -> Bool { mounts[place.mount].root == place.path }

  private func exists(_ place: Place) -> Bool {
    superblocks[mounts[place.mount].superblock].directories?.contains(place.path) ?? true
  }

  /// Whether a walk up from a place comes by another, path_resolution(7).
  func isReachable(_ place: Place, from root: Place) -> Bool {
    var place = place
    while place.mount != root.mount, let parent = mounts[place.mount].parent {
      place = Place(mount: parent, path: mounts[place.mount].mountPoint)
    }
    return place.mount == root.mount && isPath(place.path, within: root.path)
  }

  /// The path of a mount as from its namespace's root; nil when that root does not reach it.
  package func path(of mount: Int) -> String? {
    guard let namespace = mounts[mount].namespace else { return nil }
    let root = namespaces[namespace].root
    var path = ""
    var place = mount
    while place != root.mount {
      guard let parent = mounts[place].parent else { return nil }
      let ancestor = parent == root.mount ? root.path : mounts[parent].root
      guard isPath(mounts[place].mountPoint, within: ancestor) else { return nil }
      path = Self.relative(mounts[place].mountPoint, to: ancestor) + path
      place = parent
    }
    return path.isEmpty ? "/" : path
  }

  /// A path from a directory above it, with a leading slash; empty for the directory itself.
  private static func relative(_ path: String, to ancestor: String) -> String {
    guard path != ancestor else { return "" }
    return ancestor == "/" ? path : String(Substring(path.utf8.dropFirst(ancestor.utf8.count)))
  }
}
