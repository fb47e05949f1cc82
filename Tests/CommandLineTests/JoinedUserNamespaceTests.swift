import TestSupport
import Testing

/// Containers in a user namespace that is there already.
@Suite(.requiresRoot, .requires("jq", "busybox"))
struct JoinedUserNamespaceTests {
  /// Runs a script after one that has a container with a user namespace, `$id-first`, and joins that in the bundle of a
  /// second.
  private func script(_ script: String) throws -> Output {
    try RuntimeHost.script(
      """
      chmod -R go+rX bundle
      mapped() { change '.linux.namespaces += [{"type": "user"}] | .linux.uidMappings =
        [{"containerID": 0, "hostID": 100000, "size": 1000}] | .linux.gidMappings =
        [{"containerID": 0, "hostID": 200000, "size": 1000}]'; }
      mapped; berth run -d -b bundle $id-first
      first=$(berth state $id-first | jq .pid)
      # join TYPE PATH
      join() { change --arg type "$1" --arg path "$2" \\
        '.linux.namespaces = [.linux.namespaces[] | select(.type != $type)] + [{$type, $path}]'; }

      """ + script
    )
  }

  private static let maps = """
    1 0 100000 1000
    1 0 200000 1000

    """

  /// By the file of a process, and by a mount of it, which no process needs to be in.
  @Test(arguments: ["/proc/$first/ns/user", "$PWD/namespace"])
  func mappings(path: String) throws {
    let output = try script(
      """
      touch namespace; mount --bind /proc/$first/ns/user namespace
      command sh -c 'id -u; cat /proc/self/uid_map /proc/self/gid_map | sed "s/^ */1 /; s/  */ /g"; echo >/dev/null && ls /dev/pts'
      join user \(path)
      [ \(path) = /proc/$first/ns/user ] || berth delete --force $id-first
      berth run -b bundle $id
      """
    )
    #expect(output == Output(status: 0, out: "0\n" + Self.maps + "ptmx\n", err: ""))
  }

  /// Of namespaces that the user namespace does not own, and of one that it does.
  @Test func otherNamespaces() throws {
    let output = try script(
      """
      touch network; unshare --net mount --bind /proc/self/ns/net network
      command sh -c 'stat -Lc %i /proc/self/ns/net /proc/self/ns/uts'
      change '.mounts |= map(select(.type != "sysfs" and .type != "cgroup")) | del(.hostname)'
      join user /proc/$first/ns/user; join network $PWD/network; join uts /proc/$first/ns/uts
      berth run -b bundle $id >inside
      stat -Lc %i network /proc/$first/ns/uts | diff - inside
      """
    )
    #expect(output == Output(status: 0, out: "", err: ""))
  }

  /// Hooks of the runtime's are the host's all the same, and who is created is berth's child until berth ends.
  @Test func hooks() throws {
    let output = try script(
      """
      command true; join user /proc/$first/ns/user
      change --arg file $PWD/hook '.hooks.createRuntime = [{path: "/bin/sh",
        args: ["sh", "-c", "readlink /proc/self/ns/user /proc/self/ns/mnt >" + $file]}]'
      berth create -b bundle $id && berth start $id && until_true is $id stopped
      readlink /proc/self/ns/user /proc/self/ns/mnt | diff - hook
      """
    )
    #expect(output == Output(status: 0, out: "", err: ""))
  }

  /// A mount whose ids are mapped as the user namespace maps them.
  @Test func mappedMounts() throws {
    let output = try script(
      """
      mkdir source bundle/rootfs/mnt bundle/rootfs/plain; mount -t tmpfs -o mode=755 tmpfs source; touch source/file; chown 7:8 source/file
      command stat -c %u:%g /mnt/file /plain/file; join user /proc/$first/ns/user
      change --arg source $PWD/source '.mounts += [
        {destination: "/mnt", $source, type: "bind", options: ["bind", "idmap"]},
        {destination: "/plain", $source, type: "bind", options: ["bind"]}]'
      berth run -b bundle $id
      """
    )
    #expect(output == Output(status: 0, out: "7:8\n65534:65534\n", err: ""))
  }

  @Test func whatIsNoNamespace() throws {
    let output = try script(
      """
      command true; touch file; join user $PWD/file; berth run -b bundle $id 2>&1 | sed "s,$PWD,DIR,"
      join user $PWD/none; berth run -b bundle $id 2>&1 | sed "s,$PWD,DIR,"
      """
    )
    #expect(
      output.out == """
        berth: enter the user namespace DIR/file: invalid argument
        berth: open the user namespace DIR/none: no such file or directory

        """
    )
  }
}
