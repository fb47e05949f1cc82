import TestSupport
import Testing

/// What others put into their files and processes costs who looks no more than a little memory and time.
extension InstrumentTests {
  /// `cost COMMAND ...`: prints the most memory that it took, in kB, and its time of a processor, in milliseconds. `dear COMMAND ...`: says
  /// when it takes 16 MB or a second more than `cheap` noted before.
  private static let costs = """
    mount -t tmpfs -o mode=755 t /mnt; cd /mnt; mkdir -m 777 open ready disk; mount -t tmpfs -o mode=777 disk disk; unset -f berth
    # Always the last of a shell of its own: what runs in the background is the program itself.
    as() { exec setpriv --reuid 1234 --regid 1234 --clear-groups "$@"; }
    # `crowd COUNT CODE`: so many processes of a user, each of which runs the Python code with its number and says when it has.
    crowd() {
      as /usr/bin/python3 -c '
    import ctypes, mmap, os, sys, time
    os.setpgid(0, 0)
    libc, code = ctypes.CDLL(None), compile(sys.argv[2], "code", "exec")
    def bind(what, place, flags=0): libc.mount(what, place, None, 4096 | flags, None) == 0 or sys.exit("mount: " + os.fsdecode(place))
    for number in range(int(sys.argv[1])):
      if os.fork() == 0:
        exec(code)
        os.close(os.open("/mnt/ready/" + str(number), os.O_CREAT))
        time.sleep(300)
    time.sleep(300)' "$@"
    }
    ready() { [ $(ls ready | wc -l) = $1 ]; }
    cost() {
      /usr/bin/python3 -c '
    import resource, subprocess, sys
    subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(usage.ru_maxrss, int((usage.ru_utime + usage.ru_stime) * 1000))' "$@"
    }
    commands=(
      "ns list" "ns list --all" "mounts" "mounts --all" "mounts --all --json" "mounts graph --all --format dot" "mounts nothing"
      "mounts explain /mnt" "mounts holders /mnt/disk" "mounts predict -- mount --bind /tmp /mnt/disk" "mounts predict -- umount -l /mnt/disk"
      "mounts watch --all --timeout 0.1" "mounts watch --all --poll --timeout 0.1"
    )
    cheap() { for command in "${commands[@]}"; do cost $BERTH $command; done >before; }
    dear() {
      for command in "${commands[@]}"; do cost $BERTH $command; done >after
      paste -d ' ' before after <(printf '%s\n' "${commands[@]}") | while read memory time more later words; do
        [ $((more - memory)) -lt 16384 ] && [ $((later - time)) -lt 1000 ] || echo "$words: from $memory kB, $time ms to $more kB, $later ms"
      done
    }
    patiently() { for _ in $(seq 2400); do "$@" && return; sleep 0.05; done; echo "waited in vain: $*"; exit 99; }
    trap 'for job in $(jobs -p); do kill -KILL -$job; done 2>/dev/null' EXIT


    """

  @Test(
    .requires("setpriv"),
    .serialized,
    arguments: [
      // Shims with bundles of a configuration that has no end, and words of a megabyte.
      """
      cp /bin/bash containerd-shim; mkdir open/bundle; truncate -s 64M open/bundle/config.json; chown -R 1234 open
      crowd 400 '
      words = ["k8s.io", "-id", "bundle"] if number < 200 else ["moby", "-id"] + ["x" * 100000] * 6
      started, shim = os.pipe()
      if os.fork():
        os.chdir("/mnt/open/bundle")
        os.execv("/mnt/containerd-shim", ["/mnt/containerd-shim", "-c", "sleep 300; :", "x", "-namespace"] + words)
      os.close(shim)
      os.read(started, 1)
      libc.unshare(0x10020000)  # CLONE_NEWUSER, CLONE_NEWNS' &
      patiently ready 400
      """,
      // Processes with many open files, of a file system and of namespaces; with names that a terminal obeys; and not dumpable, which makes
      // their files in /proc root's.
      """
      ulimit -n 20000; touch disk/file
      crowd 400 '
      libc.prctl(15, b"\\x1b]0;x\\x07\\nroot", 0, 0, 0)
      libc.prctl(4, 0, 0, 0, 0)
      files = [os.open(name, 0) for name in ("/mnt/disk/file", "/proc/self/ns/net") for _ in range(9000 if number < 8 else 300)]' &
      patiently ready 400
      """,
      // Processes with many maps of a file.
      """
      crowd 400 '
      zero = os.open("/dev/zero", 0)
      maps = [mmap.mmap(zero, 4096, mmap.MAP_PRIVATE, mmap.PROT_READ) for _ in range(1500)]' &
      patiently ready 400
      """,
      // A mount namespace of a user with many mounts of the file system that is asked about.
      """
      mkdir -m 777 disk/a
      crowd 1 '
      libc.unshare(0x10020000)
      bind(b"/mnt/disk", b"/mnt/open")
      for _ in range(16): bind(b"/mnt/open", b"/mnt/open/a", 0x4000)  # MS_REC' &
      patiently ready 1
      """,
      // Mount namespaces of a user, each with some mounts, that receive from what is asked about.
      """
      mount --make-rshared /; mkdir -m 777 disk/a
      crowd 400 '
      libc.unshare(0x10020000)
      bind(b"/mnt/disk", b"/mnt/open")
      for _ in range(5): bind(b"/mnt/open", b"/mnt/open/a", 0x4000)' &
      patiently ready 400
      """,
      // Mounts stacked on one place, and such of a long path: of each the kernel tells in the longer the more there are.
      """
      crowd 2 '
      libc.unshare(0x10020000)
      os.chdir("/mnt/disk")
      for name in (["stacked"], ["%0250d" % part for part in range(15)])[number]: os.mkdir(name); os.chdir(name)
      for _ in range(5000): bind(b"/mnt/disk", b".")' &
      patiently ready 2
      """,
    ]
  )
  func costsLittle(attack: String) throws {
    let output = try run(Self.costs + "cheap\n" + attack + "\ndear\n")
    #expect(output.out == "", "\(output.err)")
  }
}
