import MountNamespace

extension MountTable {
  /// A table of mounts, each as ID, parent's ID and mount point; their types are `t` and the id.
  init(_ mounts: [(id: Int, parent: Int, path: String)]) {
    let lines = mounts.map { "\($0.id) \($0.parent) 0:\($0.id) / \($0.path) rw - t\($0.id) none rw" }
    self.init(mountinfo: lines.joined(separator: "\n"))
  }
}
