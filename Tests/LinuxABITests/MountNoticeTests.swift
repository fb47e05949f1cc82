import LinuxABI
import Testing

struct MountNoticeTests {
  /// A record as the kernel writes it: struct fanotify_event_metadata, and the mount's id.
  private static func record(mask: [UInt8], id: UInt8?, process: UInt8 = 42) -> [UInt8] {
    let length: UInt8 = id == nil ? 24 : 40
    var bytes: [UInt8] = [length, 0, 0, 0, 3, 0, 24, 0] + mask + [0, 0, 0, 0]
    bytes += [0xff, 0xff, 0xff, 0xff, process, 0, 0, 0]
    if let id { bytes += [7, 0, 16, 0, 0, 0, 0, 0, id, 0, 0, 0x80, 0, 0, 0, 0] }
    return bytes
  }

  @Test func recordsAreRead() {
    let bytes =
      Self.record(mask: [0, 0, 0, 1], id: 1) + Self.record(mask: [0, 0, 0, 2], id: 2)
      + Self.record(mask: [0, 0, 0, 3], id: 3, process: 0) + Self.record(mask: [0, 0x40, 0, 0], id: nil, process: 0)
    #expect(
      MountNotice.notices(in: bytes) == [
        MountNotice(.attach, mountID: 0x8000_0001, processID: 42),
        MountNotice(.detach, mountID: 0x8000_0002, processID: 42), MountNotice(.move, mountID: 0x8000_0003),
        MountNotice(.overflow),
      ]
    )
  }

  @Test func whatIsCutOffIsLeftOut() {
    let whole = Self.record(mask: [0, 0, 0, 1], id: 1)
    #expect(MountNotice.notices(in: Array(whole.dropLast())).isEmpty)
    #expect(MountNotice.notices(in: []).isEmpty)
    // A length of none would never end, and a record of another type has no mount.
    #expect(MountNotice.notices(in: [UInt8](repeating: 0, count: 64)).isEmpty)
    var other = whole
    other[24] = 1
    #expect(MountNotice.notices(in: other).isEmpty)
  }
}
