import TestSupport
import Testing

/// Mounts of others that berth changes: the one that was meant, and no other.
@Suite(.requiresRoot, .requires("jq", "python3", "strace", "setpriv")) struct MountChangeTests {
  /// `exchange A B`: swaps two names, renameat2(2) RENAME_EXCHANGE. `delayed CALL COMMAND`: runs a command that strace(1) holds for two
  /// seconds where it makes a system call on the mount, and swaps meanwhile `user/way`, a directory, and `user/link`, a link.
  private static let race = #"""
    exchange() {
      /usr/bin/python3 -c '
    import ctypes, os, sys
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(-100, sys.argv[1].encode(), -100, sys.argv[2].encode(), 2): sys.exit(os.strerror(ctypes.get_errno()))' "$@"
    }
    number_of() {
      case $1.$(uname -m) in umount2.x86_64) echo 166 ;; umount2.*) echo 39 ;; move_mount.*) echo 429 ;; mount_setattr.*) echo 442 ;; esac
    }
    held() {
      local process own children
      own=$(pgrep -P $strace) && children=$(pgrep -P "$own")
      # berth itself sets the attributes of what it runs from.
      [ "$1" = mount_setattr ] && own=
      for process in $children $own; do grep -q "^$(number_of $1) " /proc/$process/syscall 2>/dev/null && return; done
      return 1
    }
    delayed() {
      local call=$1; shift
      strace -f -qq -o trace -e trace=$call -e inject=$call:delay_enter=2000000 "$@" >said 2>&1 & strace=$!
      until_true held $call; exchange user/way user/link; wait $strace; exchange user/way user/link
    }
    chmod 755 .; mkdir -p user/way/m precious/m; ln -s ../precious user/link; chown -R 1234 user
    mount -t tmpfs meant$$ user/way/m; device=$(mountpoint -d user/way/m); mount -t tmpfs precious$$ precious/m
    # What is mounted where, as a process sees it.
    seen() { awk -v "here=$PWD/" 'index($5, here) == 1 { print substr($5, length(here) + 1), substr($6, 1, 2) }' /proc/$1/mountinfo; }

    """#

  /// A directory above the mount point is swapped for a link while berth is between its look and its deed.
  @Test(arguments: [
    ("umount2", "mounts holders $device --release --yes", "precious/m rw\n"),
    ("umount2", "mounts remove $last $PWD/user/way/m", "precious/m rw\n"),
    ("mount_setattr", "mounts set $last $PWD/user/way/m ro", "user/way/m ro\nprecious/m rw\n"),
    ("umount2", "mounts renew $last $PWD/user/way/m", "precious/m rw\nuser/way/m rw\n"),
    ("move_mount", "mounts renew $last $PWD/user/way/m", "precious/m rw\nuser/way/m rw\n"),
  ])
  func actsOnWhatWasChecked(call: String, command: String, left: String) throws {
    let output = try InstrumentTests().run(
      Self.race + """
        apart private; umount user/way/m
        delayed \(call) "$BERTH" \(command); seen $last
        """
    )
    #expect(output.out == left, "\(output.out)\(output.err)")
  }

  /// The same in this namespace, where a mount is put in the place of one that is busy.
  @Test(arguments: ["umount2", "move_mount"]) func replacesWhatWasChecked(call: String) throws {
    let output = try InstrumentTests().run(
      Self.race + """
        (cd user/way/m; exec sleep 100) & until_true inside $! user/way/m
        delayed \(call) "$BERTH" mounts holders $device --release --yes; seen self; umount user/way/m && echo free
        """
    )
    #expect(output.out == "precious/m rw\nuser/way/m rw\nfree\n", "\(output.out)\(output.err)")
  }

  /// A container that has its own PIDs, and a /proc that is none.
  @Test func needsNothingOfTheTargets() throws {
    let output = try InstrumentTests().run(
      """
      mount -t tmpfs held$$ disk; device=$(mountpoint -d disk)
      unshare -m -p --fork --kill-child --propagation private sh -c 'mount -t tmpfs none /proc; exec sleep 100' &
      until_true eval 'last=$(pgrep -P $!)'; trap 'kill -KILL $last' EXIT; until_true moved $last; umount disk
      $BERTH mounts holders $device --release --yes | tail -n 1 | sed "s|$PWD||; s/mnt:.[0-9]*./mnt:[N]/"
      """
    )
    #expect(output.out == "/disk in mnt:[N]: unmounted\n", "\(output.err)")
  }

  @Test func changesMounts() throws {
    let output = try InstrumentTests().run(
      #"""
      mount -t tmpfs a$$ disk; mkdir disk/in; apart private; umount disk
      options() { "$BERTH" mounts $last --path "$PWD/disk" -o vfs-options,propagation --json | jq -r '.mounts[] | [.options[0, 1], .peerGroup != null] | join(" ")'; }
      "$BERTH" mounts set $last "$PWD/disk" ro,nosuid,shared && options; "$BERTH" mounts set $last "$PWD/disk" rw,suid,private && options
      nsenter -t $last -m mount -t tmpfs low "$PWD/disk/in"
      tell() { "$@" 2>&1 | sed "s|$PWD|DIR|g; s/$last/PID/g"; echo "${PIPESTATUS[0]}"; }
      tell "$BERTH" mounts remove $last "$PWD/disk"; "$BERTH" mounts remove $last "$PWD/disk/in"; "$BERTH" mounts remove "mnt:[$(number /proc/$last/ns/mnt)]" "$PWD/disk"
      grep -c "$PWD/disk" /proc/$last/mountinfo
      ln -s disk link; mount -t tmpfs b$$ disk
      tell "$BERTH" mounts remove self "$PWD/link"; tell "$BERTH" mounts remove self "$PWD"; tell "$BERTH" mounts remove self disk
      tell "$BERTH" mounts remove self "$PWD/nosuch"; tell "$BERTH" mounts remove nosuch /; tell "$BERTH" mounts remove self /
      for options in rdo bind size=1m ''; do tell "$BERTH" mounts set self "$PWD/disk" "$options"; done
      "$BERTH" mounts set $last / shared; awk '$5 == "/" { print $7 ~ /shared/ }' /proc/$last/mountinfo
      "$BERTH" mounts remove self "$PWD/disk"; grep -c b$$ /proc/self/mountinfo
      """#
    )
    #expect(
      output.out == """
        ro nosuid true
        rw relatime false
        berth: DIR/disk: tmpfs low is mounted below it, at DIR/disk/in: unmount that first
        1
        0
        berth: DIR/link: a symbolic link is on the way: give the path as berth mounts self shows it
        1
        berth: DIR: it is not a mount point in self; berth mounts self shows those
        1
        berth: disk: the path must begin with /: it is self's
        2
        berth: DIR/nosuch: No such file or directory, as self sees it; berth mounts self shows its mounts
        1
        berth: nosuch: no container has this name or id
        2
        berth: /: it is the root, which goes when the processes in the namespace end
        1
        berth: "rdo" is no option of a mount that can be changed; did you mean ro?
        2
        berth: "bind" is no option of a mount that can be changed
        2
        berth: "size=1m" is no option of a mount that can be changed
        2
        berth: no option is given: ro, for example
        2
        1
        0

        """,
      "\(output.err)"
    )
  }

  /// A mount that was made before the two were linked is sent when it is put in its place anew; what is open in it stays.
  @Test func renewsMounts() throws {
    let output = try InstrumentTests().run(
      #"""
      mount -t tmpfs top disk; mkdir disk/m; mount -t tmpfs -o size=1m low disk/m; echo kept >disk/m/file; mkdir disk/m/in; mount -t tmpfs deep disk/m/in
      apart private; nsenter -t $last -m sh -c "umount -R '$PWD/disk/m'; mount --make-private '$PWD/disk'"
      mount --make-shared disk; mkdir other; mount --bind disk other
      grep -c "$PWD/other/m" /proc/self/mountinfo
      "$BERTH" mounts renew self "$PWD/disk/m"; cat disk/m/file other/m/file; grep -c " deep " /proc/self/mountinfo; umount -R other disk
      """#
    )
    #expect(output.out == "0\nkept\nkept\n2\n", "\(output.out)\(output.err)")
  }

  /// Without root, in a namespace that is one's own.
  @Test func needsNoRootInOnesOwn() throws {
    let output = try InstrumentTests().run(
      Scripts.users + """
        $sub unshare -Urm sh -c 'mount -t tmpfs own /mnt; exec sleep 100' & last=$!; until_true moved $last
        until_true grep -q ' /mnt ' /proc/$last/mountinfo
        $sub $BERTH mounts set $last /mnt ro && grep -c ' /mnt ro' /proc/$last/mountinfo; $sub $BERTH mounts remove $last /mnt; grep -c ' /mnt ' /proc/$last/mountinfo
        $sub $BERTH mounts remove host /mnt 2>&1 | grep -c 'run as root'
        """
    )
    #expect(output.out == "1\n0\n1\n", "\(output.out)\(output.err)")
  }
}
