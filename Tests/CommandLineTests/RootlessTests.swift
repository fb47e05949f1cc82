import TestSupport
import Testing

/// berth shell without privilege: a user namespace is added by itself.
@Suite(.requiresRoot, .requires("newuidmap", "setpriv"))
struct RootlessTests {
  /// The ids inside, and the maps of users and groups, for a user without subordinate ids and one with them.
  @Test(arguments: [
    ("nobody", "", "0:0 0,65534,1 0,65534,1"),
    ("nobody", "--map-root", "0:0 0,65534,1 0,65534,1"),
    ("nobody", "--map-user", "65534:65534 65534,65534,1 65534,65534,1"),
    ("nobody", "--user 0", "0:0 0,65534,1 0,65534,1"),
    ("sub", "", "0:0 0,1234,1;1,200000,65536 0,1234,1;1,300000,65536"),
    ("sub", "--map-root", "0:0 0,1234,1;1,200000,65536 0,1234,1;1,300000,65536"),
    (
      "sub", "--map-user",
      "1234:1234 0,200000,1234;1234,1234,1;1235,201234,64302 0,300000,1234;1234,1234,1;1235,301234,64302"
    ),
    ("sub", "--user 5:6", "5:6 0,1234,1;1,200000,65536 0,1234,1;1,300000,65536"),
    ("sub", "--user 65536", "65536:0 0,1234,1;1,200000,65536 0,1234,1;1,300000,65536"),
    ("sub", "--all", "0:0 0,1234,1;1,200000,65536 0,1234,1;1,300000,65536"),
  ])
  func idsAndMaps(user: String, options: String, expected: String) throws {
    let output = try Berth.script(
      Scripts.users + """
        $\(user) $BERTH shell \(options) -- sh -c 'echo $(id -u):$(id -g); for map in uid gid; do
          awk "{ print \\$1 \\",\\" \\$2 \\",\\" \\$3 }" /proc/self/${map}_map | paste -s -d ";"; done' | xargs
        """
    )
    #expect(output == Output(status: 0, out: expected + "\n", err: ""))
  }

  /// What needs no privilege on the host works.
  @Test(
    arguments: ["nobody", "sub"],
    [
      ("-v $PWD/source:/mnt", "cat /mnt/file; echo new >/mnt/made && cat source/made", "words\nnew\n"),
      (
        "-v $PWD/source:/new/place:ro", "cat /new/place/file; touch /new/place/x 2>/dev/null || echo read-only",
        "words\nread-only\n"
      ),
      ("--tmpfs /mnt", "echo there >/mnt/x; cat /mnt/x", "there\n"),
      ("--overlay", "echo over >/etc/made && cat /etc/made; grep -c ^sub: /etc/passwd", "over\n1\n"),
      ("--net", "sed 1,2d /proc/net/dev | cut -d: -f1 | xargs", "lo\n"),
      ("--all", "hostname inside; hostname; ps -e -o pid=,comm= | sed -n '1s/  *//p'", "inside\n1 sh\n"),
      ("--init", "ps -e -o pid=,args= | wc -l", "4\n"),
      ("--rootfs root", "id -u; ls /; touch /x 2>/dev/null || echo closed", "0\nbin\ndev\nproc\nsys\nclosed\n"),
      ("--rootfs root --overlay", "touch /x && ls /", "bin\ndev\nproc\nsys\nx\n"),
      ("--read-only", "touch $PWD/source/x 2>/dev/null || echo read-only", "read-only\n"),
    ]
  )
  func works(user: String, use: (options: String, command: String, expected: String)) throws {
    let output = try Berth.script(
      Scripts.users + """
        mkdir -m 777 source; echo words >source/file
        mkdir -p root/bin; cp "$(command -v busybox)" root/bin
        for name in sh id ls touch; do ln -s busybox root/bin/$name; done
        command=$(cat <<'EOT'
        \(use.command)
        EOT
        )
        $\(user) $BERTH shell \(use.options) -- sh -c "$command"
        """
    )
    #expect(output == Output(status: 0, out: use.expected, err: ""))
  }

  /// Errors that name what is missing.
  @Test(arguments: [
    (
      "nobody", "--user 5",
      "--user 5: user 5 has no id outside of the user namespace: "
        + "/etc/subuid and /etc/subgid give the caller no subordinate ids (usermod --add-subuids, --add-subgids)"
    ),
    ("sub", "--user 70000", "--user 70000: user 70000 has no id outside of the user namespace"),
    ("sub", "--user 1:70000", "--user 1:70000: group 70000 has no id outside of the user namespace"),
    (
      "nobody", "--group-add 5",
      "--group-add 5: groups cannot be set in a user namespace that maps the caller alone: "
        + "/etc/subuid and /etc/subgid give the caller no subordinate ids (usermod --add-subuids, --add-subgids)"
    ),
  ])
  func unmapped(user: String, options: String, message: String) throws {
    let output = try Berth.script(Scripts.users + "$\(user) $BERTH shell \(options) -- true")
    #expect(output == Output(status: 125, out: "", err: "berth: \(message)\n"))
  }

  /// Without newuidmap the caller alone is mapped; what needs more says which package has it.
  @Test func withoutNewuidmap() throws {
    let output = try Berth.script(
      Scripts.users + """
        mount --bind /dev/null "$(command -v newuidmap)"
        $sub $BERTH shell -- awk '{ print $1, $2, $3 }' /proc/self/uid_map
        $sub $BERTH shell --user 5:0 -- true
        """
    )
    let message =
      "berth: --user 5:0: user 5 has no id outside of the user namespace: "
      + "newuidmap and newgidmap, which map subordinate ids, are not installed (Debian's package is uidmap)\n"
    #expect(output == Output(status: 125, out: "0 1234 1\n", err: message))
  }

  /// The limit is set in a user namespace of the test's own: the host's stays.
  @Test func userNamespacesForbidden() throws {
    let output = try Berth.script(
      """
      cat /proc/sys/user/max_user_namespaces >before
      unshare --user --map-root-user bash -c '
        echo 0 >/proc/sys/user/max_user_namespaces
        setpriv --bounding-set -all --inh-caps -all $BERTH shell -- true; echo $?
        $BERTH shell --user -- true; echo $?'
      cmp before /proc/sys/user/max_user_namespaces
      """
    )
    let advice =
      ": No space left on device\n"
      + "  user.max_user_namespaces is 0 and forbids user namespaces: sysctl -w user.max_user_namespaces=10000\n"
    let message = "berth: clone a process with new namespaces (user, mount, pid, uts)" + advice
    #expect(output == Output(status: 0, out: "125\n125\n", err: message + message))
  }

  @Test(.requires("mksquashfs"))
  func anImageNeedsPrivilege() throws {
    let output = try Berth.script(
      Scripts.users + """
        mkdir empty; mksquashfs empty image -quiet -no-progress
        $nobody $BERTH shell --image image -- true 2>&1 | sed "s,$PWD,DIR,; s,[^ ]*/image: ,PLACE: ,"; exit ${PIPESTATUS[0]}
        """
    )
    let message =
      "berth: mount -t squashfs -o ro,loop DIR/image PLACE: Operation not permitted\n"
      + "  this needs CAP_SYS_ADMIN on the host: a user namespace has it over its own things only; run berth as root\n"
    #expect(output == Output(status: 125, out: message, err: ""))
  }
}
