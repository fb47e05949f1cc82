import LinuxABI
import LinuxSyscalls
import SystemPackage

/// Copies what is in one directory into another: files, directories, links, devices, with owners and permissions.
///
/// Works on descriptors alone and follows no link, so that it stays inside both trees. Throws the kernel's error.
func copyTree(from source: FileDescriptor, to target: FileDescriptor) throws(Errno) {
  // The source is an O_PATH descriptor, which cannot be listed: open it anew.
  let directory = try Syscall.open(at: source, ".", .directory)
  for entry in try Syscall.entries(of: directory.borrowed) {
    let status = try Syscall.status(at: directory.borrowed, path: entry.name, followingLinks: false)
    switch status.kind {
    case .directory:
      try Syscall.makeDirectory(at: target, entry.name, permissions: 0o700)
      let from = try Syscall.open(at: directory.borrowed, entry.name, [.directory, .noFollow])
      let to = try Syscall.open(at: target, entry.name, [.directory, .noFollow])
      try copyTree(from: from.borrowed, to: to.borrowed)
    case .regular:
      let from = try Syscall.open(at: directory.borrowed, entry.name, [.noFollow, .nonBlocking])
      let to = try Syscall.open(
        at: target,
        entry.name,
        [.writeOnly, .create, .exclusive, .noFollow],
        permissions: 0o600
      )
      try Syscall.copy(from: from.borrowed, to: to.borrowed)
    case .symbolicLink:
      let text = try Syscall.readLink(at: directory.borrowed, entry.name)
      try Syscall.makeSymbolicLink(to: text, at: target, entry.name)
    case .characterDevice, .blockDevice, .fifo, .socket:
      try Syscall.makeNode(
        at: target,
        entry.name,
        kind: status.kind,
        permissions: status.permissions,
        device: status.device
      )
    }
    try Syscall.setOwner(user: status.userID, group: status.groupID, at: target, entry.name)
    if status.kind == .directory || status.kind == .regular {
      let file = try Syscall.open(at: target, entry.name, [.noFollow, .nonBlocking])
      try Syscall.setPermissions(status.permissions, of: file.borrowed)
    }
  }
}
