package import MountNamespace

extension MountTable {
  /// The peer groups that operations send something through: that of the mount that something is attached to, and those of the
  /// mounts that what is unmounted is attached to. Nothing else reaches another namespace.
  package func groups(concernedBy operations: [Machine.Operation]) -> Set<UInt64> {
    var concerned: Set<UInt64> = []
    for operation in operations {
      switch operation {
      case .mount(_, _, _, let path), .bind(_, _, let path), .move(_, let path):
        if let entry = mount(containing: path) { concerned.insert(entry.id) }
      case .moveBeneath(_, let path):
        if let entry = mount(containing: path) { concerned.insert(entry.parentID) }
      case .unmount(let path, let detach):
        if let entry = mount(containing: path) { concerned.insert(entry.parentID) }
        for entry in entries where detach && isPath(entry.mountPoint, within: path) { concerned.insert(entry.parentID) }
      case .setGroup, .setAttributes, .setPropagation, .pivotRoot, .unshare, .end: break
      }
    }
    return Set(entries.filter { concerned.contains($0.id) }.compactMap(\.peerGroup))
  }
}
