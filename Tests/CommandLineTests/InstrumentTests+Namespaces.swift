import TestSupport
import Testing

/// The namespaces of a machine: listed and entered.
extension InstrumentTests {
  @Test func listsNamespacesWithAndWithoutProcesses() throws {
    let output = try run(
      """
      apart private; a=$last; apart private; b=$last; bound; c=$last
      exec 7</proc/$b/ns/mnt
      held=$(number /proc/$b/ns/mnt) bound=$(number file)
      kill $b $c; wait $b $c 2>/dev/null
      $BERTH ns list --json >list; valid ns-list <list
      jq -r --argjson i "$(number /proc/$a/ns/mnt)" '.namespaces[] | select(.inode == $i) | .processes[].command' list
      jq -r --argjson i "$held" '.namespaces[] | select(.inode == $i) | .keepers[].kind' list | sort -u
      jq -r --argjson i "$bound" '.namespaces[] | select(.inode == $i) | .keepers[].kind' list
      $BERTH ns list | grep -c "mnt:.$held. .*open in"
      $BERTH ns enter "mnt:[$bound]" -- grep -c ' /proc ' /proc/thread-self/mounts >count; [ -s count ] && echo entered
      """
    )
    #expect(output.out == "sleep\ndescriptor\nbindMount\n1\nentered\n", "\(output.err)")
  }

  @Test func entersNamespaces() throws {
    let output = try run(
      Scripts.rootfs + """
        mount -t tmpfs there disk; apart private; umount disk
        $BERTH ns enter $last --types mount -- grep -c '^there ' /proc/self/mounts
        $BERTH ns enter $last -- sh -c 'exit 7'; echo $?
        $BERTH ns enter $last -- nosuch 2>/dev/null; echo $?
        $BERTH ns enter $last -- /etc/passwd 2>/dev/null; echo $?
        $BERTH ns enter $last --types odd -- true 2>&1
        rootfs tools; mkdir tools/mnt tools/proc; before=$(cat /proc/$last/mountinfo)
        $BERTH ns enter $last --with tools -- /bin/sh -c "grep -c '^there ' /proc/self/mounts; ls /bin/sh"
        [ "$before" = "$(cat /proc/$last/mountinfo)" ] && echo same
        umount -R tools 2>/dev/null; mksquashfs tools image -quiet >/dev/null
        $BERTH ns enter $last --with image -- /bin/sh -c "grep -c '^there ' /proc/self/mounts; ls /bin/sh"
        $BERTH ns enter $last --with /etc/passwd -- true 2>&1
        """
    )
    #expect(
      output.out == """
        1
        7
        127
        126
        berth: --types: "odd" is no type of namespace; there are user, mount, pid, net, ipc, uts, cgroup, time
        1
        /bin/sh
        same
        1
        /bin/sh
        berth: --with /etc/passwd: it is neither a directory nor an erofs or squashfs image

        """,
      "\(output.err)"
    )
  }

  /// What there is to say of a container without a shell, of a toolbox, and of a command that is not where it belongs.
  @Test func tellsHowToEnter() throws {
    let output = try run(
      Scripts.rootfs + """
        rootfs tools; mkdir tools/proc; apart private
        mkdir -p bare/old; cp "$(command -v busybox)" bare/sleep; printf '#!/nosuch\n' >bare/script; chmod 755 bare/script
        unshare -m --propagation private bash -c 'mount --bind bare bare; cd bare; pivot_root . old; exec /sleep 100' & bare=$!
        until_true moved $bare
        tell() { "$@" 2>&1 | sed "s/$bare/BARE/g; s/$last/PID/g; s/mnt:.[0-9]*./mnt:[N]/"; }
        SHELL=/bin/zsh tell $BERTH ns enter $bare; tell $BERTH ns enter $bare -- /script
        tell $BERTH ns enter $last --with tools -- true; mkdir tools/mnt; tell $BERTH ns enter $last --with tools -- nosuch
        # A link of the toolbox's stays in it.
        rmdir tools/mnt; mkdir tools/target; ln -s /target tools/mnt; tell $BERTH ns enter $bare --with tools -- cat /target/script
        exec 7</proc/$last/ns/mnt; n=$(number /proc/$last/ns/mnt); kill $last; wait $last 2>/dev/null
        tell $BERTH ns enter "mnt:[$n]" --types mount,pid -- true; tell $BERTH ns enter "mnt:[$n]" --types mount -- true
        tell $BERTH ns enter $bare ls; tell $BERTH ns enter; kill $bare
        """
    )
    #expect(
      output.out == """
        berth: /bin/sh: No such file or directory
          BARE has no such program; berth ns enter BARE --with DIR brings along what is in a directory
        berth: /script: No such file or directory
          /script is there, but not the program that loads it: an interpreter or a dynamic linker
        berth: --with tools: it has no directory /mnt, where the target's root would be: make one
        berth: nosuch: No such file or directory
          the toolbox tools has no such program
        #!/nosuch
        berth: --types: no process is in mnt:[N]: of it, there is the mount namespace alone
        berth: Unexpected argument 'ls'
          the command comes after --
          berth ns enter --help describes the options.
        berth: Missing expected argument '<target>'
          berth ns enter --help describes the options.

        """,
      "\(output.err)"
    )
  }

  /// nobody outside is root inside, as far as the namespace has one, and may what that may.
  @Test func isRootOfUserNamespace() throws {
    let output = try run(
      Scripts.rootfs + """
        mapped() {
          unshare --user --mount sleep 100 & last=$!; until_true moved $last
          for map in uid_map gid_map; do echo $1 100000 1000 >/proc/$last/$map; done
        }
        rootfs tools; mkdir tools/mnt tools/proc; chmod 755 .; mkdir -m 700 own; chown 100000:100000 own
        mapped 0
        $BERTH ns enter $last -- sh -c "id -u; id -g; grep -c '^CapEff:.*[1-9a-f]' /proc/self/status; touch '$PWD/own/made'"; stat -c %u own/made
        $BERTH ns enter $last --with tools -- /bin/busybox sh -c "busybox id -u; busybox touch '/mnt/$PWD/own/tool'"; stat -c %g own/tool
        $BERTH ns enter $last --types mount -- id -u
        mapped 5
        $BERTH ns enter $last -- id -u; echo $?; $BERTH ns enter $last --keep-user -- id -u
        """
    )
    // Where there is no such root, the ids of the machine's would be left for a program of the target's.
    #expect(output.out == "0\n0\n1\n100000\n0\n100000\n0\n125\n0\n", "\(output.err)")
    #expect(
      output.err.contains("it has no id 0, and the ids of this machine's root are not for a program of the target's")
    )
  }

  /// A signal to berth is the command's, which a PID namespace makes a child of.
  @Test func passesSignalsOn() throws {
    let output = try run(
      """
      unshare --pid --fork --mount-proc sleep 100 & until_true pgrep -P $! >/dev/null; target=$(pgrep -P $!); trap 'kill -KILL $target' EXIT; until_true grep -q sleep /proc/$target/comm
      $BERTH ns enter $target -- sh -c 'trap "echo ended; exit 3" TERM; echo up; while :; do sleep 0.05; done' >said & entered=$!; until_true test -s said
      kill $entered; wait $entered; echo $?; cat said
      $BERTH ns enter $target -- sleep 100.$$ & entered=$!; asleep() { pgrep -f "^sleep 100.$$" >/dev/null; }; until_true asleep
      kill $entered; wait $entered; echo $?; asleep || echo gone
      """
    )
    #expect(output.out == "3\nup\nended\n143\ngone\n", "\(output.err)")
  }

  /// setns(2) refuses a user namespace to a process of several threads, and a number is looked for with several.
  @Test func entersUserNamespaces() throws {
    let output = try run(
      """
      unshare --user --map-root-user --mount --uts sleep 100 & last=$!; until_true moved $last
      for _ in $(seq 30); do $BERTH ns enter "mnt:[$(number /proc/$last/ns/mnt)]" -- readlink /proc/self/ns/user; done | sort | uniq -c | awk '{ print $1 }'
      """
    )
    #expect(output.out == "30\n", "\(output.err)")
  }

  @Test func showsOtherNamespaces() throws {
    let output = try run(
      """
      mount -t tmpfs base$$ disk; mkdir disk/a; mount --make-shared disk; mount -o remount,size=1m disk
      apart unchanged; peer=$last; apart private; umount disk/a 2>/dev/null
      $BERTH mounts --path "$PWD/disk" -o target,size,used,peers --list | tail -1 | sed "s|$PWD||g; s/$peer/PEER/; s/  */ /g"
      $BERTH mounts --path "$PWD/disk" --json --peers >listed; valid mounts <listed; jq -r '.mounts[0].peers[].name' listed | sed "s/$peer/PEER/"
      $BERTH mounts --all --source base$$ 2>/dev/null | sed "s|$PWD||; s/  */ /g" | tail -1 | grep -o '^/disk.*base'
      $BERTH ns list --all --json >all 2>/dev/null; valid ns-list <all; jq -r '.namespaces[].type' all | sort -u | xargs
      """
    )
    #expect(
      output.out
        == """
        /disk 1M 0 PEER sleep:/disk
        PEER sleep
        /disk - base (shared) base
        cgroup ipc mnt net pid time user uts

        """.replacing("/disk - base (shared) base", with: output.lines.dropFirst(2).first ?? "nothing"),
      "\(output.err)"
    )
    #expect(output.lines.dropFirst(2).first?.hasPrefix("/disk ") ?? false)
  }
}
