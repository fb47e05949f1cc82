import TestSupport
import Testing

/// What others put into their files and processes costs who looks no more than a little memory and time.
extension InstrumentTests {
  /// `cost COMMAND ...`: prints the most memory that it took, in kB, and its time of a processor, in milliseconds. `dear COMMAND ...`: says
  /// when it takes 16 MB or a second more than `cheap` noted before.
  private static let costs = """
    mount -t tmpfs -o mode=755 t /mnt; cd /mnt; mkdir -m 1777 open disk; mount -t tmpfs -o mode=1777 disk disk; unset -f berth
    # Always the last of a shell of its own: what runs in the background is the program itself.
    as() { exec setpriv --reuid 1234 --regid 1234 --clear-groups "$@"; }
    cost() {
      /usr/bin/python3 -c '
    import resource, subprocess, sys
    subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(usage.ru_maxrss, int((usage.ru_utime + usage.ru_stime) * 1000))' "$@"
    }
    commands=("ns list" "ns list --all" "mounts" "mounts holders /mnt/disk" "mounts predict -- mount --bind /tmp /mnt" "mounts nothing")
    cheap() { for command in "${commands[@]}"; do cost $BERTH $command; done >before; }
    dear() {
      for command in "${commands[@]}"; do cost $BERTH $command; done >after
      paste -d ' ' before after <(printf '%s\n' "${commands[@]}") | while read memory time more later words; do
        [ $((more - memory)) -lt 16384 ] && [ $((later - time)) -lt 1000 ] || echo "$words: from $memory kB, $time ms to $more kB, $later ms"
      done
    }
    ready() { [ -e open/ready ]; }
    trap 'for job in $(jobs -p); do pkill -P $job; kill $job; done 2>/dev/null' EXIT


    """

  @Test(
    .requires("setpriv"),
    arguments: [
      // Shims with bundles of a configuration that has no end, and words of a megabyte.
      """
      cp /bin/bash containerd-shim; mkdir open/bundle; truncate -s 64M open/bundle/config.json; chown -R 1234 open
      cd open/bundle; for _ in $(seq 40); do
        as ../../containerd-shim -c 'unshare -Urm sleep 100; :' x -namespace k8s.io -id bundle &
      done; cd ../..
      export WORDS=$(head -c 100000 /dev/zero | tr '\\0' x)
      for _ in $(seq 40); do
        as ./containerd-shim -c 'unshare -Urm sleep 100; :' x -namespace moby -id $WORDS $WORDS $WORDS $WORDS $WORDS $WORDS &
      done; sleeping() { [ $(jobs -p | xargs -n 1 pgrep -x sleep -P | wc -l) -ge 80 ]; }; until_true sleeping
      """,
      // Processes with many open files, of a file system and of namespaces.
      """
      ulimit -n 20000; touch disk/file
      for _ in 1 2 3 4 5 6 7 8; do as /usr/bin/python3 -c '
      import os, time
      files = [os.open("/mnt/disk/file", 0) for _ in range(9000)] + [os.open("/proc/self/ns/net", 0) for _ in range(9000)]
      open("/mnt/open/ready", "w"); time.sleep(100)' & done; until_true ready
      """,
      // A mount namespace of a user with many mounts of the file system that is asked about.
      """
      as unshare -Urm --propagation private bash -c 'mount --bind /mnt/disk /mnt/open
        for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13; do mkdir -p /mnt/disk/a; mount --rbind /mnt/open /mnt/open/a; done; touch /mnt/disk/ready
        exec sleep 100' & filled() { [ -e disk/ready ]; }; until_true filled
      """,
    ]
  )
  func costsLittle(attack: String) throws {
    let output = try run(Self.costs + "cheap\n" + attack + "\ndear\n")
    #expect(output.out == "", "\(output.err)")
  }
}
