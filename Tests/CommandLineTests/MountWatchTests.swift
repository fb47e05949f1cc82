import TestSupport
import Testing

/// `berth mounts watch` beyond what InstrumentTests show: what is lost, what ends, and who did it.
@Suite(.requiresRoot) struct MountWatchTests {
  private static let prelude =
    Scripts.waiting + #"""
      mkdir disk other
      # `watch OPTIONS`: begins to watch; what is told comes to `events`.
      watch() { rm -f events told; "$BERTH" mounts watch --timeout 60 "$@" >events 2>told & watch=$!; until_true grep -q watching told; }
      end() { kill -INT $watch; wait $watch; echo "status $?"; }
      seen() { grep -q -e "$1" events; }
      # `burst COUNT`: mounts and unmounts so often.
      burst() {
        /usr/bin/python3 -c '
      import ctypes, sys
      libc = ctypes.CDLL(None)
      for _ in range(int(sys.argv[1])):
          assert libc.mount(b"disk", b"other", None, 4096, None) == 0
          assert libc.umount2(b"other", 0) == 0' "$1"
      }
      trap 'kill $(jobs -p) 2>/dev/null' EXIT

      """#

  private func run(_ script: String) throws -> Output { try Berth.script(Self.prelude + script) }

  /// A program that has ended cannot be asked for its name: this one stays until it was.
  @Test func tellsWhoDidIt() throws {
    let output = try run(
      """
      watch --json
      /usr/bin/python3 -c '
      import ctypes, time
      assert ctypes.CDLL(None).mount(b"one", b"disk", b"tmpfs", 0, None) == 0
      time.sleep(100)' & who=$!
      until_true seen attached; end; jq --argjson i $who '.process.id == $i' events
      jq -r '.event, .process.command, .source, .container' events
      """
    )
    #expect(output.out == "status 0\ntrue\nattached\npython3\none\nnull\n", "\(output.err)")
  }

  /// A watch that is stopped cannot read: the queue of 16,384 places overflows, and what is there afterwards is found.
  @Test func comparesAfterALoss() throws {
    let output = try run(
      """
      mount -t tmpfs before disk/; watch --limited-queue --path "$PWD"
      kill -STOP $watch; burst 9000; umount disk; mount -t tmpfs after other; kill -CONT $watch
      until_true seen 'attached.*after'; seen 'overflow.*notices were lost' && echo lost; grep -c 'detached.*before' events
      umount other; until_true seen 'detached.*after'; grep -c 'attached.*after' events; end
      """
    )
    #expect(output.out == "lost\n1\n1\nstatus 0\n", "\(output.err)")
  }

  /// What a move carries along, and what a comparison found, is not told once more.
  @Test(arguments: ["", "--poll"]) func tellsOnce(option: String) throws {
    let output = try run(
      """
      mount -t tmpfs one disk; mkdir disk/sub; mount -t tmpfs two disk/sub
      watch --interval 0.1 \(option); mount --move disk other; until_true seen moved; sleep 0.5
      umount other/sub; until_true seen 'detached.*/other/sub'; sleep 0.3; end
      awk '{ print $2 }' events
      """
    )
    #expect(output.out == "status 0\nmoved\ndetached\n", "\(output.err)")
  }

  /// A watch does not keep what it watches.
  @Test(arguments: ["", "--poll"]) func endsWithTheNamespace(option: String) throws {
    let output = try run(
      """
      unshare -m --propagation private sleep 100 & last=$!
      until_true eval '[ $(readlink /proc/$last/ns/mnt) != $(readlink /proc/$$/ns/mnt) ] && grep -q sleep /proc/$last/comm'
      watch $last --interval 0.2 \(option); kill $last; wait $watch; echo $?
      tail -n 1 events | awk '{ print $2 }'; grep -c 'by berth' events; tail -n 1 told
      """
    )
    #expect(output.out == "0\nnamespaceEnded\n0\nberth: no namespace is left to watch\n", "\(output.err)")
  }

  /// More namespaces than queues: they share, and each mount is still told of the right one.
  @Test func watchesManyNamespaces() throws {
    let output = try run(
      """
      for _ in $(seq 70); do unshare -m --propagation private sleep 100 & done; last=$!
      moved() { [ "$(pgrep -c -P $$ sleep)" = 70 ]; }; until_true moved
      watch --all --json --interval 0.2
      unshare -m --propagation private sleep 100 & new=$!; until_true seen namespaceBegan
      nsenter -t $last -m mount -t tmpfs here /mnt; until_true seen '"source":"here"'
      # Other tests' unmounts are seen too.
      gone() { grep '"source":"here"' events | grep -q '"detached"'; }
      nsenter -t $last -m umount /mnt; until_true gone
      kill $new; until_true seen namespaceEnded; end
      jq -r --argjson i "$(stat -Lc %i /proc/$last/ns/mnt)" 'select(.source == "here") | "\\(.event) \\(.namespace == $i)"' events
      """
    )
    #expect(output.out == "status 0\nattached true\ndetached true\n", "\(output.err)")
  }

  @Test func namesContainers() throws {
    let output = try RuntimeHost.script(
      """
      mount -t tmpfs tmpfs /run; mkdir other
      "$BERTH" run -d -b bundle $id >out </dev/null; "$BERTH" mounts watch $id --json --count 1 --timeout 30 >events 2>told & watch=$!
      until_true grep -q watching told
      nsenter -t $("$BERTH" state $id | jq .pid) -m mount -t tmpfs inside /tmp; wait $watch; echo $?
      jq -r --arg id $id '.path, .container.engine, .container.id == $id' events
      "$BERTH" delete --force $id
      """
    )
    #expect(output.out == "0\n/tmp\nberth\ntrue\n", "\(output.err)")
  }

  @Test func endsInTime() throws {
    let output = try run(
      """
      "$BERTH" mounts watch --timeout 0.1 2>/dev/null; echo $?
      "$BERTH" mounts watch --timeout 0.1 --count 1 2>/dev/null; echo $?
      "$BERTH" mounts watch --count 0 2>&1 | head -n 1; "$BERTH" mounts watch --all self 2>&1 | head -n 1
      ln -s other link; watch --count 1 --type ramfs --path link; mount -t tmpfs a disk; mount -t ramfs b disk; mount -t ramfs c other
      wait $watch; echo $?; awk '{ print $2, $5 }' events
      """
    )
    #expect(
      output.out == """
        0
        124
        berth: --count 0: at least 1 event
        berth: --all watches every namespace: it takes no target
        0
        attached c

        """,
      "\(output.err)"
    )
  }

  /// Without privilege the tables are compared, and the line on standard error says so.
  @Test func worksWithoutPrivilege() throws {
    let output = try run(
      Scripts.users + """
        $nobody "$BERTH" mounts watch --count 1 --timeout 30 >events 2>told & watch=$!
        until_true grep -q watching told; cat told; mount -t tmpfs a disk; wait $watch; echo $?; awk '{ print $2, $5 }' events
        """
    )
    #expect(
      output.out == "berth: watching 1 namespace: by comparing tables when they change\n0\nattached a\n",
      "\(output.err)"
    )
  }
}
