import TestSupport
import Testing

/// Containers without a mount namespace of their own.
@Suite(.requiresRoot, .requires("jq", "busybox"))
struct SharedMountNamespaceTests {
  private func script(_ script: String) throws -> Output {
    try RuntimeHost.script(
      """
      host=$(readlink /proc/self/ns/mnt); mounts() { grep -c "$PWD/bundle" /proc/self/mountinfo; }
      change '.linux.maskedPaths = [] | .linux.readonlyPaths = []'; cp bundle/config.json config.json

      """ + script
    )
  }

  /// In the host's, nothing of it is left when the container is gone, and the host's own mounts stay what they are.
  @Test func theHosts() throws {
    let output = try script(
      """
      change 'del(.linux.namespaces[] | select(.type == "mount"))' && cp bundle/config.json config.json
      command sh -c 'ls / | xargs; readlink /proc/self/ns/mnt'
      before=$(cat /proc/self/mountinfo)
      berth run -b bundle $id >out; head -n 1 out; grep -qxF $host out && echo the-hosts
      command sleep 100; berth run -d -b bundle $id; [ "$(mounts)" -gt 3 ] && echo mounted
      berth exec $id sh -c 'ls -d /root /usr' 2>&1
      berth delete --force $id; mounts
      [ "$before" = "$(cat /proc/self/mountinfo)" ] && echo unchanged
      """
    )
    let text = """
      bin dev etc proc root sys tmp
      the-hosts
      mounted
      ls: /usr: No such file or directory
      /root
      0
      unchanged

      """
    #expect(output == Output(status: 0, out: text, err: ""))
  }

  /// What cannot be made leaves nothing mounted either.
  @Test func aFailure() throws {
    let output = try script(
      """
      change 'del(.linux.namespaces[] | select(.type == "mount"))' && cp bundle/config.json config.json
      command nosuch; berth run -b bundle $id 2>&1; mounts
      mount --bind bundle/rootfs bundle/rootfs; berth run -b bundle $id 2>/dev/null; mounts
      """
    )
    let message = "berth: exec nosuch: executable file not found in $PATH\n"
    #expect(output == Output(status: 0, out: message + "0\n1\n", err: ""))
  }

  @Test func aJoinedOne() throws {
    let output = try script(
      """
      unshare --mount sleep 100 & other=$!; apart() { [ "$(readlink /proc/$other/ns/mnt)" != $host ]; }; until_true apart
      change --arg path /proc/$other/ns/mnt '(.linux.namespaces[] | select(.type == "mount")).path = $path'
      cp bundle/config.json config.json; command sleep 100
      berth run -d -b bundle $id; mounts
      [ "$(berth exec $id readlink /proc/self/ns/mnt)" = "$(readlink /proc/$other/ns/mnt)" ] && echo joined
      berth exec $id ls / | xargs
      berth delete --force $id; kill $other
      """
    )
    #expect(output == Output(status: 0, out: "0\njoined\nbin dev etc proc root sys tmp\n", err: ""))
  }

  @Test func theHostsRoot() throws {
    let output = try script(
      """
      change 'del(.linux.namespaces[] | select(.type == "mount")) | .root = {path: "/"} | .mounts = []'
      mkdir containers; berth run -b bundle $id 2>&1
      """
    )
    let message = "berth: config.json: root.path: the host's own root needs a mount namespace of its own\n"
    #expect(output == Output(status: 1, out: message, err: ""))
  }
}
