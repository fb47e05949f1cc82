import TestSupport
import Testing

/// Binds of what earlier mounts bring into a container's root.
@Suite(.requiresRoot, .requires("jq", "busybox"))
struct MountOrderTests {
  /// The source is named by its path on the host, and so may be the destination; both are in the root.
  @Test(arguments: [
    ("bind", "", "0:0"), ("bind,idmap", "", "0:0"), ("bind", "user", "65534:65534"), ("bind,idmap", "user", "0:0"),
  ])
  func sourcesInTheRoot(options: String, namespace: String, owner: String) throws {
    let mappings = #"[{"containerID": 0, "hostID": 100000, "size": 1000}]"#
    let map = options.contains("idmap") ? ", uidMappings: $map, gidMappings: $map" : ""
    let user =
      namespace.isEmpty
      ? "" : #"| .linux.namespaces += [{"type": "user"}] | .linux.uidMappings = $map | .linux.gidMappings = $map"#
    let output = try RuntimeHost.script(
      """
      chmod -R go+rX bundle; mkdir -p source/dir bundle/rootfs/first bundle/rootfs/second bundle/rootfs/third
      mount -t tmpfs -o mode=755 tmpfs source; mkdir source/dir; echo here >source/dir/file
      command sh -c 'cat /third/file; stat -c %u:%g /second/file'
      change --arg source $PWD/source --arg root $PWD/bundle/rootfs --argjson map '\(mappings)' '.mounts += [
        {destination: "/first", $source, type: "bind", options: ["bind"]},
        {destination: "/second", source: ($root + "/first/dir"), options: ("\(options)" / ",")\(map)},
        {destination: ($root + "/third"), source: ($root + "/second"), options: ["bind"]}] \(user)'
      berth run -b bundle $id
      """
    )
    let isMapped = options.contains("idmap") && namespace.isEmpty
    #expect(output == Output(status: 0, out: "here\n\(isMapped ? "100000:100000" : owner)\n", err: ""))
  }
}
