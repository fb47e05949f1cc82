import OCISpec
import ShellSpec
import Testing

/// `--mount type=TYPE,src=SOURCE,dst=DESTINATION,...`, docker's syntax.
struct MountSyntaxTests {
  private static func bind(_ options: [String], source: String = "/a") -> Mount {
    Mount(destination: "/b", type: "bind", source: source, options: options)
  }

  @Test(
    arguments: [
      ("type=bind,src=/a,dst=/b", bind(["rbind", "rprivate"])),
      ("source=/a,destination=/b", bind(["rbind", "rprivate"])),
      ("target=/b,source=./x", bind(["rbind", "rprivate"], source: "/here/x")),
      ("src=/a,dst=/b,readonly", bind(["rbind", "ro", "rprivate"])),
      ("src=/a,dst=/b,ro", bind(["rbind", "ro", "rprivate"])),
      ("src=/a,dst=/b,readonly=true", bind(["rbind", "ro", "rprivate"])),
      ("src=/a,dst=/b,ro=1", bind(["rbind", "ro", "rprivate"])),
      ("src=/a,dst=/b,readonly=false", bind(["rbind", "rw", "rprivate"])),
      ("src=/a,dst=/b,ro=0", bind(["rbind", "rw", "rprivate"])),
      ("src=/a,dst=/b,bind-propagation=rslave", bind(["rbind", "rslave"])),
      ("src=/a,dst=/b,bind-recursive=disabled", bind(["bind", "rprivate"])),
      ("src=/a,dst=/b,bind-recursive=enabled", bind(["rbind", "rprivate"])),
      ("src=/a,dst=/b,bind-recursive=writable", bind(["rbind", "rprivate"])),
      ("src=/a,dst=/b,bind-recursive=readonly", bind(["rbind", "rro", "rprivate"])),
      ("src=/a,dst=/b,bind-nonrecursive", bind(["bind", "rprivate"])),
      ("src=/a,dst=/b,bind-nonrecursive=true", bind(["bind", "rprivate"])),
      ("src=/a,dst=/b,nosuid,nosymfollow", bind(["rbind", "nosuid", "nosymfollow", "rprivate"])),
      (
        "src=/a,dst=/b,idmap=uids=0-1-1;gids=0-1-1", bind(["rbind", "idmap=uids=0-1-1;gids=0-1-1", "rprivate"])
      ),
      ("src=/a,,dst=/b,", bind(["rbind", "rprivate"])),
      ("\"src=/a,x\",dst=/b", bind(["rbind", "rprivate"], source: "/a,x")),
      ("type=tmpfs,dst=/b", Mount(destination: "/b", type: "tmpfs", source: "tmpfs")),
      (
        "type=tmpfs,dst=/b,tmpfs-size=64m,tmpfs-mode=1777,noexec",
        Mount(destination: "/b", type: "tmpfs", source: "tmpfs", options: ["size=64m", "mode=1777", "noexec"])
      ),
      // The type may come after options that only it explains.
      ("dst=/b,size=1m,type=tmpfs", Mount(destination: "/b", type: "tmpfs", source: "tmpfs", options: ["size=1m"])),
      ("type=ext4,src=/dev/sda1,dst=/b", Mount(destination: "/b", type: "ext4", source: "/dev/sda1")),
      (
        "type=overlay,src=x,dst=/b,lowerdir=/l1:/l2",
        Mount(destination: "/b", type: "overlay", source: "x", options: ["lowerdir=/l1:/l2"])
      ),
    ] as [(String, Mount)]
  )
  func mount(text: String, mount: Mount) throws {
    #expect(try spec { $0.mounts = [text] }.mounts?.last == mount)
  }

  @Test(
    arguments: [
      ("src=/a", "dst=PATH is missing: where it is to be mounted"),
      ("", "dst=PATH is missing: where it is to be mounted"),
      ("dst=/b", "src=PATH is missing: what is to be mounted"),
      ("src=/a,dst=b", "the destination \"b\" is not an absolute path"),
      ("src=/a,dst=/", "the destination is the root itself; --rootfs or --image give the command another root"),
      ("scr=/a,dst=/b", "\"scr\" is neither a key of --mount nor a mount option; did you mean \"src\"?"),
      (
        "src=/a,dst=/b,redonly",
        "\"redonly\" is neither a key of --mount nor a mount option; did you mean \"readonly\"?"
      ),
      ("src=/a,dst=/b,xyzzy=1", "\"xyzzy\" is neither a key of --mount nor a mount option"),
      ("src=/a,dst=/b,readonly=maybe", "\"maybe\" is not a value of readonly"),
      ("src=/a,dst=/b,bind-recursive=sometimes", "\"sometimes\" is not a value of bind-recursive"),
      ("src,dst=/b", "src needs a value"),
    ]
  )
  func error(text: String, message: String) {
    #expect(usageError { $0.mounts = [text] } == "--mount \(text): \(message)")
  }
}
