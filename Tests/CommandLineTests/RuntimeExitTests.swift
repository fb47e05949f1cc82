import TestSupport
import Testing

/// Filters of system calls that refuse what a process needs to end, or to say why.
@Suite(.requiresRoot, .requires("jq", "busybox")) struct RuntimeExitTests {
  /// The calls that a profile denies, and what a denied call answers.
  static let profiles: [(denied: String, errno: Int)] = [
    ("exit_group", 1), ("exit_group execve", 1), ("exit_group exit execve", 1), ("exit_group exit kill execve", 1),
    ("exit_group exit kill tkill tgkill rt_sigqueueinfo rt_tgsigqueueinfo execve", 1),
    ("exit_group exit kill write execve", 1),
    ("exit_group exit kill write execve", 4), ("write execve exit_group", 11), ("execve", 4), ("execve", 38), ("", 1),
    ("", 4),
  ]

  @Test(arguments: Self.profiles.indices) func everyProcessEndsAndSaysWhy(row: Int) throws {
    let (denied, errno) = Self.profiles[row]
    // Without a list, nothing is allowed at all.
    let profile =
      denied.isEmpty
      ? #"{defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: \#(errno)}"#
      : #"{defaultAction: "SCMP_ACT_ALLOW", syscalls: [{names: ("\#(denied)" | split(" ")), action: "SCMP_ACT_ERRNO", errnoRet: \#(errno)}]}"#
    let output = try RuntimeHost.script(
      #"""
      timely() { timeout -s KILL 30 "$BERTH" --root "$PWD/containers" "$@" 2>>errors; }
      command true; change '.linux.seccomp = \#(profile)'
      for privileges in true false; do
        change ".process.noNewPrivileges = $privileges"
        timely run -b bundle $id; echo "run $?"
        timely run -d -b bundle $id; echo "detached $?"; berth delete --force $id
        timely create -b bundle $id; echo "create $?"; timely start $id; echo "start $?"
        timely delete --force $id; echo "delete $?"
      done
      jq '.linux.seccomp' bundle/config.json >profile; command sleep 100; berth run -d -b bundle $id
      jq --slurpfile seccomp profile '.linux.seccomp = $seccomp[0]' containers/$id/config.json >new && cp new containers/$id/config.json
      timely exec $id true; echo "exec $?"; timely delete --force $id; ls containers; cat /sys/fs/cgroup/*/$id/cgroup.procs 2>/dev/null
      sort -u errors >&2
      """#
    )
    let ends = output.lines.map { String($0.split(separator: " ")[0]) }
    let round = ["run", "detached", "create", "start", "delete"]
    #expect(ends == round + round + ["exec"])
    // 137 is that of timeout(1), which had to end it.
    #expect(!output.lines.contains { $0.hasSuffix(" 137") }, "\(output)")
    for line in output.lines where denied.contains("execve") || denied.isEmpty {
      // A program that cannot be executed says so itself, and has started; `start` speaks for who cannot.
      let isFine =
        line.hasPrefix("create ") || line.hasPrefix("delete ")
        || line.hasPrefix("start ") && !denied.contains("write") && !denied.isEmpty
      #expect(line.hasSuffix(" 0") == isFine, "\(output)")
    }
    #expect(!denied.contains("execve") && !denied.isEmpty || !output.err.isEmpty)
  }
}
