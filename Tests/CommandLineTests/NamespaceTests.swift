import TestSupport
import Testing

/// Which namespaces are new, shared and entered, by the links in /proc/self/ns.
@Suite(.requiresRoot)
struct NamespaceTests {
  static let types = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"]

  /// Lists which links of /proc/self/ns differ between the host and a command.
  private static let differing = """
    links() { for type in \(types.joined(separator: " ")); do readlink /proc/self/ns/$type; done; }
    export -f links
    differing() { diff <(links) <("$@" bash -c links) | sed -n 's/^< \\([a-z]*\\):.*/\\1/p' | xargs; }

    """

  @Test(arguments: [
    ("", "mnt pid uts"),
    ("--net", "mnt net pid uts"),
    ("--ipc", "ipc mnt pid uts"),
    ("--cgroup", "cgroup mnt pid uts"),
    ("--time", "mnt pid time uts"),
    ("--time=5", "mnt pid time uts"),
    ("--user", "mnt pid user uts"),
    ("--map-root", "mnt pid user uts"),
    ("--map-user", "mnt pid user uts"),
    ("--all", "cgroup ipc mnt net pid time user uts"),
    ("--all --init", "cgroup ipc mnt net pid time user uts"),
    ("--net --ipc --cgroup", "cgroup ipc mnt net pid uts"),
    ("--share pid", "mnt uts"),
    ("--share uts", "mnt pid"),
    ("--share mount", "pid uts"),
    ("--share mnt --share pid --share uts", ""),
    ("--share pid --share uts --net", "mnt net"),
    ("--all --share pid --share mount", "cgroup ipc net time user uts"),
  ])
  func created(options: String, expected: String) throws {
    let output = try Berth.script(Self.differing + "differing $BERTH shell \(options) --")
    #expect(output == Output(status: 0, out: expected + "\n", err: ""))
  }

  /// A process to join, in new namespaces of all types: `$holder`.
  private static let holder =
    Scripts.waiting + """
      unshare -m -n -i -p -u -C -T --map-root-user --fork --kill-child sleep 1000 2>/dev/null & unshare=$!
      found() { holder=$(pgrep -x sleep -P $unshare); }
      until_true found; trap 'kill -KILL $unshare $holder' EXIT
      link() { readlink /proc/$holder/ns/$1; }

      """

  @Test(arguments: [
    ("user", "user"), ("mount", "mnt"), ("mnt", "mnt"), ("pid", "pid"), ("net", "net"), ("network", "net"),
    ("ipc", "ipc"), ("uts", "uts"), ("cgroup", "cgroup"), ("time", "time"),
  ])
  func joined(type: String, file: String) throws {
    let output = try Berth.script(
      Self.holder + Self.differing + """
        for place in $holder /proc/$holder/ns/\(file); do
          [ "$($BERTH shell --join \(type)=$place -- readlink /proc/self/ns/\(file))" = "$(link \(file))" ] && echo entered
        done
        differing $BERTH shell --join \(type)=$holder --
        """
    )
    let others = Set(["mnt", "pid", "uts", file]).sorted().joined(separator: " ")
    #expect(output == Output(status: 0, out: "entered\nentered\n\(others)\n", err: ""))
  }

  /// All at once: the user namespace first, since it gives the right to the others.
  @Test func joinedAll() throws {
    let output = try Berth.script(
      Self.holder + """
        joins=$(for type in \(Self.types.joined(separator: " ")); do echo --join $type=$holder; done)
        $BERTH shell $joins -- bash -c 'readlink /proc/self/ns/{\(Self.types.joined(separator: ","))}; id -u' >inside
        { for type in \(Self.types.joined(separator: " ")); do link $type; done; echo 0; } | diff - inside
        """
    )
    #expect(output == Output(status: 0, out: "", err: ""))
  }

  @Test func aJoinedPIDNamespaceIsSeenInProc() throws {
    let output = try Berth.script(
      Self.holder + "$BERTH shell --join pid=$holder -- sh -c 'ps -e -o comm=; true'"
    )
    #expect(output == Output(status: 0, out: "sleep\nsh\nps\n", err: ""))
  }

  /// A user namespace of one's own can be entered, as root of it, though it denies setgroups(2).
  @Test func anUnprivilegedUserJoinsTheirOwn() throws {
    let output = try Berth.script(
      Scripts.users + Scripts.waiting + """
        $nobody unshare --user --map-root-user --net sleep 1000 & holder=$!
        trap 'kill -KILL $holder' EXIT
        until_true grep -q sleep /proc/$holder/comm
        $nobody $BERTH shell --join user=$holder --join net=$holder -- sh -c 'id -u; readlink /proc/self/ns/net' >inside
        { echo 0; readlink /proc/$holder/ns/net; } | diff - inside
        """
    )
    #expect(output == Output(status: 0, out: "", err: ""))
  }
}

/// What is in the new namespaces.
@Suite(.requiresRoot)
struct NamespaceContentTests {
  @Test func aNewNetworkHasLoopbackUpAndNothingElse() throws {
    let output = try Berth.script(
      #"""
      echo >answer 'use IO::Socket::INET; $server = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") or die;
        $client = IO::Socket::INET->new("127.0.0.1:" . $server->sockport) or die $!; $server->accept and print "connected\n"'
      $BERTH shell --net -- bash -c 'sed 1,2d /proc/net/dev | cut -d: -f1; perl answer'
      unshare --net perl answer 2>/dev/null || echo refused where loopback is down
      """#
    )
    #expect(output == Output(status: 0, out: "    lo\nconnected\nrefused where loopback is down\n", err: ""))
  }

  /// The clocks differ from the host's by the offsets, to within what a slow machine may need.
  @Test(arguments: [
    ("--time=100000", "100000 100000"),
    ("--time=monotonic=50000,boottime=200000", "50000 200000"),
    ("--time=boottime=300000", "0 300000"),
    ("--time", "0 0"),
    ("--time=70000 --init", "70000 70000"),
    ("--time=70000 --user", "70000 70000"),
  ])
  func clocks(options: String, expected: String) throws {
    let output = try Berth.script(
      #"""
      read='printf "%d ", clock_gettime(CLOCK_MONOTONIC); exec "cat", "/proc/uptime"'
      clocks() { "$@" perl -MTime::HiRes=clock_gettime,CLOCK_MONOTONIC -e "$read"; }
      read -r monotonic boottime rest < <(clocks)
      """# + """

        read -r own_monotonic own_boottime rest < <(clocks $BERTH shell \(options) --)
        round() { echo $((($1 + 500) / 1000 * 1000)); }
        echo $(round $((own_monotonic - monotonic))) $(round $((${own_boottime%.*} - ${boottime%.*})))
        """
    )
    #expect(output == Output(status: 0, out: expected + "\n", err: ""))
  }

  @Test(arguments: [
    ("--hostname inside", "inside", "(none)"),
    ("--hostname inside --domainname example.org", "inside", "example.org"),
    ("--domainname example.org", "outside", "example.org"),
    ("--name web", "web", "(none)"),
    ("--name web --hostname other", "other", "(none)"),
    ("--user --hostname inside", "inside", "(none)"),
    ("", "outside", "(none)"),
  ])
  func names(options: String, host: String, domain: String) throws {
    let output = try Berth.script(
      """
      unshare --uts bash -c '
        hostname outside; echo "(none)" >/proc/sys/kernel/domainname
        $BERTH shell \(options) -- cat /proc/sys/kernel/{host,domain}name
        cat /proc/sys/kernel/{host,domain}name'
      """
    )
    #expect(output == Output(status: 0, out: "\(host)\n\(domain)\noutside\n(none)\n", err: ""))
  }

  @Test func anOwnIPCNamespaceHasNoQueuesOfTheHost() throws {
    let output = try Berth.script(
      """
      unshare --ipc bash -c '
        ipcmk --queue >/dev/null; count() { "$@" sed 1d /proc/sysvipc/msg | wc -l; }
        count; count $BERTH shell --; count $BERTH shell --ipc --'
      """
    )
    #expect(output == Output(status: 0, out: "1\n1\n0\n", err: ""))
  }
}
