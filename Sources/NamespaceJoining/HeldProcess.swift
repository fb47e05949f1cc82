package import LinuxABI
package import LinuxSyscalls
package import SystemPackage

/// A process whose namespaces or root are wanted, held so that no other is taken for it when it ends and its id is given again.
package struct HeldProcess: ~Copyable {
  /// Its directory in /proc, which is never another's.
  private let directory: Descriptor

  /// - Throws: ESRCH and ENOENT when it has ended, EACCES when this user may not look into it.
  package init(_ id: Int32) throws(Errno) {
    directory = try Syscall.open("/proc/\(id)", [.path, .directory])
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
