import TestSupport
import Testing

/// What others put into their files and processes costs who looks no more than a little memory and time.
extension InstrumentTests {
  /// `cost COMMAND ...`: prints the most memory that it took, in kB, and its time of a processor, in milliseconds. `dear COMMAND ...`: says
  /// when it takes 16 MB or a second more than `cheap` noted before.
  private static let costs = """
    mount -t tmpfs -o mode=755 t /mnt; cd /mnt; mkdir -m 777 open disk; mount -t tmpfs -o mode=777 disk disk; unset -f berth
    # Always the last of a shell of its own: what runs in the background is the program itself.
    as() { exec setpriv --reuid 1234 --regid 1234 --clear-groups "$@"; }
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
    trap 'for job in $(jobs -p); do pkill -KILL -P $job; kill -KILL $job; done 2>/dev/null' EXIT


    """

  @Test(
    .requires("setpriv"),
    .serialized,
    arguments: [
      // Shims with bundles of a configuration that has no end, and words of a megabyte.
      """
      cp /bin/bash containerd-shim; mkdir open/bundle; truncate -s 64M open/bundle/config.json; chown -R 1234 open
      cd open/bundle; for _ in $(seq 200); do
        as ../../containerd-shim -c 'unshare -Urm sleep 300; :' x -namespace k8s.io -id bundle &
      done; cd ../..
      export WORDS=$(head -c 100000 /dev/zero | tr '\\0' x)
      for _ in $(seq 200); do
        as ./containerd-shim -c 'unshare -Urm sleep 300; :' x -namespace moby -id $WORDS $WORDS $WORDS $WORDS $WORDS $WORDS &
      done; sleeping() { [ $(jobs -p | xargs -n 1 pgrep -x sleep -P | wc -l) -ge 400 ]; }; patiently sleeping
      """,
      // Processes with many open files, of a file system and of namespaces; and with names that a terminal obeys.
      """
      ulimit -n 20000; touch disk/file
      for count in 9000 9000 9000 9000 9000 9000 9000 9000 $(yes 300 | head -392); do as /usr/bin/python3 -c '
      import ctypes, os, sys, time
      ctypes.CDLL(None).prctl(15, b"\\x1b]0;x\\x07\\nroot", 0, 0, 0)
      files = [os.open(name, 0) for name in ("/mnt/disk/file", "/proc/self/ns/net") for _ in range(int(sys.argv[1]))]
      os.close(os.open("/mnt/open/ready" + str(os.getpid()), os.O_CREAT)); time.sleep(300)' $count & done
      all() { [ $(ls open | wc -l) = 400 ]; }; patiently all
      """,
      // Processes with many maps of a file.
      """
      head -c 8M /dev/zero >disk/file; chmod 644 disk/file
      for _ in $(seq 400); do as /usr/bin/python3 -c '
      import mmap, os, time
      file = os.open("/mnt/disk/file", 0); zero = os.open("/dev/zero", 0)
      maps = [mmap.mmap(zero, 4096, mmap.MAP_PRIVATE, mmap.PROT_READ) for _ in range(3000)]
      os.close(os.open("/mnt/open/ready" + str(os.getpid()), os.O_CREAT)); time.sleep(300)' & done
      all() { [ $(ls open | wc -l) = 400 ]; }; patiently all
      """,
      // A mount namespace of a user with many mounts of the file system that is asked about.
      """
      as unshare -Urm --propagation private bash -c 'mount --bind /mnt/disk /mnt/open
        for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13; do mkdir -p /mnt/disk/a; mount --rbind /mnt/open /mnt/open/a; done; touch /mnt/disk/ready
        exec sleep 300' & filled() { [ -e disk/ready ]; }; patiently filled
      """,
      // Mount namespaces of a user, each with some mounts, that receive from what is asked about.
      """
      mount --make-rshared /; mkdir disk/a; chmod 777 disk/a
      for _ in $(seq 400); do
        as unshare -Urm --propagation slave bash -c 'mount --bind /mnt/disk /mnt/open
          for _ in 1 2 3 4 5 6 7; do mount --rbind /mnt/open /mnt/open/a; done; >/mnt/disk/ready$$; exec sleep 300' &
      done; filled() { [ $(ls disk | grep -c ready) = 400 ]; }; patiently filled
      """,
      // Mounts stacked on one place, and such of a long path: of each the kernel tells in the longer the more there are.
      """
      stack() {
        as unshare -Urm --propagation private /usr/bin/python3 -c '
      import ctypes, os, sys, time
      mount, (path, count) = ctypes.CDLL(None).mount, sys.argv[1:]
      os.chdir("/mnt/disk")
      for name in path.split("/"): os.path.isdir(name) or os.mkdir(name); os.chdir(name)
      for _ in range(int(count)): mount(b"/mnt/disk", b".", None, 4096, None)
      os.close(os.open("/mnt/open/ready" + str(os.getpid()), os.O_CREAT)); time.sleep(300)' "$1" $2 &
      }
      long=$(printf '%0250d/' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)
      stack stacked 5000; stack "${long%/}" 5000; ready() { [ $(ls open | wc -l) = 2 ]; }; patiently ready
      """,
    ]
  )
  func costsLittle(attack: String) throws {
    let output = try run(Self.costs + "cheap\n" + attack + "\ndear\n")
    #expect(output.out == "", "\(output.err)")
  }
}
