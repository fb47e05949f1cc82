import CLinux
package import SystemPackage

/// An open file descriptor that is closed when its owner is done with it.
///
/// All that berth opens is close-on-exec from birth, so nothing reaches a container by accident.
package struct Descriptor: ~Copyable {
  package let rawValue: CInt

  /// Takes ownership of an open descriptor.
  package init(owning rawValue: CInt) { self.rawValue = rawValue }

  /// The descriptor for the length of a call.
  package var borrowed: FileDescriptor { FileDescriptor(rawValue: rawValue) }

  deinit { _ = linux_close(rawValue) }

  /// Gives the descriptor away: it stays open, and whoever takes it closes it.
  package consuming func release() -> CInt {
    let value = rawValue
    discard self
    return value
  }
}

extension Descriptor? {
  /// The descriptor for the length of a call, if there is one. (`if case` would consume it.)
  package var borrowed: FileDescriptor? {
    switch self {
    case .some(let descriptor): descriptor.borrowed
    case .none: nil
    }
  }
}

extension FileDescriptor {
  /// Stands for the working directory in calls that take a directory, `AT_FDCWD`.
  package static var workingDirectory: FileDescriptor { FileDescriptor(rawValue: -100) }

  /// The path through which this process reaches what the descriptor is open on, proc(5) "/proc/self/fd".
  package var procPath: String { "/proc/self/fd/\(rawValue)" }
}
