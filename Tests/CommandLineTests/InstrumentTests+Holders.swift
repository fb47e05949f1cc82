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
    #expect(output.out == "file\nprogram\nlosetup --detach LOOP\n/disk/sub\n1\n", "\(output.err)")
    #expect(output.err.contains("/nosuch: it is no path, and no mount has this source"))
  }
}
