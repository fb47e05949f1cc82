package import LinuxSyscalls
package import SystemPackage

/// The user namespaces that stand behind namespaces, user_namespaces(7).
package enum NamespaceOwner {
  /// The user namespace in which a command in a mount namespace can do no harm to others: the one that owns the mounts, or the
  /// process's own, whichever is further down. The mounts of a namespace are what its owner has made of them.
  ///
  /// nil where it is this process's own, or above that.
  package static func confining(
    mounts namespace: FileDescriptor,
    process: consuming Descriptor? = nil
  ) throws(Errno) -> Descriptor? {
    let owner = try visible { () throws(Errno) in try Syscall.owner(of: namespace) }
    guard let process else { return try unlessOwn(owner) }
    guard let owner else { return try unlessOwn(process) }
    return try unlessOwn(try isWithin(process.borrowed, owner.borrowed) ? process : owner)
  }

  /// Whether a user namespace is another, or is below it.
  private static func isWithin(_ namespace: FileDescriptor, _ ancestor: FileDescriptor) throws(Errno) -> Bool {
    let wanted = try Syscall.status(of: ancestor).inode
    if try Syscall.status(of: namespace).inode == wanted { return true }
    var next = try visible { () throws(Errno) in try Syscall.parentNamespace(of: namespace) }
    while let current = next.take() {
      if try Syscall.status(of: current.borrowed).inode == wanted { return true }
      next = try visible { () throws(Errno) in try Syscall.parentNamespace(of: current.borrowed) }
    }
    return false
  }

  /// nil where the kernel does not show it: it is above this process's own.
  private static func visible(_ call: () throws(Errno) -> Descriptor) throws(Errno) -> Descriptor? {
    do throws(Errno) {
      return try call()
    } catch {
      guard error == .notPermitted else { throw error }
      return nil
    }
  }

  private static func unlessOwn(_ namespace: consuming Descriptor?) throws(Errno) -> Descriptor? {
    guard let namespace else { return nil }
    let own = try Syscall.status(path: "/proc/self/ns/user").inode
    if try Syscall.status(of: namespace.borrowed).inode == own { return nil }
    return namespace
  }
}
