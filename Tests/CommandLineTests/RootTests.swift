import TestSupport
import Testing

/// Which tree the command sees, and what becomes of its writes.
@Suite(.requiresRoot) struct RootTests {
  // MARK: The host's tree with a layer over it

  @Test func writesToAThrowAwayLayerVanish() throws {
    let output = try Berth.script(
      """
      echo host > file
      $BERTH shell --overlay -- sh -c 'echo inside > file; touch /etc/made; rm /etc/hostname; cat file; ls /etc/made'
      cat file; ls /etc/made 2>&1; test -e /etc/hostname && echo kept
      """
    )
    #expect(
      output.lines == [
        "inside", "/etc/made", "host", "ls: cannot access '/etc/made': No such file or directory", "kept",
      ]
    )
  }

  @Test func writesToAKeptLayerAreThereTheNextTime() throws {
    let output = try Berth.script(
      """
      $BERTH shell --overlay=layer -- sh -c 'echo once > /etc/made; chmod 600 /etc/made'
      $BERTH shell --overlay=layer -- sh -c 'cat /etc/made; stat -c %a /etc/made'
      cat layer/upper/etc/made; test -e /etc/made || echo untouched
      """
    )
    #expect(output.lines == ["once", "600", "once", "untouched"])
  }

  @Test func whatIsMountedBelowTheRootIsCoveredToo() throws {
    let output = try Berth.script(
      """
      mount -t tmpfs -o mode=1777 separate /media; mkdir /media/below; mount -t tmpfs below /media/below
      echo host > /media/file; echo host > /media/below/file; echo host > single; touch over; mount --bind single over
      $BERTH shell --overlay=layer -- sh -c '
        for file in /media/file /media/below/file over; do echo inside > $file; cat $file; done; stat -c %a /media'
      cat /media/file /media/below/file over
      cat layer/mounts/media/upper/file layer/mounts/media-below/upper/file
      """
    )
    #expect(
      output.lines == ["inside", "inside", "inside", "1777", "host", "host", "host", "inside", "inside"],
      "\(output.err)"
    )
  }

  @Test func interfacesToTheKernelStayWhatTheyAre() throws {
    let output = try Berth.script(
      """
      $BERTH shell --overlay -- sh -c '
        for path in /proc /sys /dev; do stat -f -c %T $path; done; echo gone > /dev/null; ls /sys/fs/cgroup | wc -l'
      ls /sys/fs/cgroup | wc -l
      """
    )
    #expect(output.lines.prefix(3) == ["proc", "sysfs", "tmpfs"])
    #expect(output.lines[3] == output.lines[4])
  }

  @Test(arguments: ["", "setpriv --reuid 65534 --regid 65534 --clear-groups"])
  func aReadOnlyLayerIsReadOnlyEverywhere(user: String) throws {
    let output = try Berth.script(
      """
      mount -t tmpfs -o mode=1777 separate /media; cp $BERTH berth; chmod 755 berth .
      cd /; \(user) $OLDPWD/berth shell --overlay --read-only --tmpfs /srv -- sh -c '
        for place in / /usr /etc /media /tmp /srv; do
          touch $place/new 2>/dev/null && echo "$place can be written"; done; ls -d /usr/bin'
      """
    )
    #expect(output.lines == ["/srv can be written", "/usr/bin"], "\(output.err)")
  }

  // MARK: A directory or an image as root

  @Test func aDirectoryIsRootWithWhatEveryContainerFinds() throws {
    let output = try Berth.script(
      Scripts.system + """
        $BERTH shell --rootfs root -- sh -c '
          ls /; ls /dev; readlink /dev/ptmx; readlink /dev/fd; awk "{print \\$5, \\$6}" /proc/self/mountinfo; id -u; echo $$' < /dev/null
        ls root root/dev
        """
    )
    #expect(
      output.lines == [
        "bin", "dev", "etc", "proc", "root", "sys", "tmp",
        "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty", "urandom", "zero",
        "pts/ptmx", "/proc/self/fd",
        "/ rw,relatime", "/proc rw,nosuid,nodev,noexec,relatime", "/dev rw,nosuid",
        "/dev/pts rw,nosuid,noexec,relatime", "/dev/shm rw,nosuid,nodev,noexec,relatime",
        "/sys ro,nosuid,nodev,noexec,relatime",
      ] + Self.maskedHere + ["0", "1", "root:", "bin", "dev", "etc", "proc", "root", "sys", "tmp", "", "root/dev:"],
      "\(output.err)"
    )
  }

  /// The masked and read-only paths that this machine's kernel has, as mountinfo shows them.
  private static var maskedHere: [String] {
    let hidden =
      ["/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats"]
      + ["/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats"]
      + ["/sys/devices/virtual/powercap", "/sys/firmware"]
    let fixed = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
    let script = """
      for path in \(hidden.joined(separator: " ")); do
        test -d $path && echo "$path ro,relatime" || { test -e $path && echo "$path $(
          awk '$5 == "/dev" { options = $6 } END { sub("^rw", "ro", options); print options }' /proc/self/mountinfo)"; }
      done
      for path in \(fixed.joined(separator: " ")); do test -e $path && echo "$path ro,nosuid,nodev,noexec,relatime"; done
      """
    return (try? Berth.script(script).lines) ?? []
  }

  @Test(.requires("mkfs.erofs", "mksquashfs"), arguments: ["mkfs.erofs image root", "mksquashfs root image -quiet"])
  func anImageIsRoot(make: String) throws {
    let output = try Berth.script(
      Scripts.system + """
        \(make) > log 2>&1 || cat log
        $BERTH shell --image image -v ./root:/new/place -- sh -c 'ls / | tr "\\n" " "; ls /new/place/bin/busybox; touch /x'
        $BERTH shell --image image --overlay -- sh -c 'echo written > /x; cat /x'
        $BERTH shell --image image --overlay=layer -- sh -c 'echo kept > /x'
        $BERTH shell --image image --overlay=layer -- cat /x
        losetup --associated image
        """
    )
    #expect(
      output.lines == ["bin dev etc new proc root sys tmp /new/place/bin/busybox", "written", "kept"],
      "\(output.err)"
    )
    #expect(output.err == "touch: /x: Read-only file system\n")
  }

  // MARK: Read-only

  @Test func readOnlyIsReadOnlyAllTheWayDown() throws {
    let output = try Berth.script(
      """
      mount -t tmpfs one /media; mkdir /media/two; mount -t tmpfs two /media/two; mkdir volume
      $BERTH shell --read-only -v ./volume:/srv --tmpfs /opt -- sh -c '
        for place in / /etc /media /media/two /srv /opt; do touch $place/new 2>/dev/null && echo "$place can be written"; done'
      ls volume
      """
    )
    #expect(output.lines == ["/srv can be written", "/opt can be written", "new"])
  }

  @Test func aReadOnlyDirectoryIsReadOnlyAllTheWayDown() throws {
    let output = try Berth.script(
      Scripts.system + """
        mkdir root/deep; mount -t tmpfs deep root/deep
        $BERTH shell --rootfs root --read-only --tmpfs /tmp -- sh -c '
          for place in / /etc /deep /tmp; do touch $place/new 2>/dev/null && echo "$place can be written"; done'
        """
    )
    #expect(output.lines == ["/tmp can be written"], "\(output.err)")
  }
}
