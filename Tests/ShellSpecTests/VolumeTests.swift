import OCISpec
import ShellSpec
import Testing

/// `-v SOURCE:DESTINATION[:OPTIONS]`, docker's syntax.
struct VolumeTests {
  /// The mounts after the first, which is /proc.
  private func volumes(_ edit: (inout ShellOptions) -> Void) throws -> [Mount] {
    Array((try spec(.root, edit).mounts ?? []).dropFirst())
  }

  @Test(
    arguments: [
      ("/a:/b", "/a", "/b", ["rbind", "rprivate"]),
      ("/a:/b:", "/a", "/b", ["rbind", "rprivate"]),
      ("./src:/src:ro", "/here/src", "/src", ["rbind", "ro", "rprivate"]),
      ("../x:/x", "/x", "/x", ["rbind", "rprivate"]),
      (".:/w", "/here", "/w", ["rbind", "rprivate"]),
      ("/a/:/b", "/a", "/b", ["rbind", "rprivate"]),
      ("/a:/b:rslave", "/a", "/b", ["rbind", "rslave"]),
      ("/a:/b:bind,shared", "/a", "/b", ["bind", "shared"]),
      ("/a:/b:rbind,rw", "/a", "/b", ["rbind", "rw", "rprivate"]),
      ("/a:/b:z,Z,ro,cached,consistent,delegated,nocopy", "/a", "/b", ["rbind", "ro", "rprivate"]),
      ("/a:/b:rro,nosymfollow", "/a", "/b", ["rbind", "rro", "nosymfollow", "rprivate"]),
      (
        "/a:/b:idmap=uids=0-1-1;gids=0-1-1", "/a", "/b", ["rbind", "idmap=uids=0-1-1;gids=0-1-1", "rprivate"]
      ),
      ("/a b:/it's", "/a b", "/it's", ["rbind", "rprivate"]),
    ]
  )
  func volume(text: String, source: String, destination: String, options: [String]) throws {
    #expect(
      try volumes { $0.volumes = [text] }
        == [Mount(destination: destination, type: "bind", source: source, options: options)]
    )
  }

  private static let form = "this is not SOURCE:DESTINATION[:OPTIONS], for example -v ./src:/src:ro"

  @Test(
    arguments: [
      ("/a", form), ("", form), (":/b", form), ("/a:", form), ("/a:/b:ro:rw", form),
      ("/a:b", "the destination \"b\" is not an absolute path"),
      ("/a:./b", "the destination \"./b\" is not an absolute path"),
      ("/a:/", "the destination is the root itself; --rootfs or --image give the command another root"),
      ("/a://.", "the destination is the root itself; --rootfs or --image give the command another root"),
      ("/a:/x/..", "the destination is the root itself; --rootfs or --image give the command another root"),
      ("/a:/b:ro,nosiud", "\"nosiud\" is not a mount option; did you mean \"nosuid\"?"),
      ("/a:/b:rbindd", "\"rbindd\" is not a mount option; did you mean \"rbind\"?"),
      ("/a:/b:readonly", "\"readonly\" is not a mount option"),
      ("/a:/b:size=5m", "\"size=5m\" is not a mount option"),
    ]
  )
  func volumeError(text: String, message: String) {
    #expect(usageError { $0.volumes = [text] } == "-v \(text): \(message)")
  }

  // MARK: --tmpfs

  @Test(
    arguments: [
      ("/t", []), ("/t:", []), ("/t:size=5m,mode=1777", ["size=5m", "mode=1777"]),
      ("/t:exec,noswap", ["exec", "noswap"]),
      ("/t:tmpcopyup", ["tmpcopyup"]), ("/t:mpol=bind:0", ["mpol=bind:0"]),
    ] as [(String, [String])]
  )
  func temporaryFileSystem(text: String, options: [String]) throws {
    #expect(
      try volumes { $0.temporaryFileSystems = [text] }
        == [Mount(destination: "/t", type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev", "noexec"] + options)]
    )
  }

  @Test(
    arguments: [
      ("t", "the destination \"t\" is not an absolute path"), ("", "the destination \"\" is not an absolute path"),
      ("/", "the destination is the root itself; --rootfs or --image give the command another root"),
      ("/t:exce", "\"exce\" is not a mount option; did you mean \"exec\"?"),
    ]
  )
  func temporaryFileSystemError(text: String, message: String) {
    #expect(usageError { $0.temporaryFileSystems = [text] } == "--tmpfs \(text): \(message)")
  }

  // MARK: Together

  @Test func orderIsVolumesMountsTemporaries() throws {
    let mounts = try volumes {
      $0.temporaryFileSystems = ["/3"]
      $0.mounts = ["src=/a,dst=/2"]
      $0.volumes = ["/a:/1"]
    }
    #expect(mounts.map(\.destination) == ["/1", "/2", "/3"])
  }

  /// Without a mount namespace of its own the mount would be the host's.
  @Test func needsMountNamespace() {
    let reason = "a mount needs a mount namespace of its own: it does not go with --share mount and --join mount"
    func error(_ edit: @escaping (inout ShellOptions) -> Void) -> String? {
      usageError {
        $0.shared = ["mount"]
        edit(&$0)
      }
    }
    #expect(error { $0.volumes = ["/a:/b"] } == "-v /a:/b: \(reason)")
    #expect(error { $0.mounts = ["src=/a,dst=/b"] } == "--mount src=/a,dst=/b: \(reason)")
    #expect(error { $0.temporaryFileSystems = ["/t"] } == "--tmpfs /t: \(reason)")
    #expect(error { _ in } == nil)
  }
}
