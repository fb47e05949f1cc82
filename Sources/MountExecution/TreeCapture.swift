import LinuxABI
import LinuxSyscalls
package import MountNamespace
package import SystemPackage

/// A detached copy of the tree of mounts at a host's path, with its ids mapped if asked.
func capture(_ source: MountPoint, recursive: Bool, idMap: MountChange.IDMap?) throws(Errno) -> Descriptor {
  let tree = try Syscall.cloneTree(
    at: .workingDirectory,
    path: source.path,
    followingLinks: source.followsLink,
    recursive: recursive
  )
  if let idMap { try idMap.apply(to: tree.borrowed) }
  return tree
}

extension MountChange.IDMap {
  /// Maps the ids of a detached mount. The caller must have privilege over its file system.
  package func apply(to tree: FileDescriptor) throws(Errno) {
    let namespace = try userNamespace(with: mappings)
    let request = MountAttributeRequest(set: .idMapped, userNamespace: namespace.borrowed)
    try Syscall.setAttributes(request, of: tree, recursive: recursive)
  }
}

/// A user namespace that has these mappings and no process.
///
/// A short-lived child makes it; the descriptor keeps it.
private func userNamespace(with mappings: IDMappings) throws(Errno) -> Descriptor {
  let (near, far) = try Syscall.messagePair()
  let here = Descriptor(owning: near)
  let there = Descriptor(owning: far)
  switch try Syscall.clone(namespaces: [.user]) {
  case .child:
    _ = consume here
    _ = try? Syscall.read(there.borrowed, count: 1)  // Returns when the parent's end is closed, however that comes.
    Syscall.exitNow(0)
  case .parent(let childID, let process):
    defer {
      // The child is ours and waits for this: it cannot be gone before it is reaped.
      try? Syscall.send(Signal.kill, to: process.borrowed)
      _ = try? Syscall.wait(for: process.borrowed)
    }
    try writeMap(mappings.users.procText, to: "/proc/\(childID)/uid_map")
    try writeMap(mappings.groups.procText, to: "/proc/\(childID)/gid_map")
    return try Syscall.open("/proc/\(childID)/ns/user", [])
  }
}

private func writeMap(_ text: String, to path: String) throws(Errno) {
  let file = try Syscall.open(path, .writeOnly)
  try Syscall.write(Array(text.utf8), to: file.borrowed)
}
