import CLinux
package import SystemPackage

extension Syscall {
  /// The magic number of the file system that a path is on. The C function is `statfs`.
  package static func fileSystemMagic(at path: String) throws(Errno) -> Int {
    try check(unsafe path.withCString { unsafe linux_statfs_type($0) })
  }

  /// Removes an empty directory. The C function is `unlinkat`, with `AT_REMOVEDIR`.
  package static func removeDirectory(
    at directory: FileDescriptor = .workingDirectory,
    _ path: String
  ) throws(Errno) {
    try check(unsafe path.withCString { unsafe linux_rmdirat(directory.rawValue, $0) })
  }

  /// Waits. The C function is `nanosleep`.
  package static func sleep(microseconds: Int) {
    var time = timespec(tv_sec: microseconds / 1_000_000, tv_nsec: microseconds % 1_000_000 * 1000)
    _ = unsafe linux_nanosleep(&time)
  }

  /// Waits until a cgroup's file of events has changed since it was read, or the time is over; returns whether it has.
  /// The C function is `poll`, with `POLLPRI`.
  package static func waitChanged(_ file: FileDescriptor, milliseconds: Int32) throws(Errno) -> Bool {
    var record = pollfd(fd: file.rawValue, events: Int16(POLLPRI), revents: 0)
    return try retrying { unsafe linux_poll(&record, 1, milliseconds) } > 0
  }

  /// A counter that the kernel adds to when something happens. The C function is `eventfd`.
  package static func eventDescriptor() throws(Errno) -> Descriptor {
    try checkDescriptor(linux_eventfd2(0, CInt(0o2000000)))  // EFD_CLOEXEC
  }

  /// A descriptor to read changes of watched files from. The C function is `inotify_init1`.
  package static func watchDescriptor() throws(Errno) -> Descriptor {
    try checkDescriptor(linux_inotify_init1(CInt(0o2000000)))  // IN_CLOEXEC
  }

  /// Watches a file for being modified; returns the number that its events carry. The C function is `inotify_add_watch`.
  package static func watch(_ descriptor: FileDescriptor, _ path: String) throws(Errno) -> Int32 {
    let answer = unsafe path.withCString { unsafe linux_inotify_add_watch(descriptor.rawValue, $0, 2) }  // IN_MODIFY
    return Int32(try check(answer))
  }
}
