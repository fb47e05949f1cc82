import TestSupport
import Testing

/// Who goes into namespaces of others: nobody there reaches berth's program, and no program there gets root's rights.
@Suite(.requiresRoot, .requires("jq", "busybox", "strace", "setpriv")) struct NamespaceDoorTests {
  /// CVE-2019-5736 by any command that enters: the program runs from a read-only mount, and cannot be looked into, before it is there.
  @Test(arguments: [
    "ns enter $last -- true", "ns enter $last --types pid -- true", "ns enter mnt:[$number] -- true",
    "mounts holders $device --release --yes", "mounts remove $last \"$PWD/disk\"", "mounts set $last \"$PWD/disk\" ro",
    "mounts renew $last \"$PWD/disk\"", "shell --join mount=/proc/$last/ns/mnt -- true",
    "shell --join pid=/proc/$last/ns/pid -- true",
  ])
  func entersSealed(command: String) throws {
    let output = try InstrumentTests().run(
      """
      mount -t tmpfs held$$ disk; device=$(mountpoint -d disk)
      unshare -m -p --fork --kill-child --propagation private sleep 100 & until_true eval 'last=$(pgrep -P $!)'
      trap 'kill -KILL $last' EXIT; until_true moved $last; number=$(number /proc/$last/ns/mnt); umount disk
      strace -f -qq -o trace -e trace=setns,execveat,prctl "$BERTH" \(command) >said 2>&1 || cat said
      awk '/execveat\\(.* = 0$/ { sealed = 1 } /PR_SET_DUMPABLE, SUID_DUMP_DISABLE\\) = 0/ && sealed { hidden = 1 }
        /setns\\(/ { print sealed && hidden ? "sealed" : "open" }' trace | sort -u
      """
    )
    #expect(output.out == "sealed\n", "\(output.out)\(output.err)")
  }

  /// What answers from outside enters nothing.
  @Test(arguments: [
    "mounts explain /proc --to $last", "mounts predict $last -- umount /proc", "mounts watch $last --timeout 0",
    "mounts $last", "mounts holders /proc", "ns list --all",
  ])
  func looksFromOutside(command: String) throws {
    let output = try InstrumentTests().run(
      """
      apart private; strace -f -qq -o trace -e trace=setns,chroot,unshare "$BERTH" \(command) >said 2>&1
      grep -E "(setns|chroot|unshare)\\(" trace
      """
    )
    #expect(output.out == "", "\(output.out)\(output.err)")
  }

  /// A container whose root may trace all in it waits for who enters, and writes to what that runs from.
  @Test func aContainerDoesNotReachTheProgramThatEnters() throws {
    let output = try RuntimeHost.script(
      #"""
      cp "$BERTH" program; BERTH=$PWD/program; before=$(sha256sum <program)
      cat >bundle/rootfs/bin/overwrite <<'END'
      touch /ready
      until [ -e /stop ]; do
        for process in /proc/[0-9]*; do
          case $(readlink $process/exe) in */busybox | '') continue ;; esac
          command exec 9<$process/exe || continue
          # It can be written to when nobody runs it any more.
          touch /found; until [ -e /stop ] || echo overwritten >/proc/self/fd/9; do :; done
          touch /tried; exit
        done
      done 2>/dev/null
      END
      command sh /bin/overwrite
      change '.process.capabilities |= map_values(. + ["CAP_SYS_PTRACE", "CAP_DAC_OVERRIDE"])'
      berth run -d -b bundle $id; until_true test -e bundle/rootfs/ready; process=$(process $id)
      # strace(1) holds it for a moment where it is about to become the command.
      strace -f -qq -o trace -e trace=execve -e inject=execve:delay_enter=500000 "$BERTH" ns enter $process -- /bin/true
      # Once nobody runs it, a moment is enough to write to it.
      until_true test -e bundle/rootfs/found; sleep 0.3
      touch bundle/rootfs/stop; until_true test -e bundle/rootfs/tried; [ "$(sha256sum <program)" = "$before" ] && echo unchanged
      """#
    )
    #expect(output == Output(status: 0, out: "unchanged\n", err: ""))
  }

  /// uid 1234 keeps a file system mounted where programs are its own: what is advised runs none of them, and what is run by
  /// `ns enter` has the rights of that user.
  @Test func noProgramOfTheTargetsGetsRootsRights() throws {
    let output = try InstrumentTests().run(
      #"""
      chmod 755 .; mkdir -m 777 out; mount -t tmpfs held$$ disk; device=$(mountpoint -d disk)
      cat >fake <<END
      #!/bin/sh
      { id -u; id -G; grep CapEff /proc/self/status; readlink /proc/self/ns/user; touch $PWD/out/file; } >$PWD/out/told 2>&1
      END
      chmod 755 fake; programs="umount mount sh"
      setpriv --reuid 1234 --regid 1234 --groups 1234,24 unshare -Urm sh -c '
        for name in umount mount; do mount --bind fake /usr/bin/$name; done; exec sleep 100' & last=$!; until_true moved $last
      umount disk
      eval "$("$BERTH" mounts holders $device | sed -n 's/^  to unmount it:  berth/"$BERTH"/p')" 2>/dev/null
      for advice in "--to $last" "--from $last"; do
        "$BERTH" mounts explain /dev/shm $advice --json | jq -r '.advice[].command' | sed -n 's/^berth/"$BERTH"/p' >commands
        . ./commands
      done >/dev/null 2>&1
      ls out
      "$BERTH" ns enter $last --types mount -- umount; sed 's/user:.*/user/' out/told; stat -c %u out/file
      grep -c "$(readlink /proc/self/ns/user)" out/told
      rm -f out/*; "$BERTH" ns enter "mnt:[$(number /proc/$last/ns/mnt)]" -- umount; stat -c %u out/file
      rm -f out/*; "$BERTH" ns enter $last --keep-user -- umount; stat -c %u out/file
      """#
    )
    // In its user namespace it is root; on the machine it is uid 1234, without root's groups.
    #expect(output.out == "0\n0\nCapEff:\t000001ffffffffff\nuser\n1234\n0\n1234\n0\n", "\(output.out)\(output.err)")
  }

  /// A process that came into the mounts of others lends them no rights: of the two user namespaces the lower one is entered.
  @Test func theMountsOwnerCountsToo() throws {
    let output = try InstrumentTests().run(
      """
      setpriv --reuid 1234 --regid 1234 --clear-groups unshare -Urm sleep 100 & last=$!; until_true moved $last
      nsenter -t $last -m sleep 100 & guest=$!; until_true moved $guest
      "$BERTH" ns enter $guest --types mount -- readlink /proc/self/ns/user >one; readlink /proc/$last/ns/user | diff - one && echo owner
      """
    )
    #expect(output.out == "owner\n", "\(output.err)")
  }

  /// What berth was given open stays out: a directory of the host's would be a way back.
  @Test func noDescriptorGoesIn() throws {
    let output = try InstrumentTests().run(
      #"apart private; exec 9</etc 10</; "$BERTH" ns enter $last -- sh -c 'ls /proc/self/fd' | xargs"#
    )
    #expect(output.out == "0 1 2 3\n", "\(output.err)")
  }
}
