import ContainerPlan
import LinuxABI
import MountNamespace
import OCISpec
import Testing

/// One entry of `mounts`, on the host's root in place.
struct MountTests {
  private static let first = ["mount --make-rprivate /"]

  /// A host on which `/b` is a directory, and the source is one too.
  private static func host(_ source: SourceFact = .directory, _ destination: DestinationFact = .directory("/b")) -> Host
  {
    .of {
      $0.sources.set(source, at: 0)
      $0.destinations.set(destination, at: 0)
    }
  }

  @Test(
    arguments: [
      (.bind("/a", "/b"), "mount --rbind /a /b"),
      (.bind("/a", "/b", ["bind"]), "mount --bind /a /b"),
      (.bind("/a", "/b", []), "mount --rbind /a /b"),
      (Mount(destination: "/b", type: "none", source: "/a", options: ["bind"]), "mount --bind /a /b"),
      (
        .bind("/a", "/b", ["bind", "ro", "nosuid", "rprivate"]),
        "mount --bind --make-rprivate /a /b\nmount -o remount,bind,ro,nosuid /b"
      ),
      (.bind("/a", "/b", ["rbind", "rro"]), "mount --rbind /a /b\nmount -o remount,bind,ro=recursive /b"),
      (.bind("/a", "/b", ["rbind", "sync"]), "mount --rbind /a /b"),
      (.tmpfs("/b"), "mount -t tmpfs tmpfs /b"),
      (.tmpfs("/b", ["nosuid", "size=5m", "mode=700"]), "mount -t tmpfs -o nosuid,size=5m,mode=700 tmpfs /b"),
      (.tmpfs("/b", ["ro"]), "mount -t tmpfs -o ro tmpfs /b"),
      (Mount(destination: "/b", type: "ext4", source: "/dev/x", options: ["sync"]), "mount -t ext4 -o sync /dev/x /b"),
      (Mount(destination: "/b", type: "mqueue"), "mount -t mqueue mqueue /b"),
    ] as [(Mount, String)]
  )
  func text(mount: Mount, text: String) throws {
    #expect(
      try steps(.of(mounts: [mount]), Self.host()).joined(separator: "\n")
        == (Self.first + [text]).joined(separator: "\n")
    )
  }

  @Test(
    arguments: [
      (.tmpfs("/b", ["tmpcopyup"]), ["# filled with what it covers:", "mount -t tmpfs tmpfs /b"]),
      (.tmpfs("/b", ["rslave"]), ["mount -t tmpfs tmpfs /b", "mount --make-rslave /b"]),
      (.tmpfs("/b", ["rro"]), ["mount -t tmpfs tmpfs /b", "mount -o remount,bind,ro=recursive /b"]),
      (Mount(destination: "/b", options: ["remount", "bind", "ro", "size=1m"]), ["mount -o remount,bind,ro /b"]),
      (
        Mount(destination: "/b", options: ["remount", "nosuid", "size=1m"]),
        ["mount -o remount,size=1m /b", "mount -o remount,bind,nosuid /b"]
      ),
    ] as [(Mount, [String])]
  )
  func severalLines(mount: Mount, lines: [String]) throws {
    #expect(try steps(.of(mounts: [mount]), Self.host()) == Self.first + lines)
  }

  @Test(
    arguments: [
      (.bind("/a", "b"), "destination: \"b\" is not an absolute path"),
      (.bind("a", "/b"), "source: \"a\" is not an absolute path"),
      (Mount(destination: "/b", type: "bind"), "source: \"\" is not an absolute path"),
      (
        .bind("/a", "/b", ["rbind", "nosiud"]),
        "options[1]: \"nosiud\" is not an option of a bind mount; did you mean \"nosuid\"?"
      ),
      (.bind("/a", "/b", ["rbind", "size=1m"]), "options[1]: \"size=1m\" is not an option of a bind mount"),
      (
        .bind("/a", "/b", ["rbind", "ro", "idmap=x"]),
        "options[2]: \"idmap=x\" is not an id mapping; it looks like idmap=uids=0-1000-1;gids=0-1000-1"
      ),
      (
        .bind("/a", "/b", ["rbind", "idmap"]),
        "options: an id-mapped mount needs mappings: idmap=uids=0-1000-1;gids=0-1000-1"
      ),
      (Mount(destination: "/b"), "type: a mount that is not a bind needs a type, such as tmpfs"),
      (Mount(destination: "/b", type: ""), "type: a mount that is not a bind needs a type, such as tmpfs"),
      (
        Mount(destination: "/b", type: "proc", options: ["tmpcopyup"]),
        "options: tmpcopyup is for tmpfs, and this is proc"
      ),
    ] as [(Mount, String)]
  )
  func refused(mount: Mount, message: String) {
    #expect(problems(.of(mounts: [mount]), Self.host()) == ["mounts[0].\(message)"])
  }

  @Test(
    arguments: [
      (.failed("No such file or directory"), .directory("/b"), "source: /a: No such file or directory"),
      (.directory, .file("/b"), "destination: /b is a file, and a directory cannot be mounted on it"),
      (.file, .directory("/b"), "destination: /b is a directory, and a file cannot be mounted on it"),
      (
        .directory, DestinationFact(path: "/b", containingMount: nil, answer: .refused("it leads out of the root")),
        "destination: it leads out of the root"
      ),
    ] as [(SourceFact, DestinationFact, String)]
  )
  func factsAgainst(source: SourceFact, destination: DestinationFact, message: String) {
    #expect(problems(.of(mounts: [.bind("/a", "/b")]), Self.host(source, destination)) == ["mounts[0].\(message)"])
  }

  @Test func fileOnFile() throws {
    #expect(
      try steps(.of(mounts: [.bind("/a", "/b", ["bind"])]), Self.host(.file, .file("/b"))) == Self.first + [
        "mount --bind /a /b"
      ]
    )
  }

  /// The destination's symbolic links are resolved before: the plan has the path that was found.
  @Test func destinationIsTheFactsPath() throws {
    #expect(
      try steps(.of(mounts: [.tmpfs("/var/run")]), Self.host(.directory, .directory("/run")))
        == Self.first + ["mount -t tmpfs tmpfs /run"]
    )
  }

  @Test func withoutMountNamespace() {
    let spec = Spec.of(namespaces: [.pid], mounts: [.tmpfs("/b")]) {
      $0.root?.readonly = true
      $0.linuxOrEmpty.maskedPaths = ["/proc/kcore"]
      $0.linuxOrEmpty.readonlyPaths = ["/proc/sys"]
    }
    let host = Host.of { $0.root = .directory(path: "/r") }
    let need = "needs a mount namespace of its own"
    #expect(
      problems(spec, host, .overlaid()) == [
        "root.path: a root of its own \(need)", "root.readonly: a read-only root \(need)",
        "shell.overlay: an overlaid root \(need)", "mounts[0]: a mount \(need)",
        "linux.maskedPaths: hiding paths needs a mount namespace of its own",
        "linux.readonlyPaths: making paths read-only needs a mount namespace of its own",
      ]
    )
    #expect(problems(.of(namespaces: [.pid])) == [])
  }

  // MARK: User namespaces

  /// A group that does not exist inside cannot own a terminal: devpts goes without it.
  @Test func unmappedGroups() throws {
    let devpts = Mount(destination: "/b", type: "devpts", source: "devpts", options: ["gid=5", "mode=0620"])
    let spec = Spec.of(mounts: [devpts])
    #expect(try steps(spec, Self.host()).last == "mount -t devpts -o gid=5,mode=0620 devpts /b")
    #expect(try steps(spec.mappedToCaller, Self.host()).last == "mount -t devpts -o mode=0620 devpts /b")
  }

  /// In a user namespace overlayfs may keep its marks in user attributes only.
  @Test func overlaysOfUserNamespaces() throws {
    let options = ["lowerdir=/l", "upperdir=/u", "workdir=/w"]
    func spec(_ options: [String]) -> Spec {
      .of(mounts: [Mount(destination: "/b", type: "overlay", options: options)])
    }
    let line = "mount -t overlay -o lowerdir=/l,upperdir=/u,workdir=/w"
    #expect(try steps(spec(options), Self.host()).last == "\(line) overlay /b")
    #expect(try steps(spec(options).mappedToCaller, Self.host()).last == "\(line),userxattr overlay /b")
    #expect(try steps(spec(options + ["userxattr"]).mappedToCaller, Self.host()).last == "\(line),userxattr overlay /b")
  }
}
