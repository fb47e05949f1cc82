/// Bash functions that scripts of several suites begin with.
enum Scripts {
  /// `until_true COMMAND`: waits until the command succeeds; ends the script if that takes too long.
  static let waiting = #"""
    until_true() {
      for _ in $(seq 400); do "$@" && return; sleep 0.025; done
      echo "waited in vain: $*" >&2; exit 99
    }

    """#

  /// `$nap`: a command that sleeps, and that no other test runs; `state` is its letter in ps, `naps` whether it sleeps.
  static let napping = #"""
    nap="sleep 100.$$"
    state() { local id; id=$(pgrep -f "^$nap") && ps -o stat= -p "$id" | cut -c1; }
    naps() { [ "$(state)" = S ]; }
    trap 'pkill -KILL -f "^$nap"' EXIT

    """#

  /// A terminal for a person's commands: tmux's, with an outer shell in it whose prompt is `outer> `.
  ///
  /// `enter TEXT` types a line, `key NAME` presses a key, and `see PATTERN` waits until a line of the screen has it.
  static let terminal =
    waiting + napping + #"""
      terminal() { tmux -S "$PWD/terminal" -f /dev/null "$@"; }
      screen() { terminal capture-pane -p; }
      enter() { terminal send-keys -l "$1"; terminal send-keys Enter; }
      key() { terminal send-keys "$@"; }
      see() {
        for _ in $(seq 400); do screen | grep -q -e "$1" && return; sleep 0.025; done
        { echo "never seen: $1"; screen; } >&2; exit 99
      }
      trap 'terminal kill-server; pkill -KILL -f "^$nap"' EXIT
      # Bash's start-up files are the machine's, and prompts differ: here there are none.
      touch empty; mount --bind empty /etc/bash.bashrc
      export HOME="$PWD" SHELL=/bin/bash
      terminal new-session -d -x 80 -y 24 "env PS1='outer> ' bash --noprofile --norc"
      see '^outer>$'

      """#

  /// Commands as an unprivileged user: `$nobody` has no subordinate ids, `$sub` has 65536 of them.
  ///
  /// Their accounts lie over the machine's own in the test's mount namespace alone.
  static let users = #"""
    chmod 755 .; cp "$BERTH" berth; BERTH="$PWD/berth"; export BERTH
    printf '%s\n' root:x:0:0::/root:/bin/sh sub:x:1234:1234::/:/bin/sh nobody:x:65534:65534::/:/bin/sh >passwd
    printf '%s\n' root:x:0: sub:x:1234: nogroup:x:65534: >group
    echo sub:200000:65536 >subuid; echo sub:300000:65536 >subgid
    for file in passwd group subuid subgid; do mount --bind $file /etc/$file; done
    nobody='setpriv --reuid 65534 --regid 65534 --clear-groups'
    sub='setpriv --reuid 1234 --regid 1234 --clear-groups'

    """#

  /// `rootfs DIR`: a root directory with the programs of busybox.
  static let rootfs = """
    rootfs() {
      mkdir -p "$1/bin"
      cp "$(command -v busybox)" "$1/bin/busybox"
      for name in sh cat mount umount sleep true false; do ln -sf busybox "$1/bin/$name"; done
    }

    """

  /// `image DIR FILE`: a squashfs image of a directory. The kernel reads such an image through a loop device only.
  static let image = """
    image() { mksquashfs "$1" "$2" -quiet -no-progress >/dev/null; }

    """

  /// `table`: the mount table without what differs from one run to the next, ids and the numbers of anonymous devices.
  static let table = """
    table() { awk '{ split($3, device, ":"); $1 = $2 = ""; $3 = device[1]; gsub(/loop[0-9]+/, "loop"); print }' "$@"; }

    """

  /// `begin OPTIONS`: a berth shell with bash in it; `inside LINE`: what a line typed there prints; `end`: leaves it.
  ///
  /// A line's output ends with a dot of its own, so that nothing has to wait for a time.
  static let dialogue = """
    begin() { coproc SHELL_INSIDE { exec "$BERTH" shell "$@" -- bash 2>&1; }; inside true; }
    inside() {
      printf '%s\\n' "$1" 'echo .' >&"${SHELL_INSIDE[1]}"
      while IFS= read -r -t 30 -u "${SHELL_INSIDE[0]}" line && [[ $line != . ]]; do printf '%s\\n' "$line"; done
    }
    end() { local id=$SHELL_INSIDE_PID; eval "exec ${SHELL_INSIDE[1]}>&-"; wait "$id"; }

    """

  /// Makes `root`, a busybox system, in the script's directory.
  static let system = """
    mkdir -p root/bin root/dev root/etc root/proc root/root root/sys root/tmp
    cp /bin/busybox root/bin/
    for name in $(/bin/busybox --list); do test $name = busybox || ln -s busybox root/bin/$name; done
    echo root:x:0:0:root:/root:/bin/sh > root/etc/passwd; echo guest:x:1000:1000::/tmp:/bin/sh >> root/etc/passwd
    echo root:x:0: > root/etc/group; echo guest:x:1000: >> root/etc/group; echo staff:x:50:guest >> root/etc/group

    """
}
