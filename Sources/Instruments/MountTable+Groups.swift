package import MountNamespace

extension MountTable {
  /// The peer groups by which operations reach other namespaces: that of the mount that something is attached to, those of the
  /// mounts that what is unmounted is attached to, and those that lose a member, which others may receive from.
  package func groups(concernedBy operations: [Machine.Operation]) -> Set<UInt64> {
    var concerned: Set<UInt64> = []
    for operation in operations {
      switch operation {
      case .mount(_, _, _, let path), .bind(_, _, let path), .move(_, let path):
        if let entry = mount(containing: path) { concerned.insert(entry.id) }
      case .moveBeneath(_, let path):
        if let entry = mount(containing: path) { concerned.insert(entry.parentID) }
      case .unmount(let path, let detach):
        if let entry = mount(containing: path) { concerned.formUnion([entry.id, entry.parentID]) }
        for entry in entries where detach && isPath(entry.mountPoint, within: path) {
          concerned.formUnion([entry.id, entry.parentID])
        }
      case .setPropagation(_, let recursive, let path):
        for entry in entries where entry.mountPoint == path || recursive && isPath(entry.mountPoint, within: path) {
          concerned.insert(entry.id)
        }
      case .setGroup, .setAttributes, .pivotRoot, .unshare, .end: break
      }
    }
    return Set(entries.filter { concerned.contains($0.id) }.compactMap(\.peerGroup))
  }
}
