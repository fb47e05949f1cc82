import LinuxABI
import MountNamespace
import Testing

/// Every operation as the lines of mount(8), to the letter: they are pasted into shells.
struct MountCommandTests {
  private static let readOnly = MountChange(attributes: .init(set: .readOnly))
  private static let idMap = MountChange.IDMap(
    mappings: IDMappings(
      users: [IDMapping(containerID: 0, hostID: 1000, size: 1), IDMapping(containerID: 1, hostID: 7, size: 2)],
      groups: [IDMapping(containerID: 0, hostID: 100, size: 1)]
    ),
    recursive: false
  )

  static let lines: [(MountOperation, [String])] = [
    (
      .mount(FileSystem(type: "tmpfs"), attributes: [], at: MountPoint(path: "/mnt")),
      ["mount -t tmpfs tmpfs /mnt"]
    ),
    (
      .mount(
        FileSystem(type: "tmpfs", source: "shm", parameters: [.init("size", "64m"), .init("noswap")]),
        attributes: [.noExecution, .noSetUserID],
        at: MountPoint(root: "/srv/root", path: "/dev/shm")
      ),
      ["mount -t tmpfs -o nosuid,noexec,size=64m,noswap shm /srv/root/dev/shm"]
    ),
    (
      .mount(
        FileSystem(type: "ext4", source: "/dev/sda1", parameters: [.init("ro")]),
        attributes: .readOnly,
        at: MountPoint(path: "/mnt")
      ),
      ["mount -t ext4 -o ro /dev/sda1 /mnt"]
    ),
    (
      .mount(FileSystem(type: "tmpfs"), attributes: [], copyUp: true, at: MountPoint(path: "/etc")),
      ["# filled with what it covers:", "mount -t tmpfs tmpfs /etc"]
    ),
    (
      .mount(
        FileSystem(type: "erofs", backing: .image(path: "/a b.erofs"), parameters: [.init("ro")]),
        attributes: .readOnly,
        at: MountPoint(path: "/mnt")
      ),
      ["mount -t erofs -o ro,loop '/a b.erofs' /mnt"]
    ),
    (
      .capture(.captured(0, path: "/a"), recursive: false),
      ["# open_tree: /a as it is on the host, for the bind below"]
    ),
    (
      .capture(.captured(3, path: "/a"), recursive: true, idMap: idMap),
      [
        "# open_tree: /a and all below it as it is on the host, "
          + "with X-mount.idmap=u:0:1000:1 u:1:7:2 g:0:100:1, for the bind below"
      ]
    ),
    (.enter(MountPoint(root: "/r", path: "/x")), ["cd /r/x"]),
    (.enter(MountPoint(path: "/")), ["cd /"]),
    (
      .bind(from: MountPoint(path: "/a"), recursive: false, change: MountChange(), at: MountPoint(path: "/b")),
      ["mount --bind /a /b"]
    ),
    (
      .bind(from: .captured(2, path: "/a"), recursive: true, change: MountChange(), at: MountPoint(path: "/b")),
      ["mount --rbind /a /b"]
    ),
    (
      .bind(
        from: MountPoint(path: "/a"),
        recursive: true,
        change: MountChange(
          attributes: .init(set: .noSetUserID, clear: .noDevices),
          recursiveAttributes: .init(set: .readOnly),
          propagation: .init(.slave, recursive: true)
        ),
        at: MountPoint(root: "/r", path: "/b")
      ),
      ["mount --rbind --make-rslave /a /r/b", "mount -o remount,bind,nosuid,dev,ro=recursive /r/b"]
    ),
    (
      .bind(
        from: MountPoint(root: ".", path: "/etc"),
        recursive: true,
        change: MountChange(),
        at: MountPoint(root: "/r", path: "/etc")
      ),
      ["mount --no-canonicalize --rbind ./etc /r/etc"]
    ),
    (
      .bind(
        from: MountPoint(root: ".", path: "/"),
        recursive: false,
        change: MountChange(),
        at: MountPoint(root: "/r", path: "/")
      ),
      ["mount --no-canonicalize --bind . /r"]
    ),
    (.change(readOnly, at: MountPoint(path: "/mnt")), ["mount -o remount,bind,ro /mnt"]),
    (
      .change(MountChange(propagation: .init(.private, recursive: true)), at: MountPoint(path: "/")),
      ["mount --make-rprivate /"]
    ),
    (
      .change(
        MountChange(attributes: .init(clear: .noExecution), propagation: .init(.shared, recursive: false)),
        at: MountPoint(path: "/mnt")
      ),
      ["mount --make-shared /mnt", "mount -o remount,bind,exec /mnt"]
    ),
    (
      .change(
        MountChange(attributes: .init(set: .noAccessTime, clear: .accessTimeModes)),
        at: MountPoint(path: "/mnt")
      ),
      ["mount -o remount,bind,noatime /mnt"]
    ),
    (
      .change(MountChange(recursiveAttributes: .init(clear: .accessTimeModes)), at: MountPoint(path: "/mnt")),
      ["mount -o remount,bind,relatime=recursive /mnt"]
    ),
    (.change(MountChange(), at: MountPoint(path: "/mnt")), []),
    (
      .reconfigure([.init("size", "1m"), .init("sync")], at: MountPoint(path: "/mnt")),
      ["mount -o remount,size=1m,sync /mnt"]
    ),
    (.pivotRoot(to: "/new root"), ["cd '/new root'", "pivot_root . .", "umount -l .", "cd /"]),
  ]

  @Test(arguments: lines)
  func commandLines(operation: MountOperation, lines: [String]) {
    #expect(operation.commandLines == lines)
  }

  @Test(
    arguments: [
      ("", "''"), ("/plain-1.2_3,a:b=c@d%e+f", "/plain-1.2_3,a:b=c@d%e+f"), ("a b", "'a b'"), ("it's", "'it'\\''s'"),
      ("'", "''\\'''"), ("\"", "'\"'"), ("$HOME", "'$HOME'"), ("`x`", "'`x`'"), ("a\\b", "'a\\b'"),
      ("a\nb", "$'a\\nb'"),
      ("a;b", "'a;b'"), ("*", "'*'"), ("~", "'~'"), ("é", "'é'"), ("#a", "'#a'"), ("日本", "'日本'"),
      // What a terminal would act on, or not show, is told in bash's words.
      ("a\n'\\", "$'a\\n\\'\\\\'"), ("\u{1b}[2J", "$'\\033[2J'"), ("\t1", "$'\\0111'"), ("\u{9b}2J", "$'\\302\\2332J'"),
      ("a\u{202e}b", "$'a\\342\\200\\256b'"), ("é\u{7f}", "$'é\\177'"), ("\r\n", "$'\\015\\n'"),
    ]
  )
  func quoting(word: String, quoted: String) {
    #expect(shellLine([word]) == quoted)
    #expect(shellLine(["a", word, "z"]) == "a \(quoted) z")
  }

  @Test("Bytes that are no UTF-8 are kept")
  func quotingBytes() {
    #expect(shellWord([0x61, 0xff, 0x27]) == "$'a\\377\\''")
    #expect(shellWord([0xc3, 0xa9]) == "'é'")
  }

  @Test(
    arguments: [
      (MountPoint(path: "/"), "/", "/x"), (MountPoint(path: "/a"), "/a", "/a/x"),
      (MountPoint(root: "/r", path: "/"), "/r", "/r/x"), (MountPoint(root: "/r", path: "/a"), "/r/a", "/r/a/x"),
      (MountPoint(root: ".", path: "/"), ".", "./x"), (MountPoint(root: ".", path: "/a"), "./a", "./a/x"),
    ]
  )
  func fullPath(place: MountPoint, path: String, below: String) {
    #expect(place.fullPath == path)
    #expect(place.appending("x").fullPath == below)
    #expect(place.appending("x").root == place.root)
  }

  /// The record is what `--dry-run=json` prints.
  @Test func records() {
    let bind = MountOperation.bind(
      from: MountPoint(path: "/a"),
      recursive: true,
      change: MountChange(attributes: .init(set: .readOnly), propagation: .init(.slave, recursive: true)),
      at: MountPoint(root: "/r", path: "/b")
    )
    #expect(
      bind.record
        == MountRecord(
          operation: "bind",
          source: "/a",
          target: "/r/b",
          root: "/r",
          options: ["ro"],
          propagation: "rslave",
          recursive: true
        )
    )
    #expect(
      MountOperation.capture(.captured(0, path: "/a"), recursive: false, idMap: Self.idMap).record
        == MountRecord(
          operation: "capture",
          source: "/a",
          options: ["X-mount.idmap=u:0:1000:1 u:1:7:2 g:0:100:1"],
          recursive: false
        )
    )
    #expect(MountOperation.pivotRoot(to: "/r").record == MountRecord(operation: "pivot_root", target: "/r"))
    #expect(
      MountOperation.mount(
        FileSystem(type: "tmpfs", parameters: [.init("size", "1m")]),
        attributes: .noDevices,
        copyUp: true,
        at: MountPoint(path: "/t")
      ).record
        == MountRecord(
          operation: "mount",
          type: "tmpfs",
          source: "tmpfs",
          target: "/t",
          options: ["nodev", "size=1m", "tmpcopyup"]
        )
    )
  }
}
