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
}
