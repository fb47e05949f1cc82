import CLinux
package import SystemPackage

/// What fanotify(7) tells of a mount namespace.
package enum MountNotice: Hashable, Sendable {
  /// A mount was attached, detached, or both since the last time.
  case mount(id: UInt64, isAttached: Bool, isDetached: Bool)
  /// The queue was full, and notices are lost.
  case overflow
}

extension Syscall {
  /// A queue for notices of mounts, fanotify(7) "FAN_REPORT_MNT", Linux 6.15. The C function is `fanotify_init`.
  ///
  /// The queue has no limit where the caller may have that, and 16,384 places otherwise.
  package static func mountQueue(limited: Bool = false) throws(Errno) -> Descriptor {
    // FAN_CLOEXEC, FAN_NONBLOCK, FAN_REPORT_MNT, FAN_UNLIMITED_QUEUE
    try checkDescriptor(linux_fanotify_init(0x1 | 0x2 | 0x4000 | (limited ? 0 : 0x10), 0))
  }

  /// Has a queue told of the mounts that are attached and detached in a namespace. The C function is `fanotify_mark`.
  package static func watchMounts(_ queue: FileDescriptor, of namespace: FileDescriptor) throws(Errno) {
    // FAN_MARK_ADD | FAN_MARK_MNTNS, FAN_MNT_ATTACH | FAN_MNT_DETACH
    try check(linux_fanotify_mark(queue.rawValue, 0x1 | 0x110, 0x100_0000 | 0x200_0000, namespace.rawValue))
  }

  /// The notices that wait in a queue; none when there are none.
  package static func readNotices(_ queue: FileDescriptor) throws(Errno) -> [MountNotice] {
    let bytes: [UInt8]
    do throws(Errno) {
      bytes = try read(queue, count: 65536)
    } catch  where error == .resourceTemporarilyUnavailable {
      return []
    }
    var notices: [MountNotice] = []
    var offset = 0
    // struct fanotify_event_metadata: u32 length, u8, u8, u16 own length, u64 mask, then records: u8 type, u8, u16 length.
    while offset + 24 <= bytes.count {
      let length = Int(number(bytes, offset, 4))
      let mask = number(bytes, offset + 8, 8)
      if mask & 0x4000 != 0 { notices.append(.overflow) }
      let record = offset + Int(number(bytes, offset + 6, 2))
      // FAN_EVENT_INFO_TYPE_MNT, with the mount's id after eight bytes.
      if record + 16 <= offset + length, bytes[record] == 7 {
        let id = number(bytes, record + 8, 8)
        notices.append(.mount(id: id, isAttached: mask & 0x100_0000 != 0, isDetached: mask & 0x200_0000 != 0))
      }
      guard length >= 24 else { break }
      offset += length
    }
    return notices
  }

  private static func number(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> UInt64 {
    bytes[offset..<(offset + count)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
