import TestSupport
import Testing

/// The model and the instruments on an older kernel: Linux 6.1 has no statmount(2), no mount notices, and does not walk namespaces.
@Suite(.requiresVirtualMachine) struct OlderKernelTests {
  private static let setting = """
    apart() { unshare -m --propagation "$1" sleep 100 & last=$!; until_true moved; }
    moved() { [ "$(readlink /proc/$last/ns/mnt)" != "$(readlink /proc/self/ns/mnt)" ]; }
    gone() { kill $last; umount -l /mnt; }
    """

  private static let checks: [GuestCheck] = [
    GuestCheck(
      "the model has the rules of this kernel",
      "for seed in 1 $RANDOM; do $BERTH mounts simulate --random 100 --seed $seed --kernel 6.1 | cut -d: -f2 | cut -d'(' -f1; done",
      " the model and the kernel agree \n the model and the kernel agree \n"
    ),
    GuestCheck(
      "a mount is not moved beneath another",
      "printf '%s\\n' 'mount -t tmpfs a /a' 'mount -t tmpfs b /b' 'mount --move --beneath /a /b' | $BERTH mounts simulate --kernel 6.1 --verify - | tail -1",
      "The kernel agrees: after each line it has the same mounts in every namespace.\n"
    ),
    GuestCheck(
      "mounts are told by comparing tables",
      "$BERTH mounts watch --json --count 2 --timeout 30 >/tmp/told 2>/tmp/began & until_true grep -q watching /tmp/began; mount -t tmpfs x /mnt; until_true grep -q attached /tmp/told; umount /mnt; wait; jq -r '.event, .path' /tmp/told",
      "attached\n/mnt\ndetached\n/mnt\n"
    ),
    GuestCheck(
      "a private copy is found and released",
      "mount -t tmpfs leak /mnt; apart private; umount /mnt; $BERTH mounts holders leak --json 2>/dev/null | jq -r '.mounts[].processes[0].command'; $BERTH mounts holders leak --release --yes >/dev/null 2>&1; echo $?; grep -c leak /proc/$last/mountinfo; kill $last",
      "sleep\n0\n0\n"
    ),
    GuestCheck(
      "a slave is predicted and explained",
      "mount -t tmpfs base /mnt; mount --make-shared /mnt; mkdir /mnt/a; apart slave; $BERTH mounts predict --json -- mount -t tmpfs new /mnt/a 2>/dev/null | jq -r '.changes[].cause'; mount -t tmpfs new /mnt/a; $BERTH mounts explain /mnt/a --to $last --json 2>/dev/null | jq -r .finding; gone",
      "asked\nslave\nseen\n"
    ),
    GuestCheck(
      "the host is a target",
      "apart private; $BERTH ns enter $last --types mount -- $BERTH mounts host --list -o target | grep -xc /; readlink /proc/1/ns/mnt >/tmp/is; $BERTH ns enter host --types mount -- readlink /proc/self/ns/mnt | diff - /tmp/is && echo same; kill $last",
      "1\nsame\n"
    ),
    GuestCheck(
      "a namespace is found by its file",
      "apart private; $BERTH ns enter /proc/$last/ns/mnt -- readlink /proc/self/ns/mnt >/tmp/is; readlink /proc/$last/ns/mnt | diff - /tmp/is && echo same; $BERTH mounts /proc/$last/ns/mnt --list -o target | grep -xc /; exec 8</proc/$last/ns/mnt; kill $last; wait $last; $BERTH ns enter /proc/$BASHPID/fd/8 -- readlink /proc/self/ns/mnt | diff - /tmp/is && echo same",
      "same\n1\nsame\n"
    ),
    GuestCheck(
      "namespaces are those of processes",
      "apart private; $BERTH ns list --json 2>/dev/null | jq -r --argjson pid $last '.namespaces[] | select(.processes[].pid == $pid) | .id'; $BERTH ns enter $last --types mount -- true; echo $?; kill $last",
      "null\n0\n"
    ),
  ]

  private static let guest = GuestRun(.cgroup2, setting: setting, checks + SilentFileSystem.checks)

  @Test(arguments: checks + SilentFileSystem.checks) func check(check: GuestCheck) { Self.guest.expect(check) }
}
