import TestSupport
import Testing

/// Each system call of a start is made to fail in turn: berth says so and leaves nothing behind.
@Suite(.requiresRoot, .requires("strace", "busybox", "mksquashfs", "losetup")) struct FailedStepTests {
  /// A command line and the system calls that its start consists of.
  struct Start: CustomTestStringConvertible, Sendable {
    var options: String
    var calls: String

    var testDescription: String { options.isEmpty ? "no options" : options }

    static let every = """
      clone3 openat2 move_mount fsopen fsconfig fsmount mount_setattr setresuid setresgid setgroups capset chdir \
      close_range socketpair signalfd4 poll waitid
      """
    static let root = " mkdirat pivot_root umount2 fchdir"
  }

  static let starts = [
    Start(options: "", calls: Start.every),
    Start(options: "--net --time=100 --hostname web", calls: Start.every + " unshare sethostname socket"),
    Start(options: "--join uts=1 --join ipc=1", calls: Start.every + " setns"),
    Start(options: "--overlay", calls: Start.every + Start.root + " open_tree fchmod fchownat"),
    Start(
      options: "--rootfs ../root -v ../volume:/new",
      calls: Start.every + Start.root + " open_tree mknodat symlinkat"
    ),
    Start(options: "--image ../image", calls: Start.every + Start.root + " open_tree mknodat symlinkat ioctl"),
  ]

  /// `fail CALL`: runs a start again and again, with the first, the second... such call of a process failing, until
  /// there is no more of them. strace counts the calls of each process for itself.
  ///
  /// A call whose failure does no harm may fail: then the shell is the same, mount for mount, and berth is silent.
  private static let fail = """
    fail() {
      local call=$1 n error status
      for ((n = 1; ; n++)); do
        error=$( ((n % 2)) && echo EPERM || echo ENOMEM)
        # shellcheck disable=SC2086
        strace -f --seccomp-bpf -o log -e trace="$call" -e inject="$call:error=$error:when=$n" \\
          "$BERTH" shell $options -- /bin/cat /proc/self/mountinfo >out 2>err
        status=$?
        grep -q INJECTED log || break
        if ((status == 0)); then
          [[ $(table out) == "$expected" && ! -s err ]] || echo "$call $n $error: no word, and another shell"
        elif [[ $(head -c 7 err) != "berth: " ]]; then
          echo "$call $n $error: status $status, and no message: $(head -n 1 err)"
        fi
        [[ $(</proc/self/mountinfo) == "$mounts" ]] || echo "$call $n $error: mounts are left"
      done
      ((n > 1)) || echo "$call: not called"
      settled "$call"
    }

    """

  @Test(arguments: starts)
  func aFailureIsToldAndLeavesNothing(start: Start) throws {
    let output = try CleanHost.script(
      Self.fail + """
        options='\(start.options)'
        mounts=$(</proc/self/mountinfo)
        expected=$("$BERTH" shell $options -- /bin/cat /proc/self/mountinfo | table)
        for call in \(start.calls); do fail $call; done
        """
    )
    #expect(output == Output(status: 0, out: "", err: ""))
  }

  /// By itself, since the first execve of the process that strace starts is berth's own.
  @Test func aCommandThatCannotBeExecutedIsToldAndLeavesNothing() throws {
    let output = try CleanHost.script(
      """
      for options in '' --overlay '--rootfs ../root' '--image ../image'; do
        strace -f -o log -P /bin/cat -e trace=execve -e inject=execve:error=ENOMEM \\
          "$BERTH" shell $options -- /bin/cat 2>err
        echo $?
        grep -v '^strace: ' err
        settled "$options"
      done
      """
    )
    #expect(output.out == String(repeating: "126\nberth: /bin/cat: Cannot allocate memory\n", count: 4))
  }

  /// SIGKILL comes at each step of either process: strace sends it as the call is made.
  @Test(arguments: starts)
  func aKillAtAStepLeavesNothing(start: Start) throws {
    let output = try CleanHost.script(
      """
      for call in \(start.calls); do
        for n in 1 2 5; do
          strace -f --seccomp-bpf -o log -e trace=$call -e inject=$call:signal=KILL:when=$n \\
            "$BERTH" shell \(start.options) -- /bin/cat /proc/self/mountinfo >out 2>err
          # 0: there was no such call; 137: berth, or its child, was killed.
          status=$?
          ((status == 0 || status == 137)) || echo "$call $n: status $status: $(head -n 1 err)"
        done
        settled "$call"
      done 2>/dev/null
      """
    )
    #expect(output == Output(status: 0, out: "", err: ""))
  }
}
