import TestSupport
import Testing

/// What `berth mounts explain` proposes, done.
@Suite(.requiresRoot) struct ExplanationTests {
  /// `follow PATH PROCESS`: asks why a mount is not seen, does what is said first, and asks again.
  private static let follow = """
    berth() { "$BERTH" "$@"; }
    explain() { "$BERTH" mounts explain "$@" 2>/dev/null; }
    follow() { explain "$@" >said && echo seen; eval "$(sed -n '/^To /{n;p}' said)"; explain "$@" >said; echo "$1 $?"; }
    mount -t tmpfs base disk; mkdir disk/a 'disk/b b' disk/c disk/c/x disk/d; mount --make-shared disk

    """

  @Test func comesAbout() throws {
    let output = try Berth.script(
      InstrumentTests.prelude + Self.follow + """
        apart slave; cd disk
        mount -t tmpfs new a; mkdir a/x; mount -t tmpfs below a/x; touch a/x/kept; nsenter -t $last -m umount -l "$PWD/a"
        follow a --to $last; nsenter -t $last -m ls "$PWD/a/x"; ls a/x; findmnt -R "$PWD" | wc -l
        mount -t tmpfs new 'b b'; nsenter -t $last -m mount -t tmpfs cover "$PWD/b b"; follow 'b b' --to $last
        mount -t tmpfs new c/x; nsenter -t $last -m mount -t tmpfs cover "$PWD/c"; follow c/x --to $last
        mount --make-private .; mount -t tmpfs new d; explain d --to $last | grep -c 'Then, to start the process anew'
        follow d --to $last; apart slave; umount d; mount -t tmpfs newer d; explain d --to $last | sed "s|$PWD||g; s/process [0-9]*/P/"
        """
    )
    #expect(
      output.out == """
        a 0
        kept
        kept
        4
        b b 0
        c/x 0
        1
        d 1
        /d is seen in P.
        The one in P is a slave (of group \(output.out.split(separator: "group ").last?.prefix { $0.isNumber } ?? "")): \
        it receives from self, and sends nothing back.

        """,
      "\(output.err)"
    )
  }

  @Test func takesPathsAsTheyAreSeen() throws {
    let output = try Berth.script(
      InstrumentTests.prelude + Self.follow + """
        rooted() { [ "$(readlink /proc/$1/root)" = "$PWD/disk" ]; }
        cp /bin/busybox disk/sleep; mount -t tmpfs new disk/a; ln -s a disk/link; (exec chroot disk /sleep 100) & jailed=$!; until_true rooted $jailed
        short() { sed "s|$PWD||g; s/process [0-9]*/P/g; s/mnt:[^)]*]/N/"; }
        explain disk/link --to $jailed | short; explain /link --from $jailed | short; explain /proc --to $jailed | short
        explain disk/c --to $jailed | short | head -1
        for line in "disk/none --to $jailed" "disk --from $jailed" disk; do $BERTH mounts explain $line 2>&1 >/dev/null | head -1 | short; done
        """
    )
    #expect(
      output.out == """
        /disk/a is seen in P, where it is /a: the two are in one mount namespace, N.
        /a is seen in self, where it is /disk/a: the two are in one mount namespace, N.
        /proc is not seen in P.
        It is in the same mount namespace as self, N, but has a root of its own, and the mount is not below it.
        /disk/c is not a mount point, neither in P nor in self: it lies in the mount at /disk (tmpfs, base).
        berth: /disk/none: No such file or directory, as self sees it
        berth: disk: the path must begin with /: it is P's
        berth: say where it should be seen, --to TARGET, or where it is mounted, --from TARGET

        """,
      "\(output.err)"
    )
  }
}
