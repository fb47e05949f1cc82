import TestSupport
import Testing

/// linux.seccomp as a container's process meets it. What each profile's program answers is tested apart.
@Suite(.requiresRoot, .requires("jq", "busybox", "python3"))
struct SeccompTests {
  private func script(_ profile: String, _ command: String, _ script: String) throws -> Output {
    try Berth.script(
      Scripts.waiting + Scripts.system + """
        berth() { "$BERTH" --root "$PWD/containers" "$@"; }
        mkdir bundle && mv root bundle/rootfs && berth spec -b bundle
        id=c$$  # Cgroups are named after containers: no other test may have one of this name.
        jq --arg socket "$PWD/agent" '.process.terminal = false | .root.readonly = false | .linux.seccomp = \(profile)
          | .process.args = ["sh", "-c", $command]' --arg command '\(command)' bundle/config.json >config.json
        mv config.json bundle

        """ + script
    )
  }

  @Test func aForbiddenCallFailsAndTheProgramIsKept() throws {
    let output = try script(
      #"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 122}]}"#,
      "mkdir /new; grep ^Seccomp: /proc/self/status",
      "berth run -b bundle $id; berth run -b bundle $id; ls -A containers; ls containers/.seccomp,programs | wc -l"
    )
    #expect(output.out == "Seccomp:\t2\nSeccomp:\t2\n.seccomp,programs\n1\n")
    #expect(output.err == String(repeating: "mkdir: can't create directory '/new': Disk quota exceeded\n", count: 2))
  }

  /// The agent: it prints what it is told, answers mkdir(2) with EDQUOT, and has all else done.
  private static let agent = #"""
    import fcntl, json, os, socket, struct
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("agent.new")
    listener.listen()
    os.rename("agent.new", "agent")  # Who finds it can connect.
    connection, _ = listener.accept()
    text, descriptors, _, _ = socket.recv_fds(connection, 65536, 8)
    state = json.loads(text)
    print(state["fds"], state["metadata"], state["state"]["id"], state["state"]["status"], len(descriptors))
    print("the same process:", state["pid"] == state["state"]["pid"], flush=True)
    calls = set()
    while True:
        request = bytearray(80)
        try:
            fcntl.ioctl(descriptors[0], 0xC0502100, request)
        except OSError:
            break
        identity, _, _, number = struct.unpack_from("QIIi", request)
        calls.add(number)
        answer = (-122, 0) if number == 83 else (0, 1)
        try:
            fcntl.ioctl(descriptors[0], 0xC0182101, bytearray(struct.pack("QqiI", identity, 0, *answer)))
        except OSError:
            pass
        if number == 231:
            break
    print(sorted(calls), flush=True)
    """#

  #if arch(x86_64)
    @Test(arguments: [true, false])
    func anAgentDecidesEvenAboutTheCallsThatHandOverTheListener(noNewPrivileges: Bool) throws {
      let names = ["mkdir", "sendmsg", "read", "close", "waitid", "capset", "execve", "exit_group"]
      let rule = #"{"names": \#(names), "action": "SCMP_ACT_NOTIFY"}"#
      let output = try script(
        #"{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": $socket, "listenerMetadata": "m", "syscalls": [\#(rule)]}"#,
        "mkdir /new",
        """
        cat >agent.py <<'END'
        \(Self.agent)
        END
        jq '.process.noNewPrivileges = \(noNewPrivileges)' bundle/config.json >config.json; mv config.json bundle
        timeout 40 /usr/bin/python3 agent.py >told & until_true [ -S agent ]
        timeout 20 "$BERTH" --root "$PWD/containers" run -b bundle $id; echo $?
        wait; sed "s/$id/ID/" told
        """
      )
      let lines = output.lines
      #expect(output.err == "mkdir: can't create directory '/new': Disk quota exceeded\n")
      #expect(lines.prefix(3) == ["1", "['seccompFd'] m ID creating 1", "the same process: True"])
      #expect(lines.last?.contains("83") == true && lines.last?.contains("59") == true)
    }
  #endif

  @Test func anAgentThatIsNotThereKeepsTheContainerFromStarting() throws {
    let output = try script(
      #"{"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": $socket, "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"}]}"#,
      "true",
      "berth run -b bundle $id; echo $?; ls containers"
    )
    #expect(output.out == "1\n")
    #expect(output.err.contains("linux.seccomp.listenerPath") && output.err.contains("No such file or directory"))
  }
}
