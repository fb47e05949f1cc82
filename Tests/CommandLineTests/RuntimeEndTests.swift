import TestSupport
import Testing

/// How containers end, and what happens when several commands act on one at the same time.
@Suite(.requiresRoot, .requires("jq", "busybox"))
struct RuntimeEndTests {
  @Test func killReachesTheProcessOrAll() throws {
    let output = try RuntimeHost.script(
      """
      command sh -c 'trap "echo told" USR1; sleep 100 & while true; do wait; done'
      # Without a PID namespace of its own, what is left does not end with the process.
      change '.linux.namespaces |= map(select(.type != "pid"))'
      berth run -d -b bundle $id >out; two() { [ $(berth ps -f json $id | jq length) = 2 ]; }; until_true two
      all=$(berth ps -f json $id | jq -r '.[]'); berth kill $id USR1; until_true grep -q told out
      berth kill --all $id KILL; until_true is $id stopped
      for each in $all; do until_true [ ! -e /proc/$each ]; done; said berth kill $id; berth delete $id; ls containers
      """
    )
    #expect(output.lines.count == 1 && output.out.hasSuffix("not running\n"), "\(output)")
  }

  @Test func deleteRefusesWhatRunsUnlessForced() throws {
    let output = try RuntimeHost.script(
      """
      berth run -d -b bundle $id; process=$(process $id); said berth delete $id | sed "s/$id/ID/"; status $id
      berth delete --force $id; until_true [ ! -e /proc/$process ]; find /sys/fs/cgroup -name $id; ls containers
      berth delete --force $id; echo $?; said berth delete $id | sed "s/$id/ID/"
      """
    )
    let lines = output.lines
    #expect(lines.count == 4 && lines[0].contains("running") && lines[1...2] == ["running", "0"], "\(output)")
    #expect(lines.last?.contains("does not exist") == true)
  }

  /// One of many wins, and all others are told why not.
  @Test func manyCommandsAtOnce() throws {
    let output = try RuntimeHost.script(
      """
      many() { for n in $(seq 12); do (berth "$@" 2>>said; echo $? >>statuses) & done; wait; sort statuses | uniq -c | tr -s ' '; rm statuses; }
      many create -b bundle $id; many start $id; status $id; many kill $id KILL >/dev/null; until_true is $id stopped
      many delete $id; ls containers; find /sys/fs/cgroup -name $id; grep -vc "$id\\|not running\\|cannot" said
      """
    )
    #expect(output.lines == [" 1 0", " 11 1", " 1 0", " 11 1", "running", " 1 0", " 11 1", "0"], "\(output)")
  }

  /// What nothing but its configuration tells of is found by the cgroup that this names, or stays whole.
  @Test(arguments: [true, false]) func aContainerWithADamagedStateIsDeletedWholeOrNotAtAll(isKnown: Bool) throws {
    let output = try RuntimeHost.script(
      #"""
      command sh -c 'sleep 100 & exec sleep 100'; berth run -d -b bundle $id; process=$(process $id)
      cp containers/$id/state kept; echo junk >containers/$id/state
      \#(isKnown ? "true" : "mv containers/$id/config.json config; echo junk >containers/$id/config.json")
      berth delete --force $id 2>&1 | sed "s,$PWD,DIR,; s/$id/ID/g"; ls containers | sed "s/$id/ID/"
      ended() { ! grep -s ^State /proc/$process/status | grep -qv zombie; }; \#(isKnown ? "until_true ended" : "ended || echo runs"); ls -d /sys/fs/cgroup/*/$id 2>/dev/null | grep -c .
      [ -e containers/$id ] && cp kept containers/$id/state; true
      """#
    )
    let refusal = """
      berth: the state of container "ID" is damaged, and nothing tells which its processes are: end them, and remove DIR/containers/ID
      ID
      runs

      """
    #expect(output.out.hasPrefix(isKnown ? "0\n" : refusal), "\(output)")
    #expect(isKnown == output.out.hasSuffix("0\n"), "\(output)")
  }

  /// A program that cannot be executed ends as any other: it has started, and says why on its own standard error.
  @Test(arguments: [
    ("printf junk", "exec format error: not a program for this machine, nor a script with a #! line"),
    (
      "printf '#!/nowhere\\n'",
      "no such file or directory (the file is there, but the interpreter or loader that it names is not)"
    ),
  ])
  func whatCannotBeExecutedHasStarted(content: String, reason: String) throws {
    let output = try RuntimeHost.script(
      #"""
      \#(content) >bundle/rootfs/bin/program; chmod 755 bundle/rootfs/bin/program; command /bin/program
      for try in 1 2 3 4 5; do
        berth create -b bundle $id 2>err </dev/null >/dev/null; berth start $id; echo $?; until_true is $id stopped; cat err; berth delete $id
      done | sort | uniq -c | tr -s ' '
      ls containers; ls -d /sys/fs/cgroup/*/$id 2>/dev/null
      """#
    )
    #expect(output.out.contains(" 5 0\n") && output.out.contains(reason) && output.out.hasPrefix(" 5 "), "\(output)")
    #expect(output.out.split(separator: "\n").count == 2, "\(output)")
  }

  /// Who is told that `start` failed finds nothing of the process.
  @Test func whatFailsToStartIsGone() throws {
    let output = try RuntimeHost.script(
      #"""
      change '.hooks.startContainer = [{path: "/bin/false"}]'
      for try in 1 2 3 4 5; do
        berth create -b bundle $id </dev/null >/dev/null; process=$(process $id); berth start $id 2>/dev/null || status $id
        grep -s ^State /proc/$process/status | grep -v zombie; berth delete $id
      done
      """#
    )
    #expect(output.out == String(repeating: "stopped\n", count: 5), "\(output)")
  }
}
