package import LinuxABI
package import SystemPackage

/// An operation on a cgroup that failed.
package struct CgroupFailure: Error, Hashable, Sendable, ProseConvertible {
  /// What was tried, in words: `write 100 to /sys/fs/cgroup/memory/x/memory.limit_in_bytes`.
  package var operation: Prose
  package var errno: Errno
  /// What asked for it, as a place in the specification: `linux.resources.memory.limit`.
  package var place: String?
  /// What is known beyond the errno.
  package var reason: Prose?

  package init(_ operation: Prose, _ errno: Errno, place: String? = nil, reason: Prose? = nil) {
    self.operation = operation
    self.errno = errno
    self.place = place
    self.reason = reason
  }

  package var prose: Prose {
    (place.map { "\($0): " } ?? "") + "\(operation): \(errno)" + (reason.map { " (\($0))" } ?? "")
  }

  /// Whether it is privilege that is missing: what a runtime without any does without.
  package var isDenied: Bool { [.permissionDenied, .notPermitted, .readOnlyFileSystem].contains(errno) }
}

/// Runs a system call as an operation: its error becomes the operation's failure.
func attempt<Result: ~Copyable>(
  _ operation: @autoclosure () -> Prose,
  place: @autoclosure () -> String? = nil,
  _ call: () throws(Errno) -> Result
) throws(CgroupFailure) -> Result {
  do throws(Errno) {
    return try call()
  } catch {
    throw CgroupFailure(operation(), error, place: place())
  }
}

extension Errno {
  /// `ENODEV`: what reading gives from a cgroup that has been removed.
  static var removedCgroup: Errno { Errno(rawValue: 19) }
}
