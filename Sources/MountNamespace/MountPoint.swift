/// A place in the tree where an operation acts: a path that is resolved inside a root and cannot leave it.
package struct MountPoint: Hashable, Sendable {
  /// The directory that confines the path, as seen in the mount namespace at that time: `/`, a rootfs, or `.`; or the
  /// name of a copy that was captured, and then the path is where it was taken.
  package var root: String
  /// The path as a process with that root sees it.
  package var path: String
  /// Whether a symbolic link at the end of the path is followed, or is itself the place.
  package var followsLink: Bool = true

  package init(root: String = "/", path: String, followsLink: Bool = true) {
    self.root = root
    self.path = path
    self.followsLink = followsLink
  }

  /// The whole path, as mount(8) would be given it.
  package var fullPath: String {
    if root == "/" || isCaptured { return path }
    if root == "." { return path == "/" ? "." : "." + path }
    return path == "/" ? root : root + path
  }

  /// The copy that a capture with this number took.
  package static func captured(_ number: Int, path: String, followsLink: Bool = true) -> MountPoint {
    MountPoint(root: "capture \(number)", path: path, followsLink: followsLink)
  }

  /// Whether this is a copy that was captured.
  package var isCaptured: Bool { root.hasPrefix("capture ") }

  /// The mount point with another name appended.
  package func appending(_ name: String) -> MountPoint {
    MountPoint(root: root, path: path == "/" ? "/" + name : path + "/" + name)
  }
}
