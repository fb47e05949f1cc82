package import LinuxABI
package import MountNamespace
package import SystemPackage

/// A mount operation that the kernel refused.
package struct MountFailure: Error, Hashable, Sendable, ProseConvertible {
  package var operation: MountOperation
  package var errno: Errno
  /// The kernel's own words, where it left any.
  package var reason: String?

  /// The operation as a mount(8) line, and why it failed: `mount --bind /nope /mnt: No such file or directory`.
  package var prose: Prose {
    "\(operation.summary): \(errno)" + (reason.map { " (\($0))" } ?? "")
  }
}
