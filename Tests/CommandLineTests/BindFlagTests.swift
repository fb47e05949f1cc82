import TestSupport
import Testing

/// The flags that a container's binds have, by those of their source and their options.
@Suite(.requiresRoot, .requires("jq", "busybox"))
struct BindFlagTests {
  private func flags(_ source: String, _ options: String, isMapped: Bool = false) throws -> Output {
    let mapped =
      isMapped
      ? """
      change '.linux.namespaces += [{"type": "user"}] | .linux.uidMappings =
        [{"containerID": 0, "hostID": 100000, "size": 1000}] | .linux.gidMappings = .linux.uidMappings'
      """ : ""
    return try RuntimeHost.script(
      """
      chmod -R go+rX bundle; mkdir source bundle/rootfs/mnt; mount -t tmpfs tmpfs source; mount -o remount,bind,\(source) source
      command sh -c 'cat /proc/self/mounts'
      change --arg source $PWD/source '.mounts += [{destination: "/mnt", $source, type: "bind", options: ("\(options)" / ",")}]'
      \(mapped)
      berth run -b bundle $id >out; awk '$2 == "/mnt" { print $4 }' out
      """
    )
  }

  @Test(arguments: [
    ("ro,noexec,nosymfollow,nodiratime", "bind", "ro,noexec,nodiratime,relatime,nosymfollow"),
    ("ro,noexec,nosymfollow,nodiratime", "bind,dev", "rw,nodiratime,relatime"),
    ("ro", "bind,nosuid,nodev,rprivate", "rw,nosuid,nodev,relatime"),
    ("nodev,nosuid,noatime", "bind,ro,exec", "ro,noatime"),
    ("noatime", "bind,relatime", "rw,relatime"),
  ])
  func plain(source: String, options: String, expected: String) throws {
    #expect(try flags(source, options) == Output(status: 0, out: expected + "\n", err: ""))
  }

  /// In a user namespace, what is left out stays where the kernel locks it.
  @Test(arguments: [
    ("ro,noexec,nosymfollow", "bind,dev", "ro,noexec,relatime"),
    ("ro", "bind,nosuid,nodev", "ro,nosuid,nodev,relatime"),
    ("nodev,nosuid,noatime", "bind,ro", "ro,nosuid,nodev,noatime"),
  ])
  func mapped(source: String, options: String, expected: String) throws {
    #expect(try flags(source, options, isMapped: true) == Output(status: 0, out: expected + "\n", err: ""))
  }
}
