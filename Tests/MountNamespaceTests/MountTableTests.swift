import MountNamespace
import Testing

struct MountEntryTests {
  @Test func fields() throws {
    let entry = try #require(
      MountEntry(line: "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue")
    )
    #expect(entry.id == 36)
    #expect(entry.parentID == 35)
    #expect(entry.device == "98:0")
    #expect(entry.root == "/mnt1")
    #expect(entry.mountPoint == "/mnt2")
    #expect(entry.options == ["rw", "noatime"])
    #expect(entry.type == "ext3")
    #expect(entry.source == "/dev/root")
    #expect(entry.superblockOptions == ["rw", "errors=continue"])
  }

  /// proc(5) "optional fields": none to many, in any order, and unknown ones are to be ignored.
  @Test(
    arguments: [
      ("", nil, nil, false), ("shared:1 ", 1, nil, false), ("master:2 ", nil, 2, false),
      ("shared:12 master:34 ", 12, 34, false), ("unbindable ", nil, nil, true),
      ("master:2 propagate_from:7 ", nil, 2, false), ("shared:3 new:9 master:4 propagate_from:5 ", 3, 4, false),
    ] as [(String, UInt64?, UInt64?, Bool)]
  )
  func propagation(tags: String, peerGroup: UInt64?, master: UInt64?, isUnbindable: Bool) throws {
    let line = "36 35 98:0 / /mnt rw \(tags)- tmpfs none rw"
    let entry = try #require(MountEntry(line: line[...]))
    #expect(entry.peerGroup == peerGroup)
    #expect(entry.master == master)
    #expect(entry.isUnbindable == isUnbindable)
    #expect(entry.type == "tmpfs")
  }

  @Test(
    arguments: [
      ("/a\\040b", "/a b"), ("/a\\011b", "/a\tb"), ("/a\\012b", "/a\nb"), ("/a\\134b", "/a\\b"),
      ("/a\\134040b", "/a\\040b"),
      ("/a\\043b", "/a#b"), ("/\\303\\251", "/é"), ("/é", "/é"), ("/a-b", "/a-b"),
    ]
  )
  func escapes(text: String, path: String) throws {
    let entry = try #require(
      MountEntry(line: "36 35 98:0 \(text) \(text) rw shared:1 - fuse.\(text) \(text) rw,lowerdir=\(text)")
    )
    #expect(entry.root == path)
    #expect(entry.mountPoint == path)
    #expect(entry.source == path)
    #expect(entry.type == "fuse.\(path)")
    #expect(entry.superblockOptions == ["rw", "lowerdir=\(path)"])
  }

  /// overlayfs writes a comma in a directory's name as \054: it parts no options.
  @Test func escapedComma() throws {
    let entry = try #require(MountEntry(line: "36 35 98:0 / /m rw - overlay overlay rw,lowerdir=/a\\054b,upperdir=/c"))
    #expect(entry.superblockOptions == ["rw", "lowerdir=/a,b", "upperdir=/c"])
  }

  /// `mount -t tmpfs "" /mnt` leaves two spaces in a row.
  @Test func emptySource() throws {
    let entry = try #require(MountEntry(line: "36 35 0:50 / /mnt rw,relatime shared:5 - tmpfs  rw,size=1k"))
    #expect(entry.source == "")
    #expect(entry.superblockOptions == ["rw", "size=1k"])
  }

  @Test(
    arguments: [
      "", "36", "36 35 98:0 / /mnt rw", "36 35 98:0 / /mnt rw shared:1 ext4 /dev/sda rw",
      "x 35 98:0 / /mnt rw - ext4 a rw",
      "36 x 98:0 / /mnt rw - ext4 a rw", "36 35 98:0 / /mnt rw - ext4", "36 35 98:0 / /mnt - ext4 a rw",
    ]
  )
  func notALine(line: String) {
    #expect(MountEntry(line: line[...]) == nil)
  }

  @Test func tableKeepsOrderAndSkipsWhatIsNoLine() {
    let table = MountTable(
      mountinfo: "2 1 0:2 / / rw - a a rw\nnonsense\n5 2 0:5 / /b rw - b b rw\n3 2 0:3 / /a rw - c c rw\n"
    )
    #expect(table.entries.map(\.id) == [2, 5, 3])
  }

  /// While a table is read, an id can go from one mount to another; who follows ids would meet both again and again.
  @Test func anIDIsThereOnce() {
    let table = MountTable(mountinfo: "2 1 0:2 / / rw - a a rw\n3 2 0:3 / /a rw - b b rw\n3 2 0:4 / /b rw - c c rw\n")
    #expect(table.entries.map(\.mountPoint) == ["/", "/a"])
  }
}

struct MountTableTests {
  private static let plain = MountTable([
    (20, 1, "/"), (21, 20, "/proc"), (22, 20, "/home"), (23, 22, "/home/user/disk"), (24, 20, "/homes"),
  ])

  /// /a/b is mounted first and then covered by a mount on /a, a sibling of it, which has a /a/c of its own.
  private static let covered = MountTable([(20, 1, "/"), (21, 20, "/a/b"), (22, 20, "/a"), (23, 22, "/a/c")])

  /// Three mounts on one place, and one on the topmost.
  private static let stacked = MountTable([
    (20, 1, "/"), (21, 20, "/a"), (22, 21, "/a"), (24, 23, "/a/b"), (23, 22, "/a"), (25, 21, "/a/old"),
  ])

  /// A mount over the root is not what `/` is: a process keeps the root that it has.
  private static let overRoot = MountTable([(20, 1, "/"), (21, 20, "/a"), (22, 20, "/"), (23, 22, "/a")])

  /// The root of a chroot that is no mount itself: its own mount is not listed.
  private static let chroot = MountTable([(21, 20, "/a"), (22, 21, "/a/b")])

  @Test(
    arguments: [
      (plain, "/", 20), (plain, "/etc/passwd", 20), (plain, "/proc", 21), (plain, "/proc/self", 21),
      (plain, "/home", 22),
      (plain, "/home/user", 22), (plain, "/home/user/disk/x", 23), (plain, "/homes/x", 24), (plain, "/home2", 20),
      (covered, "/a/b", 22), (covered, "/a/b/x", 22), (covered, "/a/c/x", 23), (stacked, "/a", 23),
      (stacked, "/a/b", 24),
      (stacked, "/a/old/x", 23), (overRoot, "/x", 20), (overRoot, "/a", 21), (chroot, "/x", nil),
      (chroot, "/a/b/c", 22),
    ] as [(MountTable, String, UInt64?)]
  )
  func containing(table: MountTable, path: String, id: UInt64?) {
    #expect(table.mount(containing: path)?.id == id)
  }

  @Test(
    arguments: [
      (plain, "/", [21, 22, 23, 24]), (plain, "/home", [23]), (plain, "/proc", []), (covered, "/", [22, 23]),
      (covered, "/a", [23]), (stacked, "/", [24, 23]), (stacked, "/a", [24]), (overRoot, "/", [21]),
      (chroot, "/", [21, 22]), (chroot, "/a", [22]),
    ] as [(MountTable, String, [UInt64])]
  )
  func visible(table: MountTable, path: String, ids: [UInt64]) {
    #expect(table.visibleMounts(below: path).map(\.id) == ids)
  }

  /// The order of lines says nothing: since Linux 6.8 they come by id, and a mount can be attached long after it was made.
  @Test func orderDoesNotMatter() {
    var table = Self.stacked
    table.entries.reverse()
    #expect(table.mount(containing: "/a/b/c")?.id == 24)
    #expect(table.visibleMounts(below: "/").map(\.id) == [23, 24])
  }
}

struct PathTests {
  @Test(
    arguments: [
      ("/", "/", true), ("/a", "/", true), ("/a", "/a", true), ("/a/b", "/a", true), ("/ab", "/a", false),
      ("/a", "/a/b", false), ("/b", "/a", false), ("/é/x", "/é", true), ("/e\u{301}", "/\u{e9}", false),
      ("/\u{e9}a/b", "/e\u{301}", false),
      ("/a/\u{301}x", "/a", true),
    ]
  )
  func within(path: String, ancestor: String, isWithin: Bool) {
    #expect(isPath(path, within: ancestor) == isWithin)
  }

  @Test(
    arguments: [
      ("/", "/"), ("", "/"), ("/a", "/a"), ("/a/", "/a"), ("//a///b//", "/a/b"), ("/a/./b/.", "/a/b"),
      ("/a/../b", "/b"),
      ("/../..", "/"), ("/a/b/../../..", "/"), ("/..a/b..", "/..a/b.."), ("/a/\u{301}x/..", "/a"),
      ("/a b/'c'", "/a b/'c'"),
    ]
  )
  func normal(path: String, result: String) {
    #expect(normalized(path) == result)
  }

  @Test(
    arguments: [
      ("/a/b", "/a", "/b"), ("/a", "/a", "/"), ("/a/b", "/", "/a/b"), ("/", "/", "/"), ("/é/ü/b", "/é/ü", "/b"),
    ]
  )
  func seenFrom(path: String, ancestor: String, result: String) {
    #expect(MountNamespace.path(path, from: ancestor) == result)
  }
}
