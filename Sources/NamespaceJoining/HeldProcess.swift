package import LinuxABI
package import LinuxSyscalls
package import SystemPackage

/// A process whose namespaces or root are wanted, held so that no other is taken for it when it ends and its id is given again.
package struct HeldProcess: ~Copyable {
  /// Its pidfd.
  package let handle: Descriptor
  /// Its directory in /proc, which is never another's.
  private let directory: Descriptor

  /// - Throws: ESRCH and ENOENT when it has ended, EACCES when this user may not look into it.
  package init(_ id: Int32) throws(Errno) {
    let directory = try Syscall.open("/proc/\(id)", [.path, .directory])
    let handle = try Syscall.openProcess(id)
    // The directory still answers, so the process has not been reaped, and the id was its own all the while.
    _ = try Syscall.readLink(at: directory.borrowed, "ns/user")
    self.directory = directory
    self.handle = handle
  }

  /// The name of its namespace of a type, as its file's link has it: `mnt:[4026531841]`.
  package func namespaceName(_ type: NamespaceType) throws(Errno) -> String {
    try Syscall.readLink(at: directory.borrowed, "ns/\(type.procName)")
  }

  /// Whether a namespace is its own of the type.
  package func isIn(_ namespace: FileDescriptor, _ type: NamespaceType) throws(Errno) -> Bool {
    try Syscall.status(of: namespace).inode == Syscall.status(at: directory.borrowed, path: "ns/\(type.procName)").inode
  }

  package func namespace(_ type: NamespaceType) throws(Errno) -> Descriptor {
    try Syscall.open(at: directory.borrowed, "ns/\(type.procName)", [])
  }

  /// Its root directory, proc_pid_root(5).
  package func root() throws(Errno) -> Descriptor { try Syscall.open(at: directory.borrowed, "root", .path) }
}
