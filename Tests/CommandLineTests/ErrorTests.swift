import TestSupport
import Testing

/// The exact text of each error of berth's own, and its status.
@Suite(.requiresRoot)
struct ErrorTests {
  /// Expects one error of berth's own, and nothing else. `DIR` in the message is the script's directory.
  private func expect(_ script: String, _ message: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let output = try Berth.script(
      "touch directory; { \(script)\n} 2>errors; status=$?; sed \"s,$PWD,DIR,g\" errors >&2; exit $status"
    )
    #expect(output == Output(status: 125, out: "", err: "berth: \(message)\n"), sourceLocation: sourceLocation)
  }

  private static let help = "\n  berth shell --help describes the options."

  @Test(arguments: [
    ("--rootfs /nonexistent", "--rootfs /nonexistent: /nonexistent: No such file or directory"),
    ("--rootfs missing", "--rootfs missing: DIR/missing: No such file or directory"),
    ("--rootfs /dev/null", "--rootfs /dev/null: /dev/null is neither a directory nor an image file"),
    ("--image missing", "--image missing: DIR/missing: No such file or directory"),
    ("--image directory", "--image directory: DIR/directory is neither an erofs nor a squashfs image"),
    ("-v missing:/mnt", "-v missing:/mnt: DIR/missing: No such file or directory"),
    (
      "--mount type=bind,src=missing,dst=/mnt",
      "--mount type=bind,src=missing,dst=/mnt: DIR/missing: No such file or directory"
    ),
    ("-v /etc/passwd:/mnt", "-v /etc/passwd:/mnt: /mnt is a directory, and a file cannot be mounted on it"),
    ("-v /etc:/etc/passwd", "-v /etc:/etc/passwd: /etc/passwd is a file, and a directory cannot be mounted on it"),
    ("--tmpfs /etc/passwd", "--tmpfs /etc/passwd: /etc/passwd is a file, and a directory cannot be mounted on it"),
    ("-v /etc:/etc/passwd/x", "-v /etc:/etc/passwd/x: /etc/passwd is not a directory"),
    ("-v /etc:/proc/none", "-v /etc:/proc/none: there is no /proc/none, and none can be made on proc"),
    ("--env-file missing", "--env-file missing: No such file or directory"),
    (
      "--workdir /nonexistent",
      "cd /nonexistent: No such file or directory\n  the directory is not there inside: choose one with --workdir"
    ),
    ("-w /etc/passwd", "cd /etc/passwd: Not a directory"),
    (
      "--mount type=nofs,src=x,dst=/mnt",
      "mount -t nofs x /mnt: No such device\n"
        + "  this kernel has no such file system (cat /proc/filesystems); its module may be missing"
    ),
    (
      "--sysctl kernel.pid_max=1000",
      "--sysctl kernel.pid_max: this kernel parameter belongs to the whole machine, not to a namespace: set it on the host with sysctl(8)"
    ),
    (
      "--sysctl net.ipv4.ip_forward=1",
      "--sysctl net.ipv4.ip_forward: this kernel parameter belongs to the network namespace, which is the host's: "
        + "give the container its own (--net)"
    ),
    (
      "--sysctl kernel.msgmax=1",
      "--sysctl kernel.msgmax: this kernel parameter belongs to the ipc namespace, which is the host's: "
        + "give the container its own (--ipc)"
    ),
    (
      "--net --sysctl net.no.such=1",
      "sysctl -w net.no.such=1: No such file or directory\n  this kernel has no such parameter"
    ),
    (
      "--sysctl kernel.hostname=x",
      "--sysctl kernel.hostname: set the host name with --hostname (hostname in config.json) instead"
    ),
    ("--share uts --hostname x", "--hostname x: a name of its own needs a uts namespace of its own"),
    ("--share pid --init", "--init: an init needs a pid namespace of its own to be PID 1 of"),
    ("--ulimit nofile=5:4", "--ulimit nofile=5:4: the soft limit 5 is above the hard limit 4"),
  ])
  func refused(options: String, message: String) throws {
    try expect("$BERTH shell \(options) -- true", message)
  }

  @Test(arguments: [
    ("--propagaton slave", "Unknown option '--propagaton'. Did you mean '--propagation'?"),
    ("--no-such", "Unknown option '--no-such'"),
    ("--cap-add", "Missing value for '--cap-add <cap>'"),
    ("-v /etc:/mnt:ro,rbindd", "-v /etc:/mnt:ro,rbindd: \"rbindd\" is not a mount option; did you mean \"rbind\"?"),
    (
      "--mount type=bind,src=/etc,dst=/mnt,rdonly",
      "--mount type=bind,src=/etc,dst=/mnt,rdonly: \"rdonly\" is neither a key of --mount nor a mount option; did you mean \"readonly\"?"
    ),
    ("--tmpfs /mnt:noexe", "--tmpfs /mnt:noexe: \"noexe\" is not a mount option; did you mean \"noexec\"?"),
    ("-v /etc", "-v /etc: this is not SOURCE:DESTINATION[:OPTIONS], for example -v ./src:/src:ro"),
    ("-v /etc:mnt", "-v /etc:mnt: the destination \"mnt\" is not an absolute path"),
    ("--mount type=bind,src=/etc", "--mount type=bind,src=/etc: dst=PATH is missing: where it is to be mounted"),
    (
      "--propagation slav",
      "--propagation slav: this is not a propagation: private, slave, shared and unchanged are; did you mean slave?"
    ),
    ("--share moun", "--share moun: \"moun\" is none of the namespaces mount, pid, uts; did you mean mount?"),
    ("--share net", "--share net: \"net\" is none of the namespaces mount, pid, uts"),
    (
      "--join nett=1",
      "--join nett=1: \"nett\" is none of the namespaces user, mount, pid, net, ipc, uts, cgroup, time; did you mean net?"
    ),
    ("--join net", "--join net: this is not TYPE=PID or TYPE=PATH, for example --join net=1234"),
    (
      "--cap-add SYS_ADMN",
      "--cap-add SYS_ADMN: CAP_SYS_ADMN is not a capability of capabilities(7); did you mean CAP_SYS_ADMIN?"
    ),
    ("--cap-drop foo", "--cap-drop foo: CAP_FOO is not a capability of capabilities(7)"),
    (
      "--ulimit nofil=1",
      "--ulimit nofil=1: \"nofil\" is not a limit: cpu, fsize, data, stack, core, rss, nproc, nofile, memlock, "
        + "as, locks, sigpending, msgqueue, nice, rtprio, rttime are; did you mean nofile?"
    ),
    ("--ulimit nofile=a", "--ulimit nofile=a: this is not NAME=SOFT[:HARD], for example --ulimit nofile=1024:4096"),
    ("--umask 9", "--umask 9: this is not an octal number from 0 to 777"),
    (
      "--user nosuchuser",
      "--user nosuchuser: there is no user \"nosuchuser\" in the root's /etc/passwd, nor is it a number"
    ),
    (
      "--user 4294967295",
      "--user 4294967295: there is no user \"4294967295\" in the root's /etc/passwd, nor is it a number"
    ),
    ("--user 0:nosuch", "--user 0:nosuch: there is no group \"nosuch\" in the root's /etc/group, nor is it a number"),
    ("--time=x", "--time=x: this is neither SECONDS nor monotonic=SECONDS,boottime=SECONDS"),
    ("--time=real=1", "--time=real=1: \"real\" is not a clock of a time namespace: monotonic and boottime are"),
    ("--hostname a/b", "--hostname a/b: this is not a host name"),
    ("--workdir tmp", "--workdir tmp: this is not an absolute path in the container"),
    (
      "-e NOSUCHVARIABLE", "--env NOSUCHVARIABLE: NOSUCHVARIABLE is not set here: give it a value, NOSUCHVARIABLE=VALUE"
    ),
    ("--rootfs / --image /x", "--rootfs /: a root comes from --rootfs or from --image, not from both"),
    ("--map-root --map-user", "--map-user: the caller is either root inside, or itself: not --map-root too"),
    (
      "--share mount -v /etc:/mnt",
      "-v /etc:/mnt: a mount needs a mount namespace of its own: it does not go with --share mount and --join mount"
    ),
  ])
  func misunderstood(options: String, message: String) throws {
    try expect("$BERTH shell \(options) -- true", message + Self.help)
  }

  /// Mount points that are symbolic links, of a root of its own and of the host's.
  @Test(arguments: [
    (
      "ln -s ../../../../../../../../../../../../tmp root/out; $BERTH shell --rootfs root -v /etc:/out -- /true",
      "-v /etc:/out: /out is a symbolic link to ../../../../../../../../../../../../tmp, which leads out of the root"
    ),
    (
      "ln -s ../.. root/out; $BERTH shell --rootfs root -v /etc:/out/x -- /true",
      "-v /etc:/out/x: /out is a symbolic link to ../.., which leads out of the root"
    ),
    (
      "ln -s /tmp/x root/gone; $BERTH shell --rootfs root -v /etc:/gone -- /true",
      "-v /etc:/gone: /gone is a symbolic link to /tmp/x, which does not exist in the root"
    ),
    (
      "ln -s loop root/loop; $BERTH shell --rootfs root -v /etc:/loop -- /true",
      "-v /etc:/loop: /loop is a symbolic link that leads to itself"
    ),
    (
      "ln -s /nonexistent/x gone; $BERTH shell -v /etc:$PWD/gone -- true",
      "-v /etc:DIR/gone: DIR/gone is a symbolic link to /nonexistent/x, which does not exist in the root"
    ),
  ])
  func symbolicLinks(script: String, message: String) throws {
    try expect("mkdir root; \(script)", message)
  }

  /// What needs a privilege says which.
  @Test(arguments: [
    (
      "--join net=1",
      "open the network namespace /proc/1/ns/net: Permission denied\n"
        + "  looking at the namespaces of another user's process needs CAP_SYS_PTRACE"
    ),
    (
      "--join net=/proc/self/ns/net",
      "enter the network namespace /proc/self/ns/net: Operation not permitted\n"
        + "  entering a namespace needs CAP_SYS_ADMIN in the user namespace that owns it"
    ),
    (
      "--ulimit nofile=1:99999999",
      "ulimit nofile=1:99999999: Operation not permitted\n  raising a limit above its hard limit needs CAP_SYS_RESOURCE"
    ),
  ])
  func noPermission(options: String, message: String) throws {
    try expect(Scripts.users + "$nobody $BERTH shell \(options) -- true", message)
  }

  @Test(arguments: [
    (
      "net=4194305",
      "open the network namespace /proc/4194305/ns/net: No such file or directory\n  there is no such process or namespace file"
    ),
    (
      "net=/etc/passwd",
      "enter the network namespace /etc/passwd: Invalid argument\n  the file is not a namespace of this type"
    ),
    (
      "ipc=/proc/self/ns/uts",
      "enter the ipc namespace /proc/self/ns/uts: Invalid argument\n  the file is not a namespace of this type"
    ),
  ])
  func notANamespace(join: String, message: String) throws {
    try expect("$BERTH shell --join \(join) -- true", message)
  }

  @Test func aWorkingDirectoryThatMayNotBeEntered() throws {
    let output = try Berth.script(
      Scripts.users + "mkdir -m 700 own; $nobody $BERTH shell --workdir $PWD/own -- true 2>&1 | sed s,$PWD,.,"
    )
    let message =
      "berth: cd ./own: Permission denied\n  user 0 inside may not enter it: choose another with --workdir\n"
    #expect(output == Output(status: 0, out: message, err: ""))
  }

  @Test(.requires("mksquashfs"))
  func aNameInAnImage() throws {
    let output = try Berth.script(
      "mkdir tree; mksquashfs tree image -quiet -no-progress >log; $BERTH shell --image image --user www-data -- id"
    )
    let message = """
      berth: --user www-data: "www-data" is not a number, and the names of an image are not known before it is mounted: \
      give a number
        berth shell --help describes the options.

      """
    #expect(output == Output(status: 125, out: "", err: message))
  }

  /// The personality UNAME26 has the kernel name itself 2.6, uname(2).
  @Test func anOldKernel() throws {
    let output = try Berth.script("setarch --uname-2.6 $BERTH shell -- true")
    let message = "berth: this is Linux 2.6, and berth needs 5.14 or newer (mount_setattr)\n"
    #expect(output == Output(status: 125, out: "", err: message))
  }

  /// Commands that cannot be run: the statuses and words are sh's.
  @Test(arguments: [
    ("nosuchcommand", Int32(127), "nosuchcommand: executable file not found in $PATH"),
    ("./nosuchfile", 127, "./nosuchfile: no such file or directory"),
    ("/etc/passwd", 126, "/etc/passwd: permission denied"),
    ("/etc", 126, "/etc: permission denied"),
    ("./script", 127, "./script: the file is there, but the interpreter or loader that it names is not"),
    ("./text", 126, "./text: exec format error: not a program for this machine, nor a script with a #! line"),
    ("/etc/passwd/x", 126, "/etc/passwd/x: Not a directory"),
    ("''", 125, "command: there is no command to run"),
  ])
  func commands(command: String, status: Int32, message: String) throws {
    let output = try Berth.script(
      """
      echo '#!/nonexistent/interpreter' >script; echo text >text; chmod +x script text
      $BERTH shell -- \(command)
      """
    )
    #expect(output == Output(status: status, out: "", err: "berth: \(message)\n"))
  }
}
