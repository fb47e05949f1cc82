import TestSupport
import Testing

/// The host's mounts in a container with a user namespace: its root may take no restriction off them, and uncover nothing
/// that they hide, mount_namespaces(7).
@Suite(.requiresRoot, .requires("jq", "busybox"))
struct LockedMountTests {
  /// Runs a command in a container that has a mount of the host's with a mount in it at each of `/once` and `/tree`, as
  /// root with every capability in a user namespace, which is its own or that of another container.
  private func script(_ command: String, joins: Bool) throws -> Output {
    try RuntimeHost.script(
      #"""
      mkdir source; mount -t tmpfs tmpfs source; mkdir source/below; touch source/below/secret
      mount -o remount,bind,ro,nosuid,nodev,noexec,noatime source; mount -t tmpfs -o size=4096 tmpfs source/below
      chmod 755 .; mkdir bundle/rootfs/once bundle/rootfs/tree
      change --arg source $PWD/source '.linux.namespaces += [{type: "user"}] | .linux.uidMappings =
          [{containerID: 0, hostID: 100000, size: 1000}] | .linux.gidMappings = .linux.uidMappings
        | .process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])
        | .mounts += [{destination: "/once", $source, options: ["bind"]}, {destination: "/tree", $source, options: ["rbind"]}]'
      cp bundle/config.json config.json
      """#
        + (joins
          ? #"""

          berth run -d -b bundle $id
          jq --arg path /proc/$(process $id)/ns/user '.linux |= (del(.uidMappings, .gidMappings)
            | .namespaces |= map(if .type == "user" then . + {$path} else . end))' config.json >joined; mv joined config.json
          """# : "") + """

          command sh -c '\(command)'
          berth run -b bundle other$id 2>&1
          """
    )
  }

  @Test(arguments: [false, true]) func flagsStay(joins: Bool) throws {
    let output = try script(
      """
      for option in rw suid dev exec strictatime; do
        for place in once tree; do mount -o remount,bind,$option /$place 2>/dev/null && echo "$place: $option"; done
      done
      for place in once tree; do grep " /$place " /proc/self/mounts | cut -d " " -f 4; done
      """,
      joins: joins
    )
    let flags = "ro,nosuid,nodev,noexec,noatime\n"
    #expect(output == Output(status: 0, out: flags + flags, err: ""))
  }

  @Test(arguments: [false, true]) func whatIsHiddenStaysHidden(joins: Bool) throws {
    let output = try script("umount /tree/below; umount -l /tree/below; ls /tree/below; ls /once/below", joins: joins)
    let refusal = "umount: can't unmount /tree/below: Invalid argument\n"
    // The bind of the mount alone shows what the spec asks for.
    #expect(output == Output(status: 0, out: refusal + refusal + "secret\n", err: ""))
  }

  @Test func whatASpecTakesOffIsRefused() throws {
    let output = try RuntimeHost.script(
      #"""
      mkdir source bundle/rootfs/mnt; mount -t tmpfs tmpfs source; mount -o remount,bind,ro source
      change --arg source $PWD/source '.linux.namespaces += [{type: "user"}] | .linux.uidMappings =
          [{containerID: 0, hostID: 100000, size: 1000}] | .linux.gidMappings = .linux.uidMappings
        | .mounts += [{destination: "/mnt", $source, options: ["bind", "rw"]}]'
      chmod 755 .; said berth run -b bundle $id; ls -A containers
      """#
    )
    let words = """
      berth: mount --bind --make-rslave DIR/source DIR/bundle/rootfs/mnt: operation not permitted \
      (a flag of the source's cannot be cleared in a user namespace: see mount_namespaces(7))

      """
    #expect(output == Output(status: 0, out: words, err: ""))
  }

  /// Without a user namespace the container's root may unmount what it was given: berth, which waits, has nothing open.
  @Test func aVolumeIsNotBusy() throws {
    let output = try RuntimeHost.script(
      #"""
      mkdir source bundle/rootfs/mnt; mount -t tmpfs tmpfs source; command sh -c 'umount /mnt'
      change --arg source $PWD/source '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])
        | .mounts += [{destination: "/mnt", $source, options: ["bind"]}]'
      berth run -b bundle $id
      """#
    )
    #expect(output == Output(status: 0, out: "", err: ""))
  }
}
