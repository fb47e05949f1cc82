/// What the kernel tells of a mount that came or went, fanotify(7) "FAN_REPORT_MNT".
package struct MountNotice: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    case attach, detach, move
    /// The queue was full: what happened since is not told.
    case overflow
  }

  package var kind: Kind
  /// The mount's id that is never used again; 0 for an overflow.
  package var mountID: UInt64
  /// The process that did it, as the PID namespace of the reader numbers it; 0 when it is of none that is seen there.
  package var processID: Int32

  package init(_ kind: Kind, mountID: UInt64 = 0, processID: Int32 = 0) {
    self.kind = kind
    self.mountID = mountID
    self.processID = processID
  }
}

extension MountNotice {
  /// Which notices a namespace is marked for: `FAN_MNT_ATTACH` and `FAN_MNT_DETACH`.
  package static var mask: UInt64 { attachMask | detachMask }
  private static var attachMask: UInt64 { 0x100_0000 }
  private static var detachMask: UInt64 { 0x200_0000 }
  private static var overflowMask: UInt64 { 0x4000 }

  /// Reads what one read(2) of a fanotify descriptor gave: records of `struct fanotify_event_metadata`, each followed by
  /// `struct fanotify_event_info_header` and, for type 7 (`FAN_EVENT_INFO_TYPE_MNT`), the mount's id.
  package static func notices(in bytes: [UInt8]) -> [MountNotice] {
    var notices: [MountNotice] = []
    notices.reserveCapacity(bytes.count / 40)
    var start = 0
    while start + 24 <= bytes.count {
      let length = Int(number(bytes, start, 4))
      guard length >= 24, start + length <= bytes.count else { break }
      let mask = number(bytes, start + 8, 8)
      if mask & overflowMask != 0 { notices.append(MountNotice(.overflow)) }
      if let kind = kind(of: mask), let id = mountID(bytes, from: start + 24, to: start + length) {
        let process = Int32(truncatingIfNeeded: number(bytes, start + 20, 4))
        notices.append(MountNotice(kind, mountID: id, processID: process))
      }
      start += length
    }
    return notices
  }

  private static func kind(of mask: UInt64) -> Kind? {
    switch (mask & attachMask != 0, mask & detachMask != 0) {
    case (true, true): .move
    case (true, false): .attach
    case (false, true): .detach
    case (false, false): nil
    }
  }

  private static func mountID(_ bytes: [UInt8], from first: Int, to end: Int) -> UInt64? {
    var start = first
    while start + 4 <= end {
      let length = Int(number(bytes, start + 2, 2))
      if bytes[start] == 7, length >= 16, start + 16 <= end { return number(bytes, start + 8, 8) }
      if length < 4 { return nil }
      start += length
    }
    return nil
  }

  private static func number(_ bytes: [UInt8], _ start: Int, _ count: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in 0..<count { value |= UInt64(bytes[start + index]) << (8 * UInt64(index)) }
    return value
  }
}
