import TestSupport

/// A host on which a test sees everything that is left: a /tmp and process ids of its own.
enum CleanHost {
  /// Runs a script there that says what it finds wrong; `state` and `settled` are described at their text.
  static func script(_ script: String) throws -> Output {
    try Berth.script(
      """
      cp "$BERTH" berth && export BERTH=$PWD/berth
      # The test's directory stays where it is, alone in an empty /tmp.
      if [[ $PWD == /tmp/* ]]; then
        mount -t tmpfs tmpfs /tmp && mkdir -p "$PWD" && mount --no-canonicalize --bind . "$PWD" && cd "$PWD"
      fi
      cat >script.sh <<'END'
      \(Scripts.rootfs + Scripts.image + Scripts.table + functions + script)
      END
      unshare --pid --fork --kill-child --mount-proc bash script.sh
      """
    )
  }

  private static let functions = """
    mkdir work volume && cd work && rootfs ../root && image ../root ../image
    touch out err log

    # All that berth could leave behind: mounts, loop devices, files and directories, names of namespaces, processes.
    state() {
      cat /proc/self/mountinfo
      losetup --list --noheadings --output BACK-FILE | grep -F "${PWD%/work}"
      find .. -path ../root -prune -o -print
      ls -A / /tmp /run /run/netns /mnt /media /srv /opt /dev/shm 2>/dev/null
      local name
      for name in $(ps -e -o comm=); do [[ $name == bash || $name == ps ]] || echo "process $name"; done
    }
    before=$(state)

    # settled WHAT: complains, and ends the script, if WHAT left anything. The kernel takes mounts and loop devices away
    # a little after the last process that used them, so this looks again for a while.
    settled() {
      local after try
      for ((try = 0; try < 100; try++)); do
        after=$(state)
        [[ $after == "$before" ]] && return
        sleep 0.05
      done
      echo "$1 left:"
      diff <(echo "$before") <(echo "$after")
      exit 1  # It would be found again after each later step, and waited for.
    }

    # asleep: waits until the command, which ends with exec sleep, is asleep. A shell catches SIGINT, and forgets it if
    # it is on its way into exec.
    asleep() {
      local try
      for ((try = 0; try < 500; try++)); do ps -e -o comm= | grep -qx sleep && return; done
      echo "not asleep"
    }

    # up OPTIONS: starts a shell in the background that says when its command runs; its process id is then in $id.
    up() {
      rm -f fifo && mkfifo fifo && exec 4<>fifo
      set -m  # With job control, so that bash does not make it ignore SIGINT.
      "$BERTH" shell "$@" -- sh -c 'echo up; exec sleep 60' >fifo 2>err &
      id=$!
      set +m
      read -t 30 -r line <&4
      rm -f fifo
      [[ $line == up ]] && asleep || echo "did not start: $(cat err)"
    }


    """
}
