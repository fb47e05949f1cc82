import TestSupport
import Testing

/// berth shell in a terminal, as a person uses it.
@Suite(.requiresRoot, .requires("tmux"))
struct TerminalTests {
  /// Runs a script at a terminal; fails if something expected on the screen does not come.
  private func terminal(_ script: String, sourceLocation: SourceLocation = #_sourceLocation) throws -> Output {
    let output = try Berth.script(Scripts.terminal + script)
    #expect(output.status == 0, "\(output.err as String)", sourceLocation: sourceLocation)
    return output
  }

  @Test(arguments: [("SHELL=/bin/bash", "/bin/bash"), ("SHELL=/bin/sh", "/bin/sh"), ("-u SHELL", "/bin/sh")])
  func withoutACommandItRunsTheShell(environment: String, shell: String) throws {
    let output = try terminal(
      """
      enter 'env \(environment) $BERTH shell'
      see '^-\\[berth\\]- #$'
      enter 'readlink /proc/$$/exe >exe; echo $0 $$ >name; exit 7'
      see '^outer>$'
      [ "$(cat exe)" = "$(readlink -f \(shell))" ] && cat name
      """
    )
    #expect(output.out == "\(shell) 1\n")
  }

  /// When a shell ends, it gives the terminal back to the process group that was the foreground when it began: that group
  /// must have a number in the new PID namespace, or dash ends with an error of its own.
  @Test(.requires("busybox"), arguments: ["bash --norc", "bash", "busybox sh", "dash"])
  func anInteractiveShellsStatus(shell: String) throws {
    let output = try terminal(
      """
      enter 'PS1="inner> " $BERTH shell -- \(shell)'; see '^inner>$'
      enter 'exit 7'; see 'outer>$'
      enter 'echo $? >status'; until_true test -s status; cat status
      """
    )
    #expect(output.out == "7\n")
  }

  @Test func thePromptHasTheName() throws {
    _ = try terminal("enter '$BERTH shell --name web'; see '^-\\[web\\]- #$'")
  }

  /// Debian's bash start-up file sets a prompt of its own, with `$debian_chroot` in it.
  @Test func debiansPromptHasTheName() throws {
    _ = try terminal(
      #"""
      echo 'PS1="${debian_chroot:+($debian_chroot)}debian# "' >empty
      enter '$BERTH shell'; see '^(berth)debian#$'; enter 'exit'; see '^outer>$'
      enter '$BERTH shell --name web'; see '^(web)debian#$'
      """#
    )
  }

  @Test(arguments: ["", "--init"])
  func jobControlInside(options: String) throws {
    let output = try terminal(
      """
      enter '$BERTH shell \(options)'; see '^-\\[berth\\]- #$'
      enter "$nap"; until_true naps
      key C-z; see 'Stopped.*sleep 100'
      enter 'jobs >jobs; kill -0 %1 && echo there >>jobs'; until_true grep -q there jobs
      enter 'fg >fg'; until_true grep -q sleep fg; until_true naps
      key C-c; see '\\^C'
      enter 'echo $? >status; exit'; until_true test -s status; see '^outer>$'
      cat jobs fg status | grep . | sed "s/$nap/sleep/"
      """
    )
    #expect(output.out == "[1]+  Stopped                 sleep\nthere\nsleep\n130\n")
  }

  @Test(arguments: ["", "--init", "--share pid"])
  func controlCEndsACommand(options: String) throws {
    let output = try terminal(
      """
      enter "$BERTH shell \(options) -- $nap"; until_true naps
      key C-c; see '\\^C'
      enter 'echo $? >status'; until_true test -s status
      cat status; ! state
      """
    )
    #expect(output.out == "130\n")
  }

  @Test(arguments: ["", "--init", "--share pid"])
  func controlZStopsAndFgContinues(options: String) throws {
    let output = try terminal(
      """
      enter "$BERTH shell \(options) -- $nap"; until_true naps
      key C-z; see 'Stopped.*berth.* shell'
      state
      enter 'jobs -s | wc -l >jobs'; until_true test -s jobs; cat jobs
      enter fg; until_true naps; state
      key C-c; see '\\^C'
      enter 'echo $? >status'; until_true test -s status; cat status
      """
    )
    #expect(output.out == "T\n1\nS\n130\n")
  }

  @Test func theWindowsSizeIsSeen() throws {
    let output = try terminal(
      """
      enter '$BERTH shell'; see '^-\\[berth\\]- #$'
      enter 'stty size >first'; until_true test -s first
      enter 'trap "stty size >second" WINCH'; see 'WINCH$'
      terminal resize-window -x 100 -y 30
      enter 'stty size >third'; until_true test -s third; until_true test -s second
      cat first second third
      """
    )
    #expect(output.out == "24 80\n30 100\n30 100\n")
  }

  @Test(.requires("less", "vi"))
  func fullScreenProgramsOpenAndQuit() throws {
    let output = try terminal(
      """
      seq -f 'line %g' 1000 >text
      enter '$BERTH shell'; see '^-\\[berth\\]- #$'
      enter 'less text'; see '^line 23$'; key G; see '^line 1000$'; key q; see '^-\\[berth\\]- #$'
      enter 'vi -u NONE new'; see '^~$'
      key i; terminal send-keys -l 'written inside'; key Escape; enter ':wq'; see '^-\\[berth\\]- #$'
      cat new
      """
    )
    #expect(output.out == "written inside\n")
  }
}

/// What becomes of the terminal when the shell ends.
@Suite(.requiresRoot, .requires("tmux"))
struct TerminalAfterwardsTests {
  /// However it ends, the outer shell is in the foreground again and what is typed reaches it.
  @Test(arguments: [
    ("enter exit", 0), ("key C-d", 0), ("enter 'sleep 100 & exit 3'", 3),
    ("pkill -KILL -P $(pgrep -f \"^$BERTH shell\")", 137), ("pkill -KILL -f \"^$BERTH shell\"", 137),
  ])
  func theOuterShellHasItsTerminalBack(ending: String, status: Int) throws {
    let output = try Berth.script(
      Scripts.terminal + """
        cp "$BERTH" berth; BERTH="$PWD/berth"
        enter "$BERTH shell"; see '^-\\[berth\\]- #$'
        \(ending)
        see 'outer>$'
        enter 'echo $? >status; ps -o pgid=,tpgid= -p $$ >groups; cat >typed'; until_true test -e typed
        enter 'some words'; key C-d; until_true test -s typed
        cat status typed  # A terminal that was left raw, as the shell had it, would show in the end of the line.
        read -r group foreground <groups; [ "$group" != "$foreground" ] && echo ps was the foreground
        """
    )
    #expect(output.status == 0, "\(output.err as String)")
    #expect(output.out == "\(status)\nsome words\nps was the foreground\n")
  }

  /// Here nobody manages jobs: the caller's own process group is the foreground, before and after.
  @Test(.requires("script"), arguments: ["", "--init"])
  func aCallerWithoutJobControl(options: String) throws {
    let output = try Berth.script(
      Scripts.waiting + """
        line() { printf '%s\\n' "$1"; }
        typed() { until_true test -e ready; line 'echo in $((1 + 1)) $(tty | cut -c1-9)'; line 'exit 5'; line 'more words'; }
        typed | script -qec 'stty -echo; touch ready
          sh -c "$BERTH shell \(options) -- bash --norc --noediting -i; echo after \\$?; read -r rest; echo read \\$rest; exit 6"' /dev/null |
          tr -d '\\r' | sed 's/bash-[0-9.]*# //'
        exit ${PIPESTATUS[1]}
        """
    )
    #expect(output == Output(status: 6, out: "in 2 /dev/pts/\nexit\nafter 5\nread more words\n", err: ""))
  }
}
