package import LinuxABI
import LinuxSyscalls
package import SystemPackage

/// Namespaces that this process, or its parent, was in or has made, and that nobody else has come into: there is nobody in them to look
/// into who enters.
package enum OwnNamespace {
  /// Moves this process into one, setns(2).
  package static func enter(_ namespace: FileDescriptor, type: NamespaceType) throws(Errno) {
    try Syscall.join(namespace, type: type)
  }
}
