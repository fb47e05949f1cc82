import TestSupport
import Testing

/// Files that whoever made an image, or runs in a container, has put in the place of those that berth reads.
@Suite(.requiresRoot, .requires("jq", "busybox")) struct RuntimeForeignFileTests {
  /// What stands in for /etc/passwd or /etc/group, and whether names are found in it.
  static let substitutes: [(making: String, isRead: Bool)] = [
    ("ln -s /dev/zero $file", false), ("truncate -s 3G $file", false), ("mkfifo $file", false), ("mkdir $file", false),
    ("mknod $file c 1 5", false), ("mknod $file c 5 0", false), ("ln -s nowhere $file", false),
    ("ln -s /proc/self/fd/0 $file", false),
    ("ln -s ../../../../../etc/shadow $file", false), ("yes x | head -c 40M >$file", false),
    ("tr '\\\\0' x </dev/zero | head -c 40M >$file", false),
    // A line without an end is passed over, and the next one counts.
    ("{ tr '\\\\0' x </dev/zero | head -c 8M; echo; cat $file.right; } >$file", true), ("cp $file.right $file", true),
  ]

  private static let making = #"""
    file=bundle/rootfs/etc/passwd; mkdir -p bundle/rootfs/etc
    printf '%s\n' root:x:0:0::/root:/bin/sh bob:x:1007:1008::/home/bob:/bin/sh >bundle/rootfs/etc/passwd.right
    printf '%s\n' root:x:0: friends:x:1009:alice,bob staff:x:50: >bundle/rootfs/etc/group.right
    timely() { timeout -s KILL 60 bash -c 'ulimit -v 1000000; exec "$@"' - "$BERTH" "$@"; }

    """#

  @Test(arguments: Self.substitutes.indices) func theHomeOfAUserIsLookedUpInAFile(row: Int) throws {
    let (making, isRead) = Self.substitutes[row]
    let output = try RuntimeHost.script(
      Self.making + #"""
        command sh -c 'echo $HOME'; change '.process.user = {uid: 1007, gid: 0} | .process.env |= map(select(startswith("HOME=") | not))'
        rm -f $file; \#(making)
        timely --root $PWD/containers run -b bundle $id; echo $?
        change '.process.args = ["sleep", "100"]'; timely --root $PWD/containers run -d -b bundle $id
        timely --root $PWD/containers exec $id sh -c 'echo $HOME'; echo $?
        """#
    )
    let home = isRead ? "/home/bob" : "/"
    #expect(output == Output(status: 0, out: "\(home)\n0\n\(home)\n0\n", err: ""))
  }

  @Test(arguments: Self.substitutes.indices, ["passwd", "group"])
  func theNamesOfAShellAreLookedUpInFiles(row: Int, name: String) throws {
    let (making, isRead) = Self.substitutes[row]
    let output = try RuntimeHost.script(
      Self.making + #"""
        cp bundle/rootfs/etc/passwd.right bundle/rootfs/etc/passwd; cp bundle/rootfs/etc/group.right bundle/rootfs/etc/group
        file=bundle/rootfs/etc/\#(name); rm $file; \#(making)
        timely shell --rootfs bundle/rootfs --user bob --group-add staff -- sh -c 'echo $(id -u) $(id -g) $(id -G) $HOME'; echo $?
        """#
    )
    let error =
      name == "passwd" ? "--user bob: there is no user \"bob\"" : "--group-add staff: there is no group \"staff\""
    #expect(output.out == (isRead ? "1007 1008 1008 50 1009 /home/bob\n0\n" : "125\n"))
    #expect(isRead ? output.err.isEmpty : output.err.hasPrefix("berth: " + error))
  }

  /// Files that an option names may be pipes, and have an end all the same.
  @Test(arguments: ["/dev/zero", "sparse"]) func aFileOfAnOptionHasAnEnd(file: String) throws {
    let output = try RuntimeHost.script(
      Self.making + #"""
        truncate -s 3G sparse; berth run -d -b bundle $id
        timely --root $PWD/containers exec --process \#(file) $id true; echo $?
        timely --root $PWD/containers update --resources \#(file) $id; echo $?
        timely shell --env-file \#(file) -- true; echo $?
        jq '.process | .args = ["echo", "read"]' bundle/config.json | timely --root $PWD/containers exec --process /dev/stdin $id
        """#
    )
    #expect(output.out == "255\n1\n125\nread\n")
    #expect(output.err.split(separator: "\n").filter { $0.hasSuffix("it has more than 67108864 bytes") }.count == 3)
  }
}
