import LinuxABI
import Testing

struct FileTests {
  /// inode(7), "The file type and mode".
  @Test(
    arguments: [
      (0o140000, .socket), (0o120000, .symbolicLink), (0o100000, .regular), (0o060000, .blockDevice),
      (0o040000, .directory), (0o020000, .characterDevice), (0o010000, .fifo),
    ] as [(UInt32, FileKind)]
  )
  func kind(mode: UInt32, kind: FileKind) {
    #expect(FileKind(mode: mode) == kind)
    #expect(FileKind(mode: mode | 0o7777) == kind)
    #expect(kind.mode == mode)
  }

  @Test(arguments: [0, 0o777, 0o170000, 0o050000] as [UInt32])
  func noKind(mode: UInt32) {
    #expect(FileKind(mode: mode) == nil)
  }

  /// The kernel's `new_encode_dev`: the low byte of the minor, the major, and the rest of the minor above.
  @Test(
    arguments: [
      (1, 3, 0x103), (5, 0, 0x500), (8, 17, 0x811), (136, 255, 0x88ff), (259, 256, 0x0011_0300),
      (0xfff, 0xf_ffff, 0xffff_ffff),
    ] as [(UInt32, UInt32, UInt32)]
  )
  func device(major: UInt32, minor: UInt32, encoded: UInt32) {
    #expect(DeviceNumber(major: major, minor: minor).encoded == encoded)
  }
}

struct IDMappingTests {
  private let map = [
    IDMapping(containerID: 0, hostID: 1000, size: 1), IDMapping(containerID: 1, hostID: 100_000, size: 65_536),
  ]

  @Test(arguments: [(0, true), (1, true), (65_536, true), (65_537, false), (.max, false)] as [(UInt32, Bool)])
  func maps(id: UInt32, isMapped: Bool) {
    #expect(map.maps(id) == isMapped)
  }

  /// A range that ends at the last id of all must not wrap round to the first.
  @Test(
    arguments: [(4_294_967_295, true), (4_294_967_290, true), (4_294_967_289, false), (0, false)] as [(UInt32, Bool)]
  )
  func lastIDs(id: UInt32, isMapped: Bool) {
    #expect(IDMapping(containerID: 4_294_967_290, hostID: 0, size: 6).contains(id) == isMapped)
  }

  @Test func procText() {
    #expect(map.procText == "0 1000 1\n1 100000 65536\n")
    #expect([IDMapping]().procText == "")
    #expect([IDMapping]().maps(0) == false)
  }
}

struct MountAttributesTests {
  /// <linux/mount.h>, and mount(8)'s words for setting and clearing.
  @Test(
    arguments: [
      (.readOnly, 0x1, "ro", "rw"), (.noSetUserID, 0x2, "nosuid", "suid"), (.noDevices, 0x4, "nodev", "dev"),
      (.noExecution, 0x8, "noexec", "exec"), (.noAccessTime, 0x10, "noatime", "atime"),
      (.strictAccessTime, 0x20, "strictatime", "nostrictatime"),
      (.noDirectoryAccessTime, 0x80, "nodiratime", "diratime"),
      (.noSymbolicLinks, 0x20_0000, "nosymfollow", "symfollow"),
    ] as [(MountAttributes, UInt64, String, String)]
  )
  func attribute(attribute: MountAttributes, value: UInt64, option: String, opposite: String) {
    #expect(attribute.rawValue == value)
    #expect(attribute.optionNames == [option])
    #expect(attribute.clearingOptionNames == [opposite])
  }

  @Test func namesAreInAFixedOrder() {
    let set: MountAttributes = [.noSymbolicLinks, .noExecution, .readOnly, .noSetUserID]
    #expect("\(set)" == "ro,nosuid,noexec,nosymfollow")
    #expect(MountAttributes([.accessTimeModes, .readOnly]).clearingOptionNames == ["relatime", "rw"])
  }

  /// <linux/mount.h>: `MS_UNBINDABLE` and its like.
  @Test(
    arguments: [(.unbindable, 0x2_0000), (.private, 0x4_0000), (.slave, 0x8_0000), (.shared, 0x10_0000)]
      as [(Propagation, UInt64)]
  )
  func propagation(type: Propagation, flag: UInt64) {
    #expect(type.rawFlag == flag)
  }
}
