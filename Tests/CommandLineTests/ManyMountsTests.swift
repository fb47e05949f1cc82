import TestSupport
import Testing

/// Namespaces of users that have as many mounts as they may, in the shapes that cost the most: an answer comes, and is not longer than
/// what it tells of.
@Suite(.requiresRoot, .requires("python3")) struct ManyMountsTests {
  /// `many SHAPE COUNT`: a process, `$last`, in a namespace with so many mounts: stacked on one place, beside each other (in one peer
  /// group too), or each on the last.
  private static let tools =
    Scripts.waiting + #"""
      cat >many.py <<'END'
      import ctypes, os, sys, time
      libc = ctypes.CDLL(None, use_errno=True)
      def mount(source, target, kind, flags=0):
          if libc.mount(source, target, kind, flags, None): raise OSError(ctypes.get_errno(), target)
      shape, count = sys.argv[1], int(sys.argv[2])
      mount(b"none", b"/", None, 0x44000)  # MS_REC | MS_PRIVATE
      mount(b"base", b"/mnt", b"tmpfs")
      os.chdir("/mnt"); os.mkdir("source"); os.mkdir("d0")
      if shape == "peers": mount(b"source", b"source", None, 4096); mount(b"none", b"source", None, 1 << 20)
      for number in range(count):
          if shape == "stack": mount(b"/mnt/source", b"/mnt/d0", None, 4096)
          elif shape == "chain": os.makedirs("d0", exist_ok=True); mount(b"x", b"d0", b"tmpfs"); os.chdir("d0")
          else: os.makedirs("d%d" % number, exist_ok=True); mount(b"source", b"d%d" % number, None, 4096)
      open(sys.argv[3], "w").close()
      time.sleep(1000)
      END
      many() { rm -f made; unshare -m --propagation private /usr/bin/python3 many.py "$@" "$PWD/made" & last=$!; until_true test -e made; }
      # told COMMAND...: how many bytes are told, within a time that is far above what it takes.
      told() { timeout 30 "$BERTH" "$@" >said 2>&1; [ $? -lt 3 ] || echo "no answer: $*"; wc -c <said; }
      trap 'kill $(jobs -p) 2>/dev/null' EXIT


      """#

  @Test(arguments: ["stack", "beside", "peers"])
  func whatIsToldGrowsWithTheMounts(shape: String) throws {
    let output = try Berth.script(
      Self.tools + """
        many \(shape) 2000; small=$last; many \(shape) 4000; large=$last
        compare() {
          [ $(told ${1//TARGET/$large}) -lt $((3 * $(told ${1//TARGET/$small}))) ] || echo "$1"
        }
        for command in 'mounts TARGET' 'mounts --list TARGET' 'mounts --json TARGET' 'mounts -o target,peers,masters TARGET' \\
          'mounts graph TARGET --format svg' 'mounts graph TARGET --format html' 'mounts graph TARGET --format dot' \\
          'mounts diff self TARGET' 'mounts explain /mnt --to TARGET --verbose'; do compare "$command"; done
        echo done
        """
    )
    #expect(output.out == "done\n", "\(output.out)\(output.err)")
  }

  @Test func aChainOfMountsIsDrawn() throws {
    let output = try Berth.script(
      Self.tools + """
        many chain 1000
        told mounts $last >size; grep -c '(level [0-9]*) /mnt/d0' said; grep -o '(level 1000)' said
        """
    )
    #expect(output.out == "971\n(level 1000)\n", "\(output.out)\(output.err)")
  }

  /// What a scenario of the greatest length can ask for is refused as the kernel does it, or ended; the memory is an address space's, of which
  /// a program that does nothing has a part.
  @Test(arguments: [
    ("mount --make-shared /", "mount --rbind / /a", 3000), ("mkdir /b", "mount --rbind / /a", 3000),
    ("mount --make-shared /", "unshare -m --propagation unchanged n$i\\nhost: mount --rbind / /a", 900),
    ("mkdir /b", "mount --bind / $(printf '/a%.0s' $(seq 2000))", 16),
    ("mkdir /b", "mount --bind / $(printf '/a%.0s' $(seq 130))", 200),
    ("mkdir /b", "mount --bind / /$(printf 'a%.0s' $(seq 5000))", 12),
  ])
  func simulationsEnd(first: String, line: String, count: Int) throws {
    let output = try Berth.script(
      """
      { echo '\(first)'; for i in $(seq \(count)); do printf '%b\\n' "\(line)"; done; } >scenario
      ulimit -v 1000000; timeout 20 $BERTH mounts simulate scenario >said 2>error; status=$?
      [ $status -le 2 ] || echo "status $status"; cat error | grep -v '^berth: scenario:'
      """
    )
    #expect(output.out == "", "\(output.out)\(output.err)")
  }

  @Test(arguments: ["/dev/zero", "<(yes 'mount --rbind / /a')"])
  func noMoreIsReadThanAScenarioHas(file: String) throws {
    let output = try Berth.script(
      "timeout 20 $BERTH mounts simulate \(file); timeout 20 $BERTH mounts diff /dev/zero self; echo $?"
    )
    #expect(output.out == "2\n")
    #expect(output.err.contains("a scenario has no more than 65536 bytes"))
    #expect(output.err.contains("it is longer than a snapshot of 100,000 mounts"))
  }

  /// The kernel's answer at fs.mount-max, which is the machine's and stays as it is.
  @Test func theKernelRefusesAsTheModelDoes() throws {
    let output = try Berth.script(
      """
      [ "$(cat /proc/sys/fs/mount-max)" -le 100000 ] || echo "fs.mount-max is not what this test is for"
      { echo 'mount --make-shared /'; for i in $(seq 8); do echo 'mount --rbind / /a'; done; } >scenario
      printf 'mount -t tmpfs x /%0256d\\nmount -t tmpfs x /%s\\n' 1 "$(printf 'a%.0s/' $(seq 2100))" >>scenario
      $BERTH mounts simulate --verify scenario | grep -o 'refused: .*(.*)$' | grep -o '([A-Za-z ]*)$' | sort | uniq -c | sed 's/^ *//'
      for i in $(seq 17); do echo 'mount --rbind / /a'; done >scenario
      $BERTH mounts simulate --verify scenario | grep -o '^The kernel agrees'
      """
    )
    #expect(
      output.out == "2 (File name too long)\n4 (No space left on device)\nThe kernel agrees\n",
      "\(output.out)\(output.err)"
    )
  }
}
