import TestSupport
import Testing

/// What `maskedPaths`, `readonlyPaths` and read-only mounts cover, and what not.
@Suite(.requiresRoot, .requires("jq", "busybox")) struct RuntimeCoverTests {
  /// Links are the image's: they are followed inside the root, and what they lead to is covered. One that leads nowhere is passed over.
  @Test(arguments: [
    ("ln -s target/file link", "/link", "/target/file"), ("ln -s /target/file link", "/link", "/target/file"),
    ("ln -s ../../../target/file link", "/link", "/target/file"), ("ln -s target link", "/link/file", "/target/file"),
    ("ln -s target link", "/link", "/target"), ("ln -s link2 link; ln -s target/file link2", "/link", "/target/file"),
    ("ln -s /nowhere link", "/link", ""), ("ln -s nowhere link", "/link/file", ""), ("true", "/nowhere", ""),
  ])
  func linksAreFollowedInTheRoot(making: String, path: String, covered: String) throws {
    let output = try RuntimeHost.script(
      #"""
      mkdir bundle/rootfs/target; echo content >bundle/rootfs/target/file; (cd bundle/rootfs; \#(making))
      command sh -c 'cat /target/file 2>/dev/null; echo x >>/target/file; ls -l / | grep -c " -> "; grep -o " /target[^ ]*" /proc/self/mountinfo'
      change '.linux.maskedPaths = ["\#(path)"]'; berth run -b bundle $id; echo content >bundle/rootfs/target/file
      change '.linux.maskedPaths = [] | .linux.readonlyPaths = ["\#(path)"]'; berth run -b bundle $id 2>&1 | grep -v '^sh: '
      """#
    )
    let links = making.hasPrefix("ln") ? making.contains(";") ? 2 : 1 : 0
    let place = covered.isEmpty ? "" : " \(covered)\n"
    let masked = covered.isEmpty ? "content\n" : ""
    #expect(output.out == "\(masked)\(links)\n\(place)content\n\(links)\n\(place)")
  }

  /// What config.json mounts below a read-only path is as config.json says.
  @Test func volumesInAReadOnlyPathAreWritable() throws {
    let output = try RuntimeHost.script(
      #"""
      mkdir -p bundle/rootfs/data/volume volume
      command sh -c 'for place in /data /data/volume /data/tmpfs; do touch $place/file 2>/dev/null && echo $place; done'
      change --arg dir "$PWD" '.linux.readonlyPaths = ["/data"] | .mounts += [
        {destination: "/data/volume", type: "bind", source: ($dir + "/volume"), options: ["rbind"]},
        {destination: "/data/tmpfs", type: "tmpfs", source: "tmpfs"}]'
      berth run -b bundle $id
      """#
    )
    #expect(output == Output(status: 0, out: "/data/volume\n/data/tmpfs\n", err: ""))
  }

  /// A read-only tmpfs is that where another mount covers it, too; but only when what is in it is there.
  @Test func whatIsCoveredIsReadOnly() throws {
    let output = try RuntimeHost.script(
      #"""
      command sh -c 'grep -E " /(a|b|c)(/d)? " /proc/self/mountinfo | cut -d " " -f 5,6 | cut -d , -f 1'
      change '.mounts += ([["/a", "ro"], ["/a", "rw"], ["/b", "ro"], ["/b/d", "rw"], ["/b", "rw"], ["/c", "ro"], ["/c/d", "ro"]]
        | map({destination: .[0], type: "tmpfs", source: "tmpfs", options: [.[1]]}))'
      berth run -b bundle $id
      """#
    )
    #expect(output.out == "/a ro\n/a rw\n/b ro\n/b/d rw\n/b rw\n/c ro\n/c/d ro\n", "\(output.err)")
  }
}
