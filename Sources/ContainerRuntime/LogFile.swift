package import LinuxABI
import LinuxSyscalls
import SystemPackage

/// A file that lines are added to, open until this process ends.
package struct LogFile: Sendable {
  private let file: FileDescriptor

  /// Opens the file, or makes it. A FIFO makes this wait for its reader, as any writer does.
  package init(_ path: String) throws(FileFailure) {
    do throws(Errno) {
      let opened = try Syscall.open(path, [.writeOnly, .append, .create, .noTerminal], permissions: 0o644)
      // Out of the way: the descriptors from 3 on may be the container's.
      let moved = try Syscall.duplicate(opened.borrowed, from: 128)
      file = FileDescriptor(rawValue: moved.release())
    } catch {
      throw FileFailure(path: path, reason: .cannotBeRead(error))
    }
  }

  package func append(_ line: String) {
    // What cannot be logged is on standard error too.
    try? Syscall.write(Array(line.utf8), to: file)
  }
}

/// The time of day, for a line of the log.
package var timeOfDay: Timestamp {
  // clock_gettime(2) has no way to fail with this clock.
  (try? Syscall.now()) ?? Timestamp(seconds: 0, nanoseconds: 0)
}
