import ContainerPlan
import LinuxABI
import MountNamespace
import OCISpec
import Testing

/// What is done where a mount has no place yet: on the host's own files nothing is made.
struct MountPointTests {
  /// A host whose `/srv` has a directory, a file and a link, and no `new`.
  private static let srv = DirectoryFact.of(
    "/srv",
    ["data/", "file", "link -> data"],
    permissions: 0o750,
    user: 5,
    group: 6
  )

  /// A copy of the directory, with the same entries and the new one, stands before it.
  @Test func directory() throws {
    let host = Host.of {
      $0.sources.set(.directory, at: 0)
      $0.destinations.set(.missing("/srv/new/deep", in: Self.srv), at: 0)
    }
    #expect(
      try steps(.of(mounts: [.bind("/a", "/srv/new/deep")]), host) == [
        "mount --make-rprivate /",
        "cd /srv",
        "mount -t tmpfs -o mode=0750,uid=5,gid=6 berth /srv",
        "mkdir -p /srv/data",
        "mount --no-canonicalize --rbind ./data /srv/data",
        "touch /srv/file",
        "mount --no-canonicalize --bind ./file /srv/file",
        "ln -s data /srv/link",
        "mkdir -p /srv/new/deep",
        "mount -o remount,bind,ro /srv",
        "mount --rbind /a /srv/new/deep",
      ]
    )
  }

  /// One copy serves all mounts that lack a place in the same directory; a file gets a file.
  @Test func oneCopyForAll() throws {
    let host = Host.of {
      $0.sources = [0: .directory, 1: .file]
      $0.destinations = [0: .missing("/srv/new", in: .of("/srv", [])), 1: .missing("/srv/conf", in: .of("/srv", []))]
    }
    #expect(
      try steps(.of(mounts: [.bind("/a", "/srv/new"), .bind("/f", "/srv/conf", ["bind"])]), host) == [
        "mount --make-rprivate /",
        "cd /srv",
        "mount -t tmpfs -o mode=0755 berth /srv",
        "mkdir -p /srv/new",
        "touch /srv/conf",
        "mount -o remount,bind,ro /srv",
        "mount --rbind /a /srv/new",
        "mount --bind /f /srv/conf",
      ]
    )
  }

  /// `/` itself cannot be covered in place: its copy is made on a directory that nothing needs, and becomes the root.
  @Test func root() throws {
    let names = ["bin -> usr/bin", "etc/", "mnt/", "swap", "srv/"]
    let host = Host.of {
      $0.sources.set(.directory, at: 0)
      $0.destinations.set(.missing("/new", in: .of("/", names)), at: 0)
      $0.topLevel = .of("/", names)
    }
    #expect(
      try steps(.of(mounts: [.bind("/srv/a", "/new")]), host) == [
        "mount --make-rprivate /",
        "cd /mnt",
        "mount -t tmpfs -o mode=0755 berth /mnt",
        "ln -s usr/bin /mnt/bin",
        "mkdir -p /mnt/etc",
        "mount --rbind /etc /mnt/etc",
        "mkdir -p /mnt/mnt",
        "mount --no-canonicalize --bind . /mnt/mnt",
        "touch /mnt/swap",
        "mount --bind /swap /mnt/swap",
        "mkdir -p /mnt/srv",
        "mount --rbind /srv /mnt/srv",
        "mkdir -p /mnt/new",
        "mount -o remount,bind,ro /mnt",
        "mount --rbind /srv/a /mnt/new",
        "cd /mnt", "pivot_root . .", "umount -l .", "cd /",
      ]
    )
  }

  /// A captured source is the volume's alone: the copy of `/` binds the host's own.
  @Test func rootAndCapture() throws {
    let host = Host.of {
      $0.sources.set(.directory(isShared: true, on: "/srv"), at: 0)
      $0.destinations.set(.missing("/new", in: .of("/", ["mnt/", "srv/"])), at: 0)
      $0.topLevel = .of("/", ["mnt/", "srv/"])
    }
    let plan = try ContainerPlan(.of(mounts: [.bind("/srv", "/new", ["rbind", "rslave"])]), host: host)
    let captured = plan.steps.compactMap { step in
      guard case .mount(.bind(let source, _, _, _, let target)) = step, source.isCaptured else { return nil as String? }
      return target.fullPath
    }
    #expect(captured == ["/mnt/new"])
  }

  /// The directory to make `/` over is the first that holds no source; if each holds one, there is none.
  @Test(
    arguments: [
      (["mnt/", "media/", "etc/"], "/a", "/mnt"), (["mnt/", "media/", "etc/"], "/mnt/disk", "/media"),
      (["mnt/", "etc/", "tmp/"], "/mnt", "/tmp"), (["etc/", "mnt"], "/a", "/etc"),
      (["mnt/", "mntx/"], "/mntx", "/mnt"),
      (["mnt -> x", "etc/"], "/a", "/etc"), (["mnt/"], "/mnt/./a", nil), (["mnt"], "/a", nil),
    ] as [([String], String, String?)]
  )
  func stagingDirectory(names: [String], source: String, stage: String?) throws {
    let host = Host.of {
      $0.sources.set(.directory, at: 0)
      $0.destinations.set(.missing("/new", in: .of("/", names)), at: 0)
      $0.topLevel = .of("/", names)
    }
    let spec = Spec.of(mounts: [.bind(source, "/new")])
    if let stage {
      #expect(try steps(spec, host)[1] == "cd \(stage)")
      #expect(try ContainerPlan(spec, host: host).roots == [stage])
    } else {
      #expect(
        problems(spec, host) == [
          "root.path: there is no directory in / that berth could make the root over: each holds a source or a mount"
        ]
      )
    }
  }

  /// In a file system that is the container's own a place is simply made.
  @Test func inAnEarlierMount() throws {
    let empty = DirectoryFact.of("/t", [])
    let host = Host.of {
      $0.destinations = [0: .directory("/t"), 1: .missing("/t/a/b", in: empty, of: 0)]
    }
    #expect(
      try steps(.of(mounts: [.tmpfs("/t"), .tmpfs("/t/a/b")]), host) == [
        "mount --make-rprivate /", "mount -t tmpfs tmpfs /t", "mkdir -p /t/a/b", "mount -t tmpfs tmpfs /t/a/b",
      ]
    )
  }

  /// In a bind of the host's files it is not.
  @Test func inABind() throws {
    let host = Host.of {
      $0.sources.set(.directory, at: 0)
      $0.destinations = [0: .directory("/t"), 1: .missing("/t/a", in: .of("/t", ["x/"]), of: 0)]
    }
    #expect(
      try steps(.of(mounts: [.bind("/s", "/t"), .tmpfs("/t/a")]), host) == [
        "mount --make-rprivate /", "mount --rbind /s /t", "cd /t", "mount -t tmpfs -o mode=0755 berth /t",
        "mkdir -p /t/x", "mount --no-canonicalize --rbind ./x /t/x", "mkdir -p /t/a", "mount -o remount,bind,ro /t",
        "mount -t tmpfs tmpfs /t/a",
      ]
    )
  }

  /// proc, sysfs and their like take no files of others.
  @Test(arguments: ["proc", "sysfs", "cgroup2", "devpts"])
  func inAnInterface(type: String) {
    let host = Host.of {
      $0.destinations = [0: .directory("/i"), 1: .missing("/i/a", in: .of("/i", []), of: 0)]
    }
    #expect(
      problems(.of(mounts: [Mount(destination: "/i", type: type), .tmpfs("/i/a")]), host) == [
        "mounts[1].destination: there is no /i/a, and none can be made on \(type)"
      ]
    )
  }

  /// A directory of another alphabet: its name has fewer letters than bytes.
  @Test func otherAlphabets() throws {
    let host = Host.of { $0.destinations.set(.missing("/données/neuf", in: .of("/données", [])), at: 0) }
    #expect(
      try steps(.of(mounts: [.tmpfs("/données/neuf")]), host) == [
        "mount --make-rprivate /", "cd '/données'", "mount -t tmpfs -o mode=0755 berth '/données'",
        "mkdir -p '/données/neuf'", "mount -o remount,bind,ro '/données'", "mount -t tmpfs tmpfs '/données/neuf'",
      ]
    )
  }
}
