import TestSupport
import Testing

/// What the mounts of a container come to, as its process sees them.
@Suite(.requiresRoot, .requires("jq", "busybox"))
struct RuntimeMountTests {
  @Test func hiddenAndReadOnlyPaths() throws {
    let output = try RuntimeHost.script(
      """
      mkdir bundle/rootfs/hidden bundle/rootfs/fixed; touch bundle/rootfs/hidden/inside; echo text >bundle/rootfs/secret
      command sh -c 'ls /hidden; cat /secret; stat -c %t:%T /secret; touch /hidden/new; touch /fixed/new; echo x >/fixed/file
        echo 1 >/proc/sys/vm/drop_caches; cat /fixed/file'
      change '.linux.maskedPaths += ["/hidden", "/secret", "/none"] | .linux.readonlyPaths += ["/fixed", "/none"]'
      echo kept >bundle/rootfs/fixed/file; berth run -b bundle $id; ls bundle/rootfs/hidden bundle/rootfs/fixed
      """
    )
    #expect(output.out == "1:3\nkept\nbundle/rootfs/fixed:\nfile\n\nbundle/rootfs/hidden:\ninside\n")
    #expect(
      output.err == """
        touch: /hidden/new: Read-only file system
        touch: /fixed/new: Read-only file system
        sh: can't create /fixed/file: Read-only file system
        sh: can't create /proc/sys/vm/drop_caches: Read-only file system

        """
    )
  }

  /// With pivot_root(2), and for a ramdisk without, where `/` of the namespace's processes is the root all the same.
  @Test(arguments: ["", "--no-pivot"]) func theRootIsTheBundles(option: String) throws {
    let output = try RuntimeHost.script(
      """
      touch bundle/rootfs/here
      command sh -c 'ls -d /here; ls -d /usr; cut -d " " -f 5 /proc/self/mountinfo | head -n 1; ls -di / /.. | cut -d / -f 1 | uniq | wc -l'
      berth run \(option) -b bundle $id
      command sh -c 'sleep 100'; berth run \(option) -d -b bundle $id; berth exec $id ls -d /here
      nsenter --mount=/proc/$(process $id)/ns/mnt /bin/ls -d /here; awk '$5 == "/" { print "one" }' /proc/$(process $id)/mountinfo
      """
    )
    #expect(output.out == "/here\n/\n1\n/here\n/here\none\n")
    #expect(output.err == "ls: /usr: No such file or directory\n")
  }

  /// A container that sees its cgroups sees its own alone as the root of a cgroup namespace, and may not write to them.
  @Test func cgroupMounts() throws {
    let output = try RuntimeHost.script(
      """
      look='ls /sys/fs/cgroup/pids/cgroup.procs; grep :pids: /proc/self/cgroup | cut -d : -f 3; mkdir /sys/fs/cgroup/pids/x'
      command sh -c "$look"; change '.linux.cgroupsPath = "/berth-\\($id)"' --arg id $id; berth run -b bundle $id
      change '.linux.namespaces += [{type: "cgroup"}]'; berth run -b bundle $id
      change '(.mounts[] | select(.type == "cgroup") | .options) -= ["ro"]'; berth run -b bundle $id
      """
    )
    let path = "/sys/fs/cgroup/pids/cgroup.procs\n"
    let refusal = "mkdir: can't create directory '/sys/fs/cgroup/pids/x': Read-only file system\n"
    let lines = output.lines
    #expect(lines.count == 6 && lines[1].hasPrefix("/berth-c") && lines[3] == "/" && lines[5] == "/")
    #expect([lines[0], lines[2], lines[4]].map { $0 + "\n" } == [path, path, path])
    #expect(output.err == refusal + refusal)
  }

  /// Mounts of the host's come in where the root's propagation lets them. `shared` is a new peer group, and nothing gets
  /// out by it, config-linux.md "Rootfs Mount Propagation".
  @Test(arguments: [("private", ""), ("slave", "master\n/in\n"), ("shared", "shared\nmaster\n/in\n")])
  func propagationOfTheRoot(mode: String, expected: String) throws {
    let output = try RuntimeHost.script(
      """
      mount --bind bundle/rootfs bundle/rootfs; mount --make-shared bundle/rootfs; mkdir bundle/rootfs/in bundle/rootfs/out
      change '.linux.rootfsPropagation = "\(mode)" | .process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])'
      berth run -d -b bundle $id; mount -t tmpfs tmpfs bundle/rootfs/in
      berth exec --cap CAP_SYS_ADMIN $id mount -t tmpfs tmpfs /out
      berth exec $id grep ' / rw,' /proc/self/mountinfo | grep -o 'shared\\|master'
      berth exec $id cut -d ' ' -f 5 /proc/self/mountinfo | grep -x /in
      findmnt -n -o TARGET $PWD/bundle/rootfs/out; true
      """
    )
    #expect(output == Output(status: 0, out: expected, err: ""))
  }

  @Test func idsOfAUserNamespace() throws {
    let output = try RuntimeHost.script(
      """
      chmod 755 .; chown 100000:200000 bundle/rootfs bundle/rootfs/tmp
      command sh -c 'id -u; cat /proc/self/uid_map /proc/self/gid_map | tr -s " "; touch /tmp/mine; stat -c %u:%g /tmp/mine /etc/passwd'
      change '.linux.namespaces += [{type: "user"}] | .linux.uidMappings = [{containerID: 0, hostID: 100000, size: 1000}]
        | .linux.gidMappings = [{containerID: 0, hostID: 200000, size: 1000}]'
      berth run -b bundle $id; stat -c %u:%g bundle/rootfs/tmp/mine
      change '.linux.namespaces |= map(select(.type != "user"))'; berth run -b bundle $id 2>&1
      """
    )
    #expect(
      output.out == """
        0
         0 100000 1000
         0 200000 1000
        0:0
        65534:65534
        100000:200000
        berth: config.json: linux.uidMappings: ids are mapped in a user namespace of the container's own, and there is none
        config.json: linux.gidMappings: ids are mapped in a user namespace of the container's own, and there is none

        """
    )
  }

  /// A kernel parameter is the container's only in a namespace that is not the host's, whatever the path to it is.
  @Test func parametersOfTheHostsNamespaceAreRefused() throws {
    let output = try RuntimeHost.script(
      """
      change '.linux.sysctl = {"net.ipv4.ip_default_ttl": "64"} | .linux.namespaces |= map(if .type == "network" then . + {path: "/proc/self/ns/net"} else . end)'
      berth run -b bundle $id
      unshare --net sleep 100 & until_true grep -q sleep /proc/$!/comm
      change --arg path /proc/$!/ns/net '(.linux.namespaces[] | select(.type == "network")).path = $path
        | .process.args = ["cat", "/proc/sys/net/ipv4/ip_default_ttl"] | .linux.sysctl["net.ipv4.ip_default_ttl"] = "63"'
      berth run -b bundle $id; kill $!
      """
    )
    #expect(output.out == "63\n")
    #expect(output.err.contains("linux.sysctl.net.ipv4.ip_default_ttl: this kernel parameter belongs to the network"))
  }
}
