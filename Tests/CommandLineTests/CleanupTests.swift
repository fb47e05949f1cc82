import TestSupport
import Testing

/// Nothing that berth made is there afterwards, however it ended.
@Suite(.requiresRoot, .requires("busybox", "mksquashfs", "losetup")) struct CleanupTests {
  /// Ways to make a root: each leaves other things if it goes wrong.
  static let options = [
    "", "--net --ipc --init", "--overlay", "--rootfs ../root -v ../volume:/new", "--image ../image",
    "--image ../image --overlay --net",
  ]

  @Test(arguments: options)
  func anEndLeavesNothing(options: String) throws {
    let output = try CleanHost.script(
      """
      end() { "$BERTH" shell \(options) "$@" >/dev/null 2>err; echo $?; settled "$*"; }
      end -- true
      end -- sh -c 'exit 3'
      end -- sh -c 'kill -KILL $$; exit 4'
      end -- nosuchcommand
      end -v /nonexistent:/mnt -- true
      end -v ../volume:/proc/new -- true
      end --workdir /nonexistent -- true
      """
    )
    let killed = options.contains("--init") ? 137 : 4  // An init does not hear its own SIGKILL.
    #expect(output == Output(status: 0, out: "0\n3\n\(killed)\n127\n125\n125\n125\n", err: ""))
  }

  @Test(arguments: options)
  func aSignalLeavesNothing(options: String) throws {
    let output = try CleanHost.script(
      """
      for signal in TERM INT HUP KILL; do
        up \(options)
        kill -$signal $id
        wait $id 2>/dev/null
        echo "$signal $?"
        settled $signal
      done
      """
    )
    #expect(output == Output(status: 0, out: "TERM 143\nINT 130\nHUP 129\nKILL 137\n", err: ""))
  }

  /// The signals arrive at any step of a start, and before and after it.
  @Test(arguments: ["TERM", "KILL"], options)
  func aSignalAtAnyMomentLeavesNothing(signal: String, options: String) throws {
    let status = signal == "TERM" ? 143 : 137
    let output = try CleanHost.script(
      """
      for ((moment = 0; moment < 30; moment++)); do
        "$BERTH" shell \(options) -- sleep 60 &
        sleep 0.00$((RANDOM % 90 + 10))
        kill -\(signal) $!
        wait $! 2>/dev/null
        status=$?
        ((status == \(status))) || echo "status $status"
      done 2>/dev/null
      settled "\(signal)"
      """
    )
    #expect(output == Output(status: 0, out: "", err: ""))
  }

  /// Ctrl-C on a terminal reaches the whole foreground group.
  @Test(.requires("script"), arguments: options)
  func controlCLeavesNothing(options: String) throws {
    let output = try CleanHost.script(
      """
      mkfifo keys screen && exec 5<>keys 6<>screen
      set -m  # So that bash does not make it ignore SIGINT.
      script -qefc '"$BERTH" shell \(options) -- sh -c "echo up; exec sleep 60"' /dev/null <keys >screen &
      read -t 30 -r line <&6 && echo "${line%$'\\r'}" && asleep
      printf '\\003' >keys
      wait $!
      echo $?
      exec 5>&- 6>&-
      rm keys screen
      settled "Ctrl-C"
      """
    )
    #expect(output == Output(status: 0, out: "up\n130\n", err: ""))
  }
}
