import TestSupport
import Testing

/// Attacks through devices, masks, terminals and kernel parameters.
@Suite(.requiresRoot, .requires("jq", "busybox", "script")) struct RuntimeDeviceAttackTests {
  /// CVE-2026-41579, CVE-2026-47766: /dev of the image is a link to the host.
  @Test(arguments: [#""$PWD/outside""#, "../../outside", "../../../../../..$PWD/outside"])
  func aLinkInPlaceOfDevLeadsNowhere(link: String) throws {
    let output = try RuntimeHost.script(
      """
      mkdir outside; rmdir bundle/rootfs/dev; ln -s \(link) bundle/rootfs/dev
      command sh -c 'echo x >/dev/null && ls -d /dev/fd /dev/stdin'
      said berth run -b bundle $id
      change 'del(.mounts[] | select(.destination != "/proc"))'; said berth run -b bundle $id
      find outside -mindepth 1
      """
    )
    #expect(output.out == "/dev/fd\n/dev/stdin\n/dev/fd\n/dev/stdin\n")
  }

  /// CVE-2025-31133: what hides a masked path is the null device, and nothing that a link names.
  @Test(arguments: ["hostfile", "/etc/passwd", "zero"])
  func aMaskIsTheNullDeviceAlone(link: String) throws {
    let output = try RuntimeHost.script(
      """
      echo kept >hostfile
      command sh -c 'cat /proc/keys; echo overwritten >/proc/keys'
      change 'del(.mounts[] | select(.destination != "/proc")) | .linux.maskedPaths = ["/proc/keys"]'
      said berth run -b bundle $id
      rm bundle/rootfs/dev/null; ln -s \(link) bundle/rootfs/dev/null; cp hostfile bundle/rootfs/dev/
      berth run -b bundle $id 2>/dev/null && echo "it ran"
      cat hostfile bundle/rootfs/dev/hostfile; cat bundle/rootfs/etc/passwd | grep overwritten
      """
    )
    #expect(output.out == "kept\nkept\n")
  }

  /// CVE-2025-52565: a link in the place of the terminal or of what it is made from.
  @Test(arguments: ["console", "ptmx", "pts"])
  func aLinkInPlaceOfATerminalIsNotFollowed(name: String) throws {
    let output = try RuntimeHost.script(
      """
      echo kept >hostfile; before=$(stat -c '%u %g %a' hostfile); cp hostfile bundle/rootfs/hostfile
      command sh -c 'echo typed >/dev/console; test -t 0 && echo "a terminal"'
      change '.process.terminal = true | del(.mounts[] | select(.destination == "/dev"))'
      rm -rf bundle/rootfs/dev/*; ln -s /hostfile bundle/rootfs/dev/\(name)
      script -qec "$BERTH --root $PWD/containers run -b bundle $id" /dev/null </dev/null >out
      cat hostfile bundle/rootfs/hostfile; [ "$(stat -c '%u %g %a' hostfile)" = "$before" ] || echo "another owner"
      grep -q hostfile /proc/self/mountinfo && echo "a mount is left"
      """
    )
    #expect(output == Output(status: 1, out: "kept\nkept\n", err: ""))
  }

  /// Parameters of the host, by every way to write their names. They are given the values that they have: a berth that sets
  /// them does no harm to the machine that finds it out.
  @Test(arguments: [
    ("kernel.panic", "kernel/panic"), ("kernel/panic", "kernel/panic"), ("kernel.core_pattern", "kernel/core_pattern"),
    ("vm.swappiness", "vm/swappiness"), ("fs.file-max", "fs/file-max"), ("net/../kernel/panic", "kernel/panic"),
    ("net.ipv4/../../kernel/panic", "kernel/panic"), ("net//../kernel.panic", "kernel/panic"),
    ("kernel.shmmax/../panic", "kernel/panic"), ("/proc/sys/kernel/panic", "kernel/panic"),
  ])
  func parametersOfTheHostAreRefused(name: String, file: String) throws {
    let output = try RuntimeHost.script(
      """
      change '.linux.sysctl = {"\(name)": "'"$(cat /proc/sys/\(file))"'"}'
      berth run -b bundle $id 2>&1 | cut -d ' ' -f 1-3
      """
    )
    #expect(output.out == "berth: config.json: linux.sysctl.\(name):\n")
  }

  /// A namespace's own parameters, when the namespace is the host's.
  @Test(arguments: [
    ("network", "net.ipv4.ip_forward", "net/ipv4/ip_forward"), ("ipc", "kernel.shmmax", "kernel/shmmax"),
    ("uts", "kernel.domainname", "kernel/domainname"),
  ])
  func parametersOfASharedNamespaceAreRefused(namespace: String, name: String, file: String) throws {
    let output = try RuntimeHost.script(
      """
      change 'del(.linux.namespaces[] | select(.type == "\(namespace)")) | del(.hostname)
        | .linux.sysctl = {"\(name)": "'"$(cat /proc/sys/\(file))"'"}'
      berth run -b bundle $id 2>&1 | cut -d ' ' -f 1-3
      """
    )
    #expect(output.out == "berth: config.json: linux.sysctl.\(name):\n")
  }

  /// CVE-2025-52881: mounts over /proc do not change where parameters are written to.
  @Test func parametersGoToARealProcfs() throws {
    let output = try RuntimeHost.script(
      """
      mkdir -p volume/net/ipv4; echo untouched >volume/net/ipv4/ip_forward
      command sh -c 'umount /proc/sys 2>/dev/null; cat /proc/sys/net/ipv4/ip_forward /kept/net/ipv4/ip_forward'
      change '.mounts += [{destination: "/proc/sys", type: "bind", source: "../volume", options: ["rbind"]},
        {destination: "/kept", type: "proc", source: "proc"}]
        | .linux.sysctl = {"net.ipv4.ip_forward": "1"} | .linux.readonlyPaths = []'
      berth run -b bundle $id 2>&1 | head -n 1
      change '.process.args = ["cat", "/kept/sys/net/ipv4/ip_forward"]'; berth run -b bundle $id; cat volume/net/ipv4/ip_forward
      """
    )
    #expect(output.out == "untouched\n1\nuntouched\n")
  }
}
