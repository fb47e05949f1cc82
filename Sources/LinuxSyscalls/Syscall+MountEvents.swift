import CLinux
package import LinuxABI
package import SystemPackage

extension Syscall {
  /// A queue for notices of mounts, fanotify(7) "FAN_REPORT_MNT", Linux 6.15. The C function is `fanotify_init`.
  ///
  /// The queue has no limit where the caller may have that, and 16,384 places otherwise.
  package static func mountQueue(limited: Bool = false) throws(Errno) -> Descriptor {
    // FAN_CLOEXEC, FAN_NONBLOCK, FAN_REPORT_MNT, FAN_UNLIMITED_QUEUE
    try checkDescriptor(linux_fanotify_init(0x1 | 0x2 | 0x4000 | (limited ? 0 : 0x10), 0))
  }

  /// Has a queue told of the mounts that are attached and detached in a namespace, which is not kept by that. The C
  /// function is `fanotify_mark`.
  package static func watchMounts(_ queue: FileDescriptor, of namespace: FileDescriptor) throws(Errno) {
    // FAN_MARK_ADD | FAN_MARK_MNTNS
    try check(linux_fanotify_mark(queue.rawValue, 0x1 | 0x110, MountNotice.mask, namespace.rawValue))
  }

  /// The notices that wait in a queue; none when there are none. The C function is `read`.
  package static func readNotices(_ queue: FileDescriptor) throws(Errno) -> [MountNotice] {
    let bytes: [UInt8]
    do throws(Errno) {
      bytes = try read(queue, count: 65536)
    } catch  where error == .resourceTemporarilyUnavailable {
      return []
    }
    return MountNotice.notices(in: bytes)
  }

  /// Waits until one of some descriptors can be read, or what others are open on has changed, or the time is over; returns
  /// which. The C function is `poll`, with `POLLIN` for the first and `POLLPRI`, as /proc/PID/mountinfo wants, for the others.
  package static func wait(
    readable: [FileDescriptor],
    changed: [FileDescriptor],
    milliseconds: CInt
  ) throws(Errno) -> (readable: [Bool], changed: [Bool]) {
    var records =
      readable.map { pollfd(fd: $0.rawValue, events: Int16(POLLIN), revents: 0) }
      + changed.map { pollfd(fd: $0.rawValue, events: Int16(POLLPRI), revents: 0) }
    try retrying {
      unsafe records.withUnsafeMutableBufferPointer { pointer -> Int in
        guard let base = pointer.baseAddress else { return 0 }
        return unsafe linux_poll(base, UInt(pointer.count), milliseconds)
      }
    }
    let ready = records.map { $0.revents != 0 }
    return (Array(ready.prefix(readable.count)), Array(ready.dropFirst(readable.count)))
  }
}
