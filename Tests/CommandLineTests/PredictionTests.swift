import TestSupport
import Testing

/// What `berth mounts predict` says, and what then happens.
@Suite(.requiresRoot) struct PredictionTests {
  /// A shared tree with a stack, a private and an unbindable mount, and four other namespaces: a peer, a slave, a slave of a slave
  /// that others receive from, and one that is linked to nothing.
  private static let setting = """
    mount -t tmpfs base disk; cd disk; mount --make-shared .; mkdir a b src priv ub 'sp ace' $'n\\nl' 'b\\s'; ln -s a link; touch file file2
    mount -t tmpfs src src; mkdir src/x; mount -t tmpfs deep src/x
    mount -t tmpfs priv priv; mount --make-private priv; mkdir priv/d priv/e; mount -t tmpfs pd priv/d
    mount -t tmpfs ub ub; mount --make-unbindable ub
    apart unchanged; all=$last; apart slave; all+=" $last"; apart private; all+=" $last"
    unshare -m --propagation slave sh -c 'mount --make-rshared /; exec sleep 100' & until_true asleep $!; all+=" $!"
    nsenter -t $! -m unshare -m --propagation slave sleep 100 & until_true asleep $!; all+=" $!"

    """

  /// `check.py WORDS`: predicts a command and does it, and compares what changed with what was said.
  private static let check = #"""
    asleep() { grep -q sleep /proc/$1/comm; }
    cat >check.py <<'END'
    import collections, json, os, subprocess, sys
    berth, targets, words = os.environ["BERTH"], ["self"] + os.environ["all"].split(), sys.argv[1:]
    def out(*command): return subprocess.run(command, capture_output=True, text=True)
    def links(m):
        words = [word for word, has in [("shared", m["peerGroup"]), ("slave", m["master"]), ("unbindable", m["unbindable"])] if has]
        return ",".join(words) or "private"
    def mounts():
        tables = {}
        for target in targets:
            process = "self" if target == "self" else target
            table = json.loads(out(berth, "mounts", target, "--json").stdout)
            def words(m): return m["mountPoint"], m["type"], m["source"], links(m), ",".join(m["options"])
            tables[table["namespace"]] = {m["id"]: words(m) for m in table["mounts"]}
        return tables
    before = mounts()
    said = out(berth, "mounts", "predict", "--json", "--", *words)
    done = out(*words)
    after = mounts()
    real, claim = collections.Counter(), collections.Counter()
    for n in before:
        for i in before[n].keys() | after[n].keys():
            one, two = before[n].get(i), after[n].get(i)
            if one == two: continue
            kind = "detached" if not two else "attached" if not one else "moved" if one[0] != two[0] else "changed"
            real[(n, kind, *(two or one)[:3 if kind != "changed" else 5])] += 1
    prediction = json.loads(said.stdout)
    for c in prediction["changes"]:
        what = (c["path"], c["type"], c["source"], c["propagation"], ",".join(c["options"]))
        claim[(c["namespace"], c["change"], *what[:3 if c["change"] != "changed" else 5])] += 1
    if claim == real and (said.returncode == 0) == (done.returncode == 0): sys.exit(print("as said"))
    print(words, "said", said.returncode, said.stderr, "done", done.returncode, done.stderr, dict(claim - real), dict(real - claim))
    END

    """#

  static let cases: [String] = [
    "mount -t tmpfs new $PWD/a", "mount -ttmpfs -onoexec,size=1m,ro new a", "mount -t tmpfs n 'sp ace'",
    "mount -t tmpfs n $'n\\nl'", "mount -t tmpfs n 'b\\s'", "mount --bind src link", "mount -B . a", "mount -R src a",
    "mount -o bind,ro,nosuid --target a --source src", "mount -M src a", "mount --move priv/d a",
    "mount --bind ub a", "mount --rbind . a", "mount --rbind --make-rslave src a", "mount --bind file file2",
    "mount -o remount,bind,ro src", "mount -o remount,ro src", "mount --make-private src", "mount --make-rslave $PWD",
    "mount --make-shared --make-slave priv", "mount -m --bind src new/er", "mount -o x-gvfs-show,bind src a",
    "mount --bind nosuch a", "mount -t tmpfs n nosuch", "mount -t nosuchfs n a", "mount -t ext4 /dev/nosuch a",
    "mount /dev/null a", "mount -t tmpfs n file", "mount --bind file a", "mount --bind src file",
    "umount src/x", "umount deep", "umount src", "umount -l src", "umount -R src", "umount -A src/x", "umount -AR src",
    "umount -dlf src", "umount a src/x", "umount nosuch src/x", "umount src/x src", "umount -t tmpfs src/x",
  ]

  @Test(arguments: cases)
  func comesTrue(command: String) throws {
    let trial = "export all; /usr/bin/python3 ../check.py \(command); kill $all"
    let output = try Berth.script(InstrumentTests.prelude + Self.check + Self.setting + trial)
    #expect(output.out == "as said\n", "\(output.out)\(output.err)")
  }

  /// A process with another root, one that works in a slave's copy, one in another user namespace, and one without privilege.
  @Test func looksBeyondMounts() throws {
    let output = try Berth.script(
      InstrumentTests.prelude + Scripts.users + """
        rooted() { [ "$(readlink /proc/$1/root)" = "$PWD/disk/jail" ]; }
        mount -t tmpfs base disk; mkdir disk/a disk/bin disk/jail disk/jail/b; cp /bin/busybox disk/jail/sleep; mount --make-shared disk
        mount -t tmpfs jailed disk/jail/b; apart slave; slave=$last; mount -t tmpfs new disk/a
        (exec chroot disk/jail /sleep 100) & jailed=$!; until_true rooted $jailed
        short() { sed "s|$PWD||g; s/process [0-9]*/P/g; s/mnt:[^)]*/N/; s/group [0-9]*/G/" | grep -v namespaces; }
        $BERTH mounts predict $jailed -- umount /b 2>/dev/null | short
        nsenter -t $slave -m sh -c "cd $PWD/disk/a; exec sleep 100" & until_true inside $! disk/a
        $BERTH mounts predict -- umount "$PWD/disk/a" 2>&1 | grep busy | short; umount disk/a 2>/dev/null || echo busy
        unshare -Urm sleep 100 & users=$!; until_true moved $users
        $BERTH mounts predict $users -- mount -t ext4 /dev/null "$PWD/disk/bin"; $BERTH mounts predict $users -- umount "$PWD/disk/a" | tail -1
        $nobody $BERTH mounts predict -- mount -t tmpfs x "$PWD/disk/bin" 2>told | short; tail -2 told | head -1
        (cd disk; $nobody $BERTH mounts predict --json -- umount a 2>/dev/null) | tee predicted | valid predict && jq -r .denied predicted | head -1
        """
    )
    #expect(
      output.out == """
        P (N):
          - /disk/jail/b  tmpfs jailed
        P sleep (N):
          - /disk/jail/b  tmpfs jailed  (a slave of G)
        The paths are those of the namespace: P has /disk/jail as its root.
        berth: umount /disk/a would fail, the target is busy: P sleep works in it, as P sleep sees it
        busy
        The kernel would refuse it: a file system of type "ext4" cannot be mounted in a user namespace (Operation not permitted).
        Mounts from another user namespace are locked: not unmounted, moved or loosened; which are is not known.
        self (N):
          + /disk/bin  tmpfs x
        berth: self: this user may not change its mounts: that needs CAP_SYS_ADMIN in the user namespace that owns it
        self: this user may not change its mounts: that needs CAP_SYS_ADMIN in the user namespace that owns it

        """,
      "\(output.err)"
    )
  }
}
