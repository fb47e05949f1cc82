import TestSupport
import Testing

/// `berth exec` with each of its options: what the process has that it starts.
@Suite(.requiresRoot, .requires("jq", "busybox", "script")) struct RuntimeExecTests {
  /// A container of an unprivileged user with something of everything.
  private static let container = #"""
    change '.process.env += ["X=container"] | .process.user = {uid: 1000, gid: 1000, additionalGids: [50], umask: 23}
      | .process.capabilities = {bounding: ["CAP_KILL", "CAP_NET_RAW"], permitted: ["CAP_KILL"], effective: ["CAP_KILL"],
          inheritable: ["CAP_KILL"], ambient: ["CAP_KILL"]}
      | .process.cwd = "/tmp" | .process.rlimits = [{type: "RLIMIT_NOFILE", soft: 100, hard: 200}]
      | .process.oomScoreAdj = 77 | .process.noNewPrivileges = false'
    berth run -d -b bundle $id
    cat >bundle/rootfs/look <<'END'
    echo "$(id -u) $(id -g) $(id -G), $(umask), $(pwd), $A $X, $(ulimit -n), $(cat /proc/self/oom_score_adj)"
    awk '/^(Cap|NoNew)/ { sub(/^0+/, "", $2); printf "%s%s ", $1, $2 }' /proc/self/status; echo
    END

    """#

  private func script(_ script: String) throws -> Output { try RuntimeHost.script(Self.container + script) }

  @Test func aProcessIsAsTheContainersOwn() throws {
    let output = try script("berth exec $id sh /look")
    #expect(
      output.out == """
        1000 1000 1000 50, 0027, /tmp,  container, 100, 77
        CapInh:20 CapPrm:20 CapEff:20 CapBnd:2020 CapAmb:20 NoNewPrivs:\(" ")

        """
    )
  }

  @Test func optionsChangeIt() throws {
    let output = try script(
      """
      berth exec -u 5:6 -g 7 --additional-gids 8 --cwd /etc -e A=a --env X=exec --cap CAP_NET_RAW -c CAP_SYS_TIME \\
        --no-new-privs $id sh /look
      berth exec --user 0 --cap CAP_SYS_TIME $id sh /look
      """
    )
    // Who is not root has no more than the ambient capabilities, and root all of the bounding set, capabilities(7).
    #expect(
      output.out == """
        5 6 6 7 8 50, 0027, /etc, a exec, 100, 77
        CapInh:20 CapPrm:20 CapEff:20 CapBnd:2002020 CapAmb:20 NoNewPrivs:1\(" ")
        0 1000 1000 50, 0027, /tmp,  container, 100, 77
        CapInh:20 CapPrm:2002020 CapEff:2002020 CapBnd:2002020 CapAmb:20 NoNewPrivs:\(" ")

        """
    )
  }

  @Test func aFileDescribesIt() throws {
    let output = try script(
      """
      echo '{"cwd": "/", "user": {"uid": 3, "gid": 4, "additionalGids": [9]}, "env": ["PATH=/bin", "A=file"],
        "args": ["sh", "/look"], "execCPUAffinity": {"initial": "0", "final": "0"}}' >process
      berth exec -p process $id
      jq '.args = ["grep", "Cpus_allowed_list", "/proc/self/status"]' process >other
      berth exec --process other -u 1 -e A=flag --cwd /tmp $id
      echo '{"cwd": "/", "args": 7, "user": {"uid": "x"}}' >process; berth exec -p process $id
      echo '{"cwd": "/"' >process; berth exec -p process $id
      """
    )
    #expect(
      output.out == """
        3 4 4 9, 0022, /, file , 100, 77
        CapInh:20 CapPrm:20 CapEff:20 CapBnd:2020 CapAmb:20 NoNewPrivs:\(" ")
        Cpus_allowed_list:\t0

        """
    )
    #expect(output.err.contains("--process: user.uid: a number is needed here, and this is a string"))
    #expect(output.err.contains("--process: line 2, column 1: the document ends in the middle: is it truncated?"))
  }

  @Test func streamsAndDescriptors() throws {
    let output = try script(
      """
      echo passed >passed; exec 3<passed 4<passed
      printf 'typed\\n' | berth exec $id cat
      berth exec $id sh -c 'echo out; echo err >&2' 2>err; cat err
      berth exec --preserve-fds 2 $id sh -c 'cat <&4; echo /proc/self/fd/*'
      exec 4<&-; berth exec --preserve-fds 2 $id true; berth exec --preserve-fds x $id true
      """
    )
    #expect(output.out.hasPrefix("typed\nout\nerr\npassed\n"))
    #expect(output.out.contains("/proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 /proc/self/fd/3 /proc/self/fd/4"))
    #expect(output.err.hasPrefix("berth: --preserve-fds: descriptor 4 is not open\nberth: exec --preserve-fds x: "))
  }

  @Test func aDetachedProcess() throws {
    let output = try script(
      """
      berth exec --detach --pid-file pid $id sleep 1000.$$; process=$(cat pid)
      until_true grep -q sleep /proc/$process/comm; ps -o ppid= -p $process | tr -d ' '
      berth ps --format json $id | jq length; berth ps -f json $id | jq "index($process) != null"
      for kind in pid mnt uts ipc net cgroup; do
        [ "$(readlink /proc/$process/ns/$kind)" = "$(readlink /proc/$(process $id)/ns/$kind)" ] || echo "another $kind"
      done
      diff /proc/$process/cgroup /proc/$(process $id)/cgroup && echo "the same cgroups"
      """
    )
    // Whoever takes orphans here is its parent, and berth no more.
    #expect(output.lines.dropFirst() == ["2", "true", "the same cgroups"])
    #expect(output.lines.first?.isEmpty == false)
  }

  @Test func aTerminal() throws {
    let output = try script(
      """
      berth exec -t -u 0 $id tty </dev/null
      cat >receive <<'END'
      import os, socket
      listener = socket.socket(socket.AF_UNIX); listener.bind("console.new"); listener.listen()
      os.rename("console.new", "console")
      connection, _ = listener.accept()
      _, descriptors, _, _ = socket.recv_fds(connection, 4096, 4)
      open("ready", "w")
      os.write(descriptors[0], b"echo typed $((40 + 2)); exit\\n")
      text = b""
      try:
          while chunk := os.read(descriptors[0], 4096): text += chunk
      except OSError: pass
      print(text.decode().replace("\\r", ""))
      END
      python3 receive & until_true test -S console
      berth exec --tty --detach --console-socket console --pid-file pid $id sh; until_true test -e ready; wait
      berth exec --console-socket console $id true; berth exec -t -d $id true
      """
    )
    #expect(output.lines.first == "/dev/pts/0")
    #expect(output.lines.contains("typed 42"))
    #expect(output.err.split(separator: "\n").count == 2, "\(output.err)")
  }

  @Test func aPausedContainerTakesNobodyIn() throws {
    let output = try script(
      """
      berth pause $id; berth exec $id true; echo $?
      berth exec --ignore-paused $id echo resumed & waiting=$!
      sleep 0.2; kill -0 $waiting && berth resume $id; wait $waiting; echo $?
      """
    )
    let words = "berth: cannot exec in a paused container (use --ignore-paused to override)\n"
    #expect(output == Output(status: 0, out: "255\nresumed\n0\n", err: words))
  }

  @Test func statuses() throws {
    let output = try script(
      """
      for words in 'sh -c "exit 3"' 'sh -c "kill -9 \\$\\$"' nosuch /etc /etc/passwd /nosuch; do
        eval "berth exec $id $words"; echo $?
      done
      """
    )
    #expect(output.lines == ["3", "137", "255", "255", "255", "255"])
    #expect(
      output.err == """
        berth: exec nosuch: executable file not found in $PATH
        berth: exec /etc: it is a directory: permission denied
        berth: exec /etc/passwd: permission denied
        berth: exec /nosuch: no such file or directory

        """
    )
  }

  @Test(arguments: [
    ("--process-label x ID true", "process.selinuxLabel: \"x\" cannot be applied"),
    ("--apparmor x ID true", "process.apparmorProfile: \"x\" cannot be applied"),
    ("-g x ID true", "-g x: \"x\" is not a group id, a number from 0 to 4294967294"),
    ("ID", "the command is missing"), ("--cwd relative ID true", "process.cwd: \"relative\" is not an absolute path"),
    ("-e NOVALUE ID true", "process.env[3]: \"NOVALUE\" is not of the form NAME=VALUE"),
    ("--cgroup /nosuch ID true", "nosuch"), ("--cgroup ../.. ID true", "../.."),
  ])
  func whatCannotBeIsNamed(words: String, message: String) throws {
    let output = try script(
      "berth exec \(words.replacing("ID", with: "$id")) 2>&1; [ $? != 0 ] || echo 'it ran'"
    )
    #expect(output.out.contains(message) && !output.out.contains("it ran"), "\(output.out)")
  }
}
