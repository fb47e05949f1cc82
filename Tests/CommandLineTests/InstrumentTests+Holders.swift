import TestSupport
import Testing

/// Who keeps a file system busy, and how it is released.
extension InstrumentTests {
  /// A file system that is held by a private copy, by a working directory, by a namespace that a descriptor keeps, and by one
  /// whose file is mounted.
  @Test(arguments: [
    ("apart private", "mounts[0].processes[0].command", "sleep"),
    (
      "(cd disk; exec sleep 100) & until_true inside $! disk", "processes[0].use", "workingDirectory"
    ),
    (
      "apart private; exec 7</proc/$last/ns/mnt; kill $last; wait $last 2>/dev/null", "mounts[0].keepers[0].kind",
      "descriptor"
    ),
    (
      "bound; kill $last; wait $last 2>/dev/null",
      "mounts[0].keepers[0].kind", "bindMount"
    ),
  ])
  func findsAndReleasesHolders(hold: String, field: String, holder: String) throws {
    let output = try run(
      """
      mount -t tmpfs leak$$ disk; device=$(mountpoint -d disk)
      \(hold)
      until_true true; sleep 0.2
      umount disk 2>/dev/null || echo busy >was
      $BERTH mounts holders $device --json >held; valid holders <held
      jq -r '.mounts |= map(select(.own | not)) | .\(field)' held
      $BERTH mounts holders $device --release --yes >/dev/null 2>&1; echo $?
      if [ -e was ]; then umount disk && echo unmounted; fi
      $BERTH mounts --all --source leak$$ --output source --list 2>/dev/null | grep -c leak
      """
    )
    let isBusy = holder == "workingDirectory"
    #expect(output.out == "\(holder)\n0\n\(isBusy ? "unmounted\n" : "")0\n", "\(output.err)")
  }

  /// What was not asked for stays: a mount that covers, one that lies below, a root.
  @Test(arguments: [
    (
      "mount -t tmpfs over disk; echo kept >disk/f",
      "disk in mnt:[N]: left: another mount covers it: unmount that one first",
      "over"
    ),
    ("mkdir disk/in; mount -t tmpfs inner disk/in", "disk in mnt:[N]: left: tmpfs inner is mounted below it", "inner"),
    (
      "mkdir disk/old disk/bin; cp \"$(command -v busybox)\" disk/bin/sleep; cd disk; pivot_root . old",
      "/ in mnt:[N]: left: it is the root of the namespace", "lower"
    ),
  ])
  func releasesNothingElse(there: String, said: String, kept: String) throws {
    let output = try run(
      """
      mount -t tmpfs lower$$ disk; device=$(mountpoint -d disk)
      unshare -m --propagation private bash -c '\(there); exec sleep 100' & last=$!; until_true moved $last
      umount disk; $BERTH mounts holders $device --release --yes 2>/dev/null | tail -n 3 | sed 's/mnt:.[0-9]*./mnt:[N]/' | grep -c '\(said.replacing("[", with: "\\["))'
      grep -c '\(kept)' /proc/$last/mountinfo | sed 's/^[1-9].*/kept/'
      """
    )
    #expect(output.out == "1\nkept\n", "\(output.err)")
  }

  @Test func findsWhatElseHolds() throws {
    let output = try run(
      """
      mount -t tmpfs held$$ disk; cp "$(command -v busybox)" disk/busybox
      disk/busybox sleep 100 & exec 7>disk/open; truncate -s 1m disk/image; loop=$(losetup --find --show disk/image)
      trap 'losetup --detach $loop; kill $(jobs -p)' EXIT
      mkdir disk/sub; mount -t tmpfs inner disk/sub
      $BERTH mounts holders disk --json >held 2>/dev/null; valid holders <held
      jq -r '.processes[].use' held | sort -u; jq -r '.pins[].command' held | sed "s|$loop|LOOP|"; jq -r '.below[]' held | sed "s|$PWD||"
      $BERTH mounts holders /nosuch; echo $?
      """
    )
    #expect(output.out == "file\nprogram\nlosetup --detach LOOP\n/disk/sub\n2\n", "\(output.err)")
    #expect(output.err.contains("/nosuch: it is no path, and no mount has this source"))
  }

  /// `unrecorded COMMAND`: a command to which the kernel refuses bpf(2), so that it reads /proc in place of the kernel's records.
  private static let unrecorded = #"""
    unrecorded() {
      /usr/bin/python3 -c '
    import ctypes, os, platform, struct, sys
    number = {"x86_64": 321, "aarch64": 280}[platform.machine()]
    steps = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x50001), (0x06, 0, 0, 0x7fff0000)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    libc = ctypes.CDLL(None)
    assert libc.prctl(38, 1, 0, 0, 0) == 0
    assert libc.prctl(22, 2, struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(code)), 0, 0) == 0
    os.execvp(sys.argv[1], sys.argv[1:])
    ' "$@"
    }

    """#

  /// What the kernel's records tell is what /proc, statmount(2) and the walk of all namespaces tell.
  @Test func tellsTheSameWithoutRecords() throws {
    let output = try run(
      Self.unrecorded + #"""
        mount -t tmpfs same$$ disk; mkdir disk/in disk/other; mount --bind disk/in disk/other; cp "$(command -v busybox)" disk/sleep
        device=$(mountpoint -d disk)
        apart private; apart slave; exec 7</proc/$last/ns/mnt; kill $last; wait $last 2>/dev/null
        disk/sleep 100 & (cd disk/in; exec sleep 100) & sleep 100 6<disk/sleep 8>disk/other/f &
        /usr/bin/python3 -c '
        import mmap, time
        file = open("disk/mapped", "w+b")
        file.truncate(4096)
        memory = mmap.mmap(file.fileno(), 4096)
        file.close()
        time.sleep(100)' & until_true grep -q disk/mapped /proc/$!/maps
        part='{mounts: [.mounts[]? | {namespace, mountPoint, root, keepers}], processes: [.processes[]?], pins, below, unseen}'
        for subject in disk $device same$$; do
          $BERTH mounts holders $subject --json 2>/dev/null >with; unrecorded $BERTH mounts holders $subject --json 2>/dev/null >without
          valid holders <with; valid holders <without
          jq -S "$part" with >1; jq -S "$part" without >2
          diff 1 2 && jq -r '[.processes[].use] | unique | join(" ")' with
          jq -c '[(.mounts | length), .detachedMounts]' with without
        done
        # Of the namespaces that this test keeps: others come and go meanwhile.
        kept='.namespaces[] | select(any(.keepers[]; .process.pid? == $shell)) | del(.processes)'
        $BERTH ns list --json >with; unrecorded $BERTH ns list --json >without
        jq -S --argjson shell $$ "$kept" with >1; jq -S --argjson shell $$ "$kept" without >2
        diff 1 2 && jq -r '[.keepers[].kind] | unique[]' 1
        """#
    )
    let each = "file mapped program workingDirectory\n[6,0]\n[6,null]\n"
    #expect(output.out == each + each + each + "descriptor\n", "\(output.out)\(output.err)")
  }

  /// Which mounts of other namespaces a command reaches: peers, slaves, and the slaves of a slave that is shared.
  @Test func predictsTheSameWithoutRecords() throws {
    let output = try run(
      Self.unrecorded + #"""
        mount -t tmpfs same$$ disk; mount --make-shared disk; mkdir disk/in disk/other; mount -t tmpfs low disk/in
        apart unchanged; apart private; apart slave; slave=$last; nsenter -t $slave -m mount --make-shared "$PWD/disk"
        nsenter -t $slave -m unshare -m --propagation slave sleep 100 & until_true moved $!
        nsenter -t $slave -m unshare -m --propagation unchanged sleep 100 & until_true moved $!
        for command in "mount -t tmpfs new disk/in" "mount --bind disk disk/other" "umount disk/in" "umount -R disk" "mount --make-rslave disk"; do
          $BERTH mounts predict --json -- $command 2>/dev/null >with; unrecorded $BERTH mounts predict --json -- $command 2>/dev/null >without
          # Other tests' namespaces come and go.
          valid predict <with; diff <(jq 'del(.untouchedNamespaces)' with) <(jq 'del(.untouchedNamespaces)' without); jq -c '[.changes[] | select(.cause != "asked").namespace] | unique | length' with
        done
        """#
    )
    #expect(output.out == "4\n4\n4\n4\n0\n", "\(output.err)")
  }

  /// What no mount namespace shows any more, and who keeps it.
  @Test func findsWhoKeepsWhatWasUnmountedLazily() throws {
    let output = try run(
      """
      mount -t tmpfs lazy$$ disk; device=$(mountpoint -d disk)
      (cd disk; exec sleep 100) & until_true inside $! disk; umount -l disk
      $BERTH mounts holders $device --json | jq -c '[.mounts, .detachedMounts, .processes[].use]'
      $BERTH mounts holders $device | grep -c 'a mount that is in no namespace: unmounted lazily (umount -l), or not attached yet'
      free() { $BERTH mounts holders $device | grep -q "Nothing holds $device"; }
      kill $!; wait $! 2>/dev/null; until_true free && echo free
      """
    )
    #expect(output.out == "[[],1,\"workingDirectory\"]\n1\nfree\n", "\(output.err)")
  }
}
