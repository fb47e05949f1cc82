import TestSupport
import Testing

/// Signals to berth, and what the command makes of them.
@Suite(.requiresRoot)
struct SignalTests {
  static let signals = ["TERM", "INT", "HUP", "USR1", "QUIT"]
  static let numbers: [String: Int32] = ["HUP": 1, "INT": 2, "QUIT": 3, "KILL": 9, "USR1": 10, "TERM": 15]

  /// Job control, so that background commands do not ignore SIGINT and SIGQUIT; and its reports out of the way.
  private static let jobs = Scripts.waiting + Scripts.napping + "set -m; exec 2>/dev/null\n"

  @Test(arguments: signals, ["", "--init", "--share pid"])
  func aTrapRuns(signal: String, options: String) throws {
    let output = try Berth.script(
      Self.jobs + """
        $BERTH shell \(options) -- bash -c '
          trap "echo got \(signal); exit 9" \(signal); echo ready; while :; do sleep 0.02; done' >out &
        until_true grep -q ready out
        kill -\(signal) $!; wait $!
        echo status $?; cat out
        """
    )
    #expect(output.out == "status 9\nready\ngot \(signal)\n")
  }

  /// The kernel drops signals that an init does not handle; for its sender berth makes up for that.
  @Test(arguments: signals, ["", "--init", "--share pid"])
  func withoutAHandlerTheCommandEnds(signal: String, options: String) throws {
    let output = try Berth.script(
      Self.jobs + """
        $BERTH shell \(options) -- $nap & until_true naps
        kill -\(signal) $!; wait $!
        echo $?; state
        """
    )
    #expect(output.out == "\(128 + Self.numbers[signal, default: 0])\n")
  }

  /// The one that a command ignores is ignored on the way too: the next one, which it does not ignore, ends it.
  @Test(arguments: ["", "--init"])
  func anIgnoredSignalStaysIgnored(options: String) throws {
    let output = try Berth.script(
      Self.jobs + """
        (trap '' USR1; exec $BERTH shell \(options) -- $nap) & until_true naps
        kill -USR1 $!; kill -TERM $!; wait $!
        echo $?
        """
    )
    #expect(output.out == "143\n")
  }

  @Test func theSignalMasksArePassedOn() throws {
    let output = try Berth.script(
      #"""
      blocked='sigprocmask(SIG_BLOCK, POSIX::SigSet->new(SIGUSR1, SIGTERM)); $SIG{USR2} = "IGNORE"; exec @ARGV'
      perl -MPOSIX -e "$blocked" grep -E "^Sig(Blk|Ign):" /proc/self/status >before
      perl -MPOSIX -e "$blocked" "$BERTH" shell -- grep -E "^Sig(Blk|Ign):" /proc/self/status >plain
      perl -MPOSIX -e "$blocked" "$BERTH" shell --init -- grep -E "^Sig(Blk|Ign):" /proc/self/status >init
      head -1 before; cmp before plain && cmp before init
      """#
    )
    #expect(output == Output(status: 0, out: "SigBlk:\t0000000000004200\n", err: ""))
  }

  /// A signal that the command blocks waits for it: it is neither dropped nor taken for one without a handler.
  @Test func aBlockedSignalWaits() throws {
    let output = try Berth.script(
      Self.jobs + #"""
        program='
          $| = 1; $SIG{TERM} = sub { print "got it\n"; exit 4 };
          my $set = POSIX::SigSet->new(SIGTERM); sigprocmask(SIG_BLOCK, $set); print "ready\n";
          select(undef, undef, undef, 0.02) until -e "sent"; select(undef, undef, undef, 0.1);
          print "unblocks\n"; sigprocmask(SIG_UNBLOCK, $set); sleep 10;'
        $BERTH shell -- perl -MPOSIX -e "$program" >out &
        until_true grep -q ready out
        kill -TERM $!; touch sent; wait $!
        echo $?; cat out
        """#
    )
    #expect(output.out == "4\nready\nunblocks\ngot it\n")
  }

  /// A stopped berth is a stopped command; SIGCONT continues both.
  @Test(arguments: ["", "--init", "--share pid"])
  func stopAndContinue(options: String) throws {
    let output = try Berth.script(
      Self.jobs + """
        is_state() { [ "$(state)" = "$1" ]; }
        $BERTH shell \(options) -- $nap & until_true naps
        kill -TSTP $!; until_true is_state T; echo stopped
        kill -CONT $!; until_true is_state S; echo goes on
        kill -TERM $!; wait $!; echo $?
        """
    )
    #expect(output.out == "stopped\ngoes on\n143\n")
  }
}

/// The end of berth, and the init.
@Suite(.requiresRoot)
struct EndTests {
  private static let prelude = Scripts.waiting + Scripts.napping + "ends() { ! pgrep -f \"^$nap\" >/dev/null; }\n"

  /// The command, its child and one that has left its session are all gone.
  @Test(arguments: ["", "--init", "--user", "--all"])
  func killingBerthEndsAllInside(options: String) throws {
    let output = try Berth.script(
      Self.prelude + """
        $BERTH shell \(options) -- sh -c "$nap & setsid $nap & $nap; true" 2>/dev/null & berth=$!
        three() { [ "$(pgrep -c -f "^$nap")" = 3 ]; }
        until_true three
        { kill -KILL $berth; wait $berth; } 2>/dev/null; echo $?
        until_true ends; echo all gone
        """
    )
    #expect(output == Output(status: 0, out: "137\nall gone\n", err: ""))
  }

  @Test func killingBerthEndsACommandInTheHostsPIDNamespace() throws {
    let output = try Berth.script(
      Self.prelude + """
        $BERTH shell --share pid -- $nap & until_true naps
        { kill -KILL $!; wait $!; } 2>/dev/null; echo $?
        until_true ends; echo gone
        """
    )
    #expect(output == Output(status: 0, out: "137\ngone\n", err: ""))
  }

  @Test func psShowsOnlyWhatIsInside() throws {
    let output = try Berth.script(
      """
      $BERTH shell -- sh -c 'ps -e -o pid=,ppid=,comm=; true'
      $BERTH shell --init -- sh -c 'ps -e -o pid=,ppid=,args= | sed "s,/[^ ]*/,,"; true'
      """
    )
    let columns = output.lines.map { $0.split(separator: " ").prefix(3).joined(separator: " ") }
    #expect(columns.prefix(2) == ["1 0 sh", "2 1 ps"])
    #expect(columns.dropFirst(2).prefix(2).map { $0.split(separator: " ").prefix(2) } == [["1", "0"], ["2", "1"]])
    #expect(columns.dropFirst(3).first == "2 1 sh")
    #expect(!columns.contains { $0.hasSuffix(" bash") })
  }

  /// A process whose parent has ended is the init's, which reaps it; the command here never waits for anything.
  @Test func theInitReapsOrphans() throws {
    let output = try Berth.script(
      #"""
      program='
        unless (fork) { fork and exit; select(undef, undef, undef, 0.05); exit }
        wait; select(undef, undef, undef, 1); print `ps -e -o stat=,comm=`'
      states() { awk '{ print $1 ~ /^Z/ ? "zombie" : "lives", $2 }'; }
      $BERTH shell --init -- perl -e "$program" | states | grep -v berth
      echo without; $BERTH shell -- perl -e "$program" | states
      """#
    )
    // Without --init PID 1 is the command, and what it does not wait for stays a zombie: the test can fail.
    #expect(output.out == "lives perl\nlives ps\nwithout\nlives perl\nzombie perl\nlives ps\n")
  }

  /// The init ends with the command and its status, whatever else runs on.
  @Test(arguments: [("exit 7", Int32(7)), ("kill -KILL $$", 137), ("kill -USR1 $$", 138)])
  func theInitEndsWithTheCommandsStatus(command: String, status: Int32) throws {
    let output = try Berth.script(
      Self.prelude + """
        $BERTH shell --init -- sh -c "$nap & "'\(command)' 2>/dev/null; echo $?
        until_true ends
        """
    )
    #expect(output == Output(status: 0, out: "\(status)\n", err: ""))
  }
}
