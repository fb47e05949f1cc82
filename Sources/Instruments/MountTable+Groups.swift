package import MountNamespace

extension MountTable {
  /// The peer groups that operations can send something through: those of the mounts that their paths lie in, of those below, and
  /// of the mounts that these are attached to.
  package func groups(concernedBy operations: [Machine.Operation]) -> Set<UInt64> {
    var concerned: Set<UInt64> = []
    for path in operations.flatMap(\.paths) {
      if let entry = mount(containing: path) { concerned.insert(entry.id) }
      for entry in entries where isPath(entry.mountPoint, within: path) { concerned.insert(entry.id) }
    }
    for entry in entries where concerned.contains(entry.id) { concerned.insert(entry.parentID) }
    return Set(entries.filter { concerned.contains($0.id) }.compactMap(\.peerGroup))
  }
}
