import ContainerPlan
import LinuxABI
import OCISpec
import Testing

/// A copy-on-write layer over a root, and over each file system that is mounted below it.
struct OverlayTests {
  private static let names = ["boot/", "etc/", "home/", "mnt/", "proc/"]

  private func lines(
    _ submounts: [Submount] = [],
    layer: OverlayLayer = .temporary,
    root: RootFact = .host,
    edit: (inout Spec) -> Void = { _ in }
  ) throws -> [String] {
    let host = Host.of {
      $0.root = root
      $0.submounts = submounts
      $0.topLevel = .of("/", Self.names)
    }
    return try steps(.of(edit: edit), host, .overlaid(layer))
  }

  private func submount(_ path: String, _ type: String, _ kind: FileKind = .directory) -> Submount {
    Submount(path: path, type: type, kind: kind)
  }

  private static func layer(_ name: String, over lower: String, at path: String) -> [String] {
    [
      "mkdir -p \(name)/upper", "chown --reference=\(lower) \(name)/upper", "chmod --reference=\(lower) \(name)/upper",
      "mkdir -p \(name)/work",
      "mount -t overlay -o lowerdir=\(lower),upperdir=\(name)/upper,workdir=\(name)/work overlay \(path)",
    ]
  }

  private static let stage = [
    "mount --make-rprivate /", "mount -t tmpfs -o mode=0755 berth /mnt", "mkdir -p /mnt/root",
  ]
  private static let pivot = ["cd /mnt/root", "pivot_root . .", "umount -l .", "cd /"]

  @Test func vanishing() throws {
    #expect(try lines() == Self.stage + Self.layer("/mnt/layer0", over: "/", at: "/mnt/root") + Self.pivot)
  }

  @Test func kept() throws {
    let expected = Self.stage + Self.layer("/kept", over: "/", at: "/mnt/root") + Self.pivot
    #expect(try lines(layer: .kept("/kept")) == expected)
  }

  /// Files on storage get a layer, interfaces to the kernel stay what they are, and a file is copied.
  @Test func submounts() throws {
    let mounts = [
      submount("/boot", "vfat"), submount("/etc/hosts", "ext4", .regular), submount("/home", "ext4"),
      submount("/proc", "proc"), submount("/proc/sys/fs/binfmt_misc", "binfmt_misc"),
      submount("/run/ns", "nsfs", .regular),
      submount("/run/auto", "autofs"), submount("/run/log", "tmpfs", .socket), submount("/sys", "sysfs"),
      submount("/sys/fs/cgroup", "cgroup2"),
    ]
    #expect(
      try lines(mounts) == Self.stage + Self.layer("/mnt/layer0", over: "/", at: "/mnt/root")
        + Self.layer("/mnt/layer1", over: "/boot", at: "/mnt/root/boot")
        + ["cp -p /etc/hosts /mnt/file2", "mount --bind /mnt/file2 /mnt/root/etc/hosts"]
        + Self.layer("/mnt/layer3", over: "/home", at: "/mnt/root/home")
        + [
          // One recursive bind has all below it too.
          "mount --rbind /proc /mnt/root/proc", "mount --rbind /run/log /mnt/root/run/log",
          "mount --rbind /sys /mnt/root/sys",
        ] + Self.pivot
    )
  }

  /// The kept layers of two mounts never share a directory: /a/b and /a-b are different names.
  @Test func namesOfKeptLayers() throws {
    let lines = try lines(
      [submount("/a/b", "ext4"), submount("/a-b", "ext4"), submount("/a\\b", "ext4")],
      layer: .kept("/kept")
    )
    #expect(lines.contains("mkdir -p /kept/mounts/a-b/upper"))
    #expect(lines.contains("mkdir -p '/kept/mounts/a\\x2db/upper'"))
    #expect(lines.contains("mkdir -p '/kept/mounts/a\\x5cb/upper'"))
  }

  /// overlayfs parts layers at colons, and takes a backslash before one that is meant.
  @Test func escapes() throws {
    let lines = try lines(layer: .kept("/k,1:2"))
    #expect(
      lines.contains(
        "mount -t overlay -o 'lowerdir=/,upperdir=/k\\,1\\:2/upper,workdir=/k\\,1\\:2/work' overlay /mnt/root"
      )
    )
  }

  /// A new /proc stands in for the host's and for all that is mounted in that.
  @Test func ownProc() throws {
    let host = Host.of {
      $0.submounts = [
        submount("/proc", "proc"), submount("/proc/sys/fs/binfmt_misc", "autofs"), submount("/process", "sysfs"),
      ]
      $0.topLevel = .of("/", Self.names)
      $0.destinations.set(.directory("/proc"), at: 0)
    }
    let spec = Spec.of(mounts: [Mount(destination: "/proc/", type: "proc", source: "proc")])
    #expect(
      try steps(spec, host, .overlaid()) == Self.stage + Self.layer("/mnt/layer0", over: "/", at: "/mnt/root")
        + ["mount --rbind /process /mnt/root/process", "mount -t proc proc /mnt/root/proc"] + Self.pivot
    )
  }

  /// Read-only layers are sealed at the end, when everything is in them; the rest is bound read-only.
  @Test func readOnly() throws {
    let mounts = [submount("/etc/hosts", "ext4", .regular), submount("/home", "ext4"), submount("/sys", "sysfs")]
    let sealed = try lines(mounts) { $0.root?.readonly = true }
    for line in [
      "mount --bind /mnt/file1 /mnt/root/etc/hosts", "mount -o remount,bind,ro=recursive /mnt/root/etc/hosts",
      "mount --rbind /sys /mnt/root/sys", "mount -o remount,bind,ro=recursive /mnt/root/sys",
    ] {
      #expect(sealed.contains(line))
    }
    #expect(
      sealed.suffix(6) == ["mount -o remount,bind,ro /mnt/root", "mount -o remount,bind,ro /mnt/root/home"] + Self.pivot
    )
  }

  /// A directory as root: the mounts below it are where they are below it, in every alphabet.
  @Test(arguments: ["/r", "/home/é/r"])
  func directory(path: String) throws {
    let lines = try lines(
      [submount(path + "/var", "ext4")],
      root: .directory(path: path),
      edit: { $0.root = .init(path: path) }
    )
    let layers = lines.filter { $0.hasPrefix("mount -t overlay") }
    #expect(layers.count == 2)
    #expect(layers.first?.contains("lowerdir=\(path),") == true)
    #expect(layers.first?.hasSuffix(" overlay /mnt/root") == true)
    #expect(layers.last?.contains("lowerdir=\(path)/var,") == true)
    #expect(layers.last?.hasSuffix(" overlay /mnt/root/var") == true)
  }

  /// What is overlaid in a user namespace keeps its marks in user attributes.
  @Test func userNamespace() throws {
    let lines = try lines { $0 = $0.mappedToCaller }
    #expect(
      lines.contains(
        "mount -t overlay -o lowerdir=/,upperdir=/mnt/layer0/upper,workdir=/mnt/layer0/work,userxattr overlay /mnt/root"
      )
    )
  }

  /// There, a directory with mounts below it cannot be a lower one: each of its entries gets a layer of its own, and its
  /// files are shown read-only.
  @Test func splitLayers() throws {
    let host = Host.of {
      $0.submounts = [submount("/etc/hosts", "ext4", .regular), submount("/home", "ext4")]
      $0.topLevel = .of("/", Self.names)
      $0.directoriesAboveMounts = [
        "/": .of("/", ["bin -> usr/bin", "etc/", "home/", "swap"]), "/etc": .of("/etc", ["hosts", "ssh/"]),
      ]
    }
    var spec = Spec.of().mappedToCaller
    spec.root = .init(path: "/")
    let lines = try steps(spec, host, .overlaid(.kept("/kept")))
    func mounts(_ word: String) -> [String] { lines.filter { $0.hasPrefix("mount \(word)") } }
    #expect(lines.contains("ln -s usr/bin /mnt/root/bin"))
    #expect(
      mounts("--bind") == [
        "mount --bind /kept/upper /mnt/root", "mount --bind /kept/mounts/etc/upper /mnt/root/etc",
        "mount --bind /etc/hosts /mnt/root/etc/hosts", "mount --bind /swap /mnt/root/swap",
        "mount --bind /mnt/file3 /mnt/root/etc/hosts",
      ]
    )
    #expect(lines.contains("mount -o remount,bind,ro=recursive /mnt/root/swap"))
    let overlays = mounts("-t overlay").map { $0.split(separator: " ").suffix(1).joined() }
    #expect(overlays == ["/mnt/root/etc/ssh", "/mnt/root/home"])
  }

  /// A place that is missing is made in the layer.
  @Test func missingMountPoint() throws {
    let host = Host.of {
      $0.topLevel = .of("/", Self.names)
      $0.destinations.set(.missing("/new", in: .of("/", Self.names)), at: 0)
    }
    let spec = Spec.of(mounts: [.tmpfs("/new")])
    #expect(
      try steps(spec, host, .overlaid()) == Self.stage + Self.layer("/mnt/layer0", over: "/", at: "/mnt/root")
        + ["mkdir -p /mnt/root/new", "mount -t tmpfs tmpfs /mnt/root/new"] + Self.pivot
    )
  }
}
