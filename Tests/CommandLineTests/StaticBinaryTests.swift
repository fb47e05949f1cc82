import TestSupport
import Testing

/// The program runs on any Linux of its architecture, with nothing installed there.
@Suite(.requiresRoot)
struct StaticBinaryTests {
  /// No program header asks for an interpreter (type 3), elf(5).
  @Test func itHasNoInterpreter() throws {
    let output = try Berth.script(
      #"""
      headers='
        open my $f, "<:raw", $ARGV[0]; local $/; my $d = <$f>;
        my ($off, $size, $n) = (unpack("Q", substr $d, 32), unpack("SS", substr $d, 54));
        print join(" ", grep { $_ == 3 } map { unpack "L", substr $d, $off + $_ * $size, 4 } 0 .. $n - 1), "\n"'
      perl -e "$headers" "$BERTH"; perl -e "$headers" /bin/sh
      """#
    )
    #expect(output == Output(status: 0, out: "\n3\n", err: ""))
  }

  @Test func itRunsInAnEmptyRoot() throws {
    let output = try Berth.script("mkdir root; cp \"$BERTH\" root/berth; chroot root /berth --version; ls root")
    #expect(output.out.hasPrefix("berth version 0.1.0\n") && output.out.hasSuffix("\nberth\n"), "\(output)")
  }

  @Test(.requires("busybox"))
  func itRunsWhereOnlyBusyboxIs() throws {
    let output = try Berth.script(
      """
      mkdir -p root/bin root/proc root/mnt; cp "$BERTH" root/berth; cp "$(command -v busybox)" root/bin
      mount --bind root root; mount -t proc proc root/proc
      ln -s busybox root/bin/sh
      chroot root /berth shell --tmpfs /mnt -- /bin/sh -c 'echo $$; busybox ps -o pid,comm; busybox touch /mnt/x && echo written'
      ls root/mnt
      """
    )
    #expect(output.status == 0, "\(output.err as String)")
    #expect(
      output.lines.map { $0.split(separator: " ").joined(separator: " ") } == [
        "1", "PID COMMAND", "1 sh", "2 busybox", "written",
      ]
    )
  }
}
