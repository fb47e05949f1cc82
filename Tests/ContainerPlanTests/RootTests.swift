import ContainerPlan
import LinuxABI
import MountNamespace
import OCISpec
import Testing

struct RootTests {
  private static let pivot = ["pivot_root . .", "umount -l .", "cd /"]

  /// In a mount namespace that is others' too, nothing becomes of the tree that is there.
  @Test(arguments: ["", "/proc/1/ns/mnt"]) func sharedMountNamespace(path: String) throws {
    let host = Host.of {
      $0.mountPoints = .made
      $0.root = .directory(path: "/r")
    }
    let spec = Spec.of(root: "/r", namespaces: [.pid]) {
      if !path.isEmpty { $0.linux?.namespaces?.append(Linux.Namespace(type: "mount", path: path)) }
    }
    let plan = try ContainerPlan(spec, host: host)
    #expect(plan.steps.last == .changeRoot(to: "/r"))
    #expect(plan.changesRoot)
    #expect(!plan.steps.flatMap(\.commandLines).contains { $0.hasSuffix(" /") })
    #expect(problems(Spec.of(namespaces: [.pid]), Host.of { $0.mountPoints = .made }).count == 1)
  }

  private static func host(_ root: RootFact, edit: (inout Host) -> Void = { _ in }) -> Host {
    .of {
      $0.root = root
      $0.topLevel = .of("/", ["etc/", "mnt/", "usr/"])
      edit(&$0)
    }
  }

  @Test func noRoot() {
    #expect(problems(.of { $0.root = nil }) == ["root: there is no root"])
    #expect(problems(.of(), Self.host(.refused("/x: No such file"))) == ["root.path: /x: No such file"])
  }

  // MARK: The host's root, and directories

  @Test func readOnlyHostRoot() throws {
    #expect(
      try steps(.of { $0.root?.readonly = true }) == [
        "mount --make-rprivate /", "mount -o remount,bind,ro=recursive /",
      ]
    )
  }

  @Test func directory() throws {
    let plan = try ContainerPlan(.of(root: "/r"), host: Self.host(.directory(path: "/r")))
    #expect(
      plan.steps.flatMap(\.commandLines) == ["mount --make-rprivate /", "mount --rbind /r /r", "cd /r"] + Self.pivot
    )
    #expect(plan.roots == ["/r"])
  }

  /// Mounts are confined to the root, and are made before it is entered; read-only is only the root.
  @Test func readOnlyDirectoryWithMounts() throws {
    let spec = Spec.of(root: "/r", mounts: [.bind("/a", "/b")]) { $0.root?.readonly = true }
    let host = Self.host(.directory(path: "/r")) {
      $0.sources.set(.directory, at: 0)
      $0.destinations.set(.directory("/b"), at: 0)
    }
    let plan = try ContainerPlan(spec, host: host)
    #expect(
      plan.steps.flatMap(\.commandLines)
        == [
          "mount --make-rprivate /", "mount --rbind /r /r", "mount -o remount,bind,ro=recursive /r",
          "mount --rbind /a /r/b", "cd /r",
        ]
        + Self.pivot
    )
    #expect(
      plan.steps[2]
        == .mount(
          .bind(
            from: MountPoint(path: "/a"),
            recursive: true,
            change: MountChange(),
            at: MountPoint(root: "/r", path: "/b")
          )
        )
    )
  }

  @Test func directoryWithAMissingMountPoint() throws {
    let host = Self.host(.directory(path: "/r")) {
      $0.destinations.set(.missing("/new", in: .of("/", ["etc/"])), at: 0)
    }
    let spec = Spec.of(root: "/r", mounts: [.tmpfs("/new")]) { $0.root?.readonly = true }
    #expect(
      try steps(spec, host) == [
        "mount --make-rprivate /",
        "cd /r",
        "mount -t tmpfs -o mode=0755 berth /r",
        "mkdir -p /r/etc",
        "mount --no-canonicalize --rbind ./etc /r/etc", "mount -o remount,bind,ro=recursive /r/etc",
        "mkdir -p /r/new",
        "mount -o remount,bind,ro /r",
        "mount -t tmpfs tmpfs /r/new",
        "cd /r",
      ] + Self.pivot
    )
  }

  // MARK: Images

  @Test func image() throws {
    let host = Self.host(.image(path: "/i.erofs", type: "erofs")) { $0.destinations.set(.unknown("/new"), at: 0) }
    #expect(
      try steps(.of(root: "/i.erofs", mounts: [.tmpfs("/new")]), host) == [
        "mount --make-rprivate /",
        "mount -t tmpfs -o mode=0755 berth /mnt",
        "mkdir -p /mnt/image",
        "mount -t erofs -o ro,loop /i.erofs /mnt/image",
        "mkdir -p /mnt/root",
        "mkdir -p /mnt/layer0/upper",
        "chown --reference=/mnt/image /mnt/layer0/upper",
        "chmod --reference=/mnt/image /mnt/layer0/upper",
        "mkdir -p /mnt/layer0/work",
        "mount -t overlay -o lowerdir=/mnt/image,upperdir=/mnt/layer0/upper,workdir=/mnt/layer0/work overlay /mnt/root",
        "mkdir -p /mnt/root/new",
        "mount -t tmpfs tmpfs /mnt/root/new",
        // Nothing is kept of what would be written.
        "mount -o remount,bind,ro /mnt/root",
        "cd /mnt/root",
      ] + Self.pivot
    )
  }

  @Test func imageWithAKeptLayer() throws {
    let host = Self.host(.image(path: "/mnt/i.squashfs", type: "squashfs"))
    let lines = try steps(.of(root: "/mnt/i.squashfs"), host, .overlaid(.kept("/kept")))
    // The image lies in /mnt, so that is not covered.
    #expect(lines[1] == "mount -t tmpfs -o mode=0755 berth /etc")
    #expect(
      lines.contains(
        "mount -t overlay -o lowerdir=/etc/image,upperdir=/kept/upper,workdir=/kept/work overlay /etc/root"
      )
    )
    #expect(!lines.contains("mount -o remount,bind,ro /etc/root"))
  }

  // MARK: Masked and read-only paths

  @Test func masks() throws {
    let spec = Spec.of(root: "/r") {
      $0.linuxOrEmpty.maskedPaths = ["/proc/kcore"]
      $0.linuxOrEmpty.readonlyPaths = ["/proc/sys"]
    }
    let plan = try ContainerPlan(spec, host: Self.host(.directory(path: "/r")))
    #expect(
      plan.steps[2...3] == [
        .mask(MountPoint(root: "/r", path: "/proc/kcore")), .makeReadOnly(MountPoint(root: "/r", path: "/proc/sys")),
      ]
    )
  }

  @Test func masksAreAbsolute() {
    let spec = Spec.of {
      $0.linuxOrEmpty.maskedPaths = ["proc/kcore"]
      $0.linuxOrEmpty.readonlyPaths = ["/proc/sys", ""]
    }
    #expect(
      problems(spec) == [
        "linux.maskedPaths[0]: \"proc/kcore\" is not an absolute path",
        "linux.readonlyPaths[1]: \"\" is not an absolute path",
      ]
    )
  }

  // MARK: Devices

  private func devices(_ spec: (Spec) -> Spec, root: RootFact = .directory(path: "/r")) throws -> [String] {
    let host = Self.host(root) { $0.destinations.set(.directory("/dev"), at: 0) }
    let base = Spec.of(root: root == .host ? "/" : "/r", mounts: [.tmpfs("/dev")])
    let lines = try steps(spec(base), host)
    return Array(lines.drop { !$0.hasPrefix("mount -t tmpfs") }.dropFirst().prefix { !$0.hasPrefix("cd ") })
  }

  private static let links = [
    "ln -s /proc/self/fd /r/dev/fd", "ln -s /proc/self/fd/0 /r/dev/stdin", "ln -s /proc/self/fd/1 /r/dev/stdout",
    "ln -s /proc/self/fd/2 /r/dev/stderr", "ln -s pts/ptmx /r/dev/ptmx",
  ]

  /// config-linux.md "Default Devices" and "Dev symbolic links".
  @Test func madeDevices() throws {
    let nodes = [("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0)]
    #expect(try devices { $0 } == nodes.map { "mknod -m 0666 /r/dev/\($0.0) c \($0.1) \($0.2)" } + Self.links)
  }

  /// A user namespace cannot make devices that work: it has the host's.
  @Test func borrowedDevices() throws {
    let names = ["null", "zero", "full", "random", "urandom", "tty"]
    let lines = names.flatMap { ["touch /r/dev/\($0)", "mount --bind /dev/\($0) /r/dev/\($0)"] }
    #expect(try devices { $0.mappedToCaller } == lines + Self.links)
  }

  @Test func noDevicesOnTheHostsRoot() throws {
    #expect(try devices({ $0 }, root: .host) == [])
  }
}
