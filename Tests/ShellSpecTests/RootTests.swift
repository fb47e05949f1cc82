import ContainerPlan
import LinuxABI
import OCISpec
import ShellSpec
import Testing

struct RootTests {
  @Test func root() throws {
    #expect(try spec().root == .init(path: "/"))
    #expect(try spec { $0.readOnly = true }.root == .init(path: "/", readonly: true))
    #expect(try spec { $0.rootfs = "./debian/" }.root == .init(path: "/here/debian"))
    #expect(try spec { $0.image = "/images/a.erofs" }.root == .init(path: "/images/a.erofs"))
    let error = usageError {
      $0.rootfs = "a"
      $0.image = "b"
    }
    #expect(error == "--rootfs a: a root comes from --rootfs or from --image, not from both")
  }

  private func traits(_ edit: (inout ShellOptions) -> Void) -> ShellTraits {
    var options = ShellOptions()
    options.command = ["true"]
    edit(&options)
    return ShellTraits(options, workingDirectory: "/here")
  }

  /// No annotation of a config.json stands for these.
  @Test func traitsBesidesTheSpec() throws {
    #expect(traits { _ in } == ShellTraits())
    #expect(traits { $0.overlay = "tmpfs" }.overlay == .temporary)
    #expect(traits { $0.overlay = "./kept" }.overlay == .kept("/here/kept"))
    #expect(traits { $0.hasInit = true }.hasInit)
    for command in [[], ["bash"], ["/bin/sh"]] { #expect(traits { $0.command = command }.isForegroundJob) }
    for command in [["true"], ["bash", "-l"]] { #expect(!traits { $0.command = command }.isForegroundJob) }
  }

  /// A printed spec says what it cannot say, and lets nothing be written that a layer was to take.
  @Test func printedWithoutTraits() throws {
    var options = ShellOptions()
    #expect(options.noteOfTraits == nil)
    (options.overlay, options.hasInit) = ("tmpfs", true)
    #expect(
      options.noteOfTraits
        == "config.json has no field for --overlay (the root is read-only instead), --init: what runs it does without"
    )
    let spec = try spec { $0.overlay = "tmpfs" }
    #expect(spec.root?.readonly == nil && spec.annotations == nil)
    #expect(spec.printed(without: traits { $0.overlay = "tmpfs" }).root?.readonly == true)
    #expect(spec.printed(without: traits { _ in }) == spec)
  }

  /// What is hidden and read-only in a container's /proc and /sys is not so in the host's own.
  @Test func masks() throws {
    let own = try spec { $0.rootfs = "/r" }.linux
    #expect(own?.maskedPaths?.contains("/proc/kcore") == true)
    #expect(own?.readonlyPaths?.contains("/proc/sys") == true)
    #expect(try spec().linux?.maskedPaths == nil)
    #expect(try spec { $0.overlay = "tmpfs" }.linux?.readonlyPaths == nil)
  }

  // MARK: Propagation

  @Test(arguments: [("private", "rprivate"), ("slave", "rslave"), ("shared", "rshared")])
  func propagation(text: String, field: String) throws {
    #expect(try spec { $0.propagation = text }.linux?.rootfsPropagation == field)
  }

  @Test func unchanged() throws {
    let spec = try spec { $0.propagation = "unchanged" }
    #expect(spec.linux?.rootfsPropagation == nil)
    #expect(traits { $0.propagation = "unchanged" }.keepsPropagation)
  }

  private static let noPeer =
    "a root of its own has no peer on the host; to share one directory's mounts, use -v SOURCE:DESTINATION:rshared"

  @Test func propagationErrors() {
    func error(_ propagation: String, _ edit: (inout ShellOptions) -> Void = { _ in }) -> String? {
      usageError {
        $0.propagation = propagation
        edit(&$0)
      }
    }
    #expect(
      error("slvae")
        == "--propagation slvae: this is not a propagation: private, slave, shared and unchanged are; did you mean slave?"
    )
    #expect(
      error("xyzzy") == "--propagation xyzzy: this is not a propagation: private, slave, shared and unchanged are"
    )
    #expect(error("shared") { $0.rootfs = "/r" } == "--propagation shared: \(Self.noPeer)")
    #expect(error("unchanged") { $0.overlay = "tmpfs" } == "--propagation unchanged: \(Self.noPeer)")
    #expect(
      error("slave") { $0.image = "/i" }
        == "--propagation slave: nothing is mounted into an image or an overlay on the host: use -v SOURCE:DESTINATION:rslave"
    )
    #expect(error("slave") { $0.rootfs = "/r" } == nil)
  }

  // MARK: What a root finds mounted

  private func mounts(_ caller: Caller = .root, _ edit: (inout ShellOptions) -> Void) throws -> [Mount] {
    try spec(caller, edit).mounts ?? []
  }

  /// The host's root in place needs the new PID namespace's /proc alone, and none where it has no new PID namespace.
  @Test func hostRoot() throws {
    let proc = Mount(destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "nodev", "noexec"])
    #expect(try mounts { _ in } == [proc])
    #expect(try mounts { $0.overlay = "tmpfs" } == [proc])
    #expect(try mounts { $0.joined = ["pid=5"] } == [proc])
    #expect(try mounts { $0.shared = ["pid"] } == [])
    #expect(try mounts { $0.shared = ["mount"] } == [])
  }

  /// config-linux.md "Default Filesystems".
  @Test func ownRoot() throws {
    let mounts = try mounts { $0.rootfs = "/r" }
    #expect(mounts.map(\.destination) == ["/proc", "/dev", "/dev/pts", "/dev/shm", "/sys"])
    #expect(mounts.map(\.type) == ["proc", "tmpfs", "devpts", "tmpfs", "sysfs"])
  }

  @Test func ownRootWithMore() throws {
    var caller = Caller.root
    caller.terminal = "/dev/pts/3"
    let mounts = try mounts(caller) {
      $0.image = "/i"
      $0.added = [.ipc]
    }
    #expect(
      mounts.map(\.destination) == ["/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/dev/console", "/sys"]
    )
    #expect(
      mounts[5]
        == Mount(destination: "/dev/console", type: "bind", source: "/dev/pts/3", options: ["bind", "rprivate"])
    )
  }

  /// A user namespace may mount sysfs only with a network namespace that it owns: else it borrows the host's.
  @Test func sysOfAUserNamespace() throws {
    let borrowed = try mounts(.user) { $0.rootfs = "/r" }.last
    #expect(
      borrowed
        == Mount(
          destination: "/sys",
          type: "bind",
          source: "/sys",
          options: ["rbind", "rprivate", "nosuid", "noexec", "nodev", "rro"]
        )
    )
    let own = try mounts(.user) {
      $0.rootfs = "/r"
      $0.added = [.network]
    }.last
    #expect(own?.type == "sysfs")
  }

  @Test func procOfTheHost() throws {
    let proc = try mounts {
      $0.rootfs = "/r"
      $0.shared = ["pid"]
    }.first
    #expect(proc?.type == "bind")
    #expect(proc?.source == "/proc")
    #expect(proc?.options == ["rbind", "rprivate", "nosuid", "noexec", "nodev"])
  }
}
