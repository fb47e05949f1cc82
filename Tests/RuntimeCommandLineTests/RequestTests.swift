import RuntimeCommandLine
import Testing

/// Every option of every command, and where its value goes.
struct RequestTests {
  @Test(arguments: [
    ("create --console-socket /s c", with(CreateRequest()) { $0.consoleSocket = "/s" }),
    ("create --console-socket= c", CreateRequest()),
    ("create --pidfd-socket /s c", with(CreateRequest()) { $0.pidfdSocket = "/s" }),
    ("create --pid-file p c", with(CreateRequest()) { $0.pidFile = "p" }),
    ("create --no-pivot c", with(CreateRequest()) { $0.isPivotAvoided = true }),
    ("create --no-new-keyring c", with(CreateRequest()) { $0.keepsKeyring = true }),
    ("create --preserve-fds 3 c", with(CreateRequest()) { $0.preservedDescriptors = 3 }),
    ("create --bundle= c", CreateRequest()),
  ])
  func create(line: String, expected: CreateRequest) throws {
    #expect(try read(line) == .create(with(expected) { $0.id = "c" }))
    let run = "run" + line.dropFirst("create".count)
    #expect(try read(run) == .run(with(expected) { $0.id = "c" }))
  }

  @Test(arguments: [
    ("run --keep c", with(CreateRequest()) { $0.isKept = true }),
    ("run --no-subreaper c", with(CreateRequest()) { $0.avoidsSubreaper = true }),
  ])
  func run(line: String, expected: CreateRequest) throws {
    #expect(try read(line) == .run(with(expected) { $0.id = "c" }))
    #expect(problem("create" + line.dropFirst("run".count)) != nil)
  }

  @Test(arguments: [
    ("exec --console-socket /s c ls", with(ExecRequest()) { $0.consoleSocket = "/s" }),
    ("exec --pidfd-socket /s c ls", with(ExecRequest()) { $0.pidfdSocket = "/s" }),
    ("exec --cwd /w c ls", with(ExecRequest()) { $0.workingDirectory = "/w" }),
    ("exec -e A=B --env C=D,E=F c ls", with(ExecRequest()) { $0.environment = ["A=B", "C=D,E=F"] }),
    ("exec -t c ls", with(ExecRequest()) { $0.hasTerminal = true }),
    ("exec -u 1000 c ls", with(ExecRequest()) { $0.userID = 1000 }),
    (
      "exec --user 1000:50 c ls",
      with(ExecRequest()) {
        $0.userID = 1000
        $0.groupID = 50
      }
    ),
    ("exec -g 1 --additional-gids 2 c ls", with(ExecRequest()) { $0.additionalGroups = [1, 2] }),
    ("exec --detach --pid-file p c ls", with(ExecRequest()) { ($0.isDetached, $0.pidFile) = (true, "p") }),
    ("exec --process-label l c ls", with(ExecRequest()) { $0.processLabel = "l" }),
    ("exec --apparmor a c ls", with(ExecRequest()) { $0.appArmorProfile = "a" }),
    ("exec --no-new-privs c ls", with(ExecRequest()) { $0.noNewPrivileges = true }),
    ("exec --no-new-privs=false c ls", with(ExecRequest()) { $0.noNewPrivileges = false }),
    ("exec -c CAP_KILL --cap CAP_CHOWN c ls", with(ExecRequest()) { $0.capabilities = ["CAP_KILL", "CAP_CHOWN"] }),
    ("exec --preserve-fds=2 c ls", with(ExecRequest()) { $0.preservedDescriptors = 2 }),
    ("exec --ignore-paused c ls", with(ExecRequest()) { $0.isRunWhilePaused = true }),
    ("exec --cgroup / c ls", with(ExecRequest()) { $0.cgroups = ["/"] }),
    (
      "exec --cgroup memory:a --cgroup cpu,cpuacct:b:c c ls",
      with(ExecRequest()) {
        $0.cgroups = ["memory:a", "cpu,cpuacct:b:c"]
      }
    ),
  ])
  func exec(line: String, expected: ExecRequest) throws {
    #expect(try read(line) == .exec(with(expected) { ($0.id, $0.command) = ("c", ["ls"]) }))
  }

  @Test func execOfAFile() throws {
    #expect(try read("exec -p f c") == .exec(with(ExecRequest()) { ($0.id, $0.processFile) = ("c", "f") }))
  }

  @Test(arguments: [
    (
      "exec -u root c ls",
      "exec -u root: \"root\" is not a user id, a number from 0 to 4294967294: names are not looked up"
    ),
    (
      "exec -u 0:x c ls", "exec -u 0:x: \"x\" is not a group id, a number from 0 to 4294967294: names are not looked up"
    ),
    (
      "exec -u 1000: c ls",
      "exec -u 1000:: \"\" is not a group id, a number from 0 to 4294967294: names are not looked up"
    ),
    ("exec -u -1 c ls", "exec -u -1: \"-1\" is not a user id, a number from 0 to 4294967294: names are not looked up"),
    ("exec -u +5 c ls", "exec -u +5: \"+5\" is not a user id, a number from 0 to 4294967294: names are not looked up"),
    (
      "exec -u 4294967296 c ls",
      "exec -u 4294967296: \"4294967296\" is not a user id, a number from 0 to 4294967294: names are not looked up"
    ),
    (
      "exec -u 4294967295 c ls",
      "exec -u 4294967295: \"4294967295\" is not a user id, a number from 0 to 4294967294: names are not looked up"
    ),
    (
      "exec -u 1:2:3 c ls",
      "exec -u 1:2:3: \"2:3\" is not a group id, a number from 0 to 4294967294: names are not looked up"
    ),
    ("exec -g x c ls", "exec -g x: \"x\" is not a group id, a number from 0 to 4294967294: names are not looked up"),
    ("exec --preserve-fds -1 c ls", "exec --preserve-fds -1: this is not a number from 0 to 1048576"),
    ("exec --preserve-fds 0x3 c ls", "exec --preserve-fds 0x3: this is not a number from 0 to 1048576"),
  ])
  func wrongExec(line: String, message: String) {
    #expect(problem(line) == message)
  }

  @Test func containers() throws {
    let container = with(ContainerRequest()) { $0.id = "c" }
    #expect(try read("start c") == .start(container))
    #expect(try read("state c") == .state(container))
    #expect(try read("pause c") == .pause(container))
    #expect(try read("resume c") == .resume(container))
    #expect(try read("features") == .features)
    #expect(try read("delete c") == .delete(with(DeleteRequest()) { $0.id = "c" }))
    #expect(try read("delete c -f") == .delete(with(DeleteRequest()) { ($0.id, $0.isForced) = ("c", true) }))
    #expect(try read("delete --force c") == .delete(with(DeleteRequest()) { ($0.id, $0.isForced) = ("c", true) }))
  }

  @Test(arguments: [
    ("kill c", Int32(15), false), ("kill c KILL", 9, false), ("kill c SIGKILL", 9, false), ("kill c kill", 9, false),
    ("kill c sigusr1", 10, false), ("kill c 9", 9, false), ("kill c 0", 0, false), ("kill c 64", 64, false),
    ("kill c RTMIN", 34, false), ("kill c RTMIN+3", 37, false), ("kill c SIGRTMIN+3", 37, false),
    ("kill c RTMAX", 64, false), ("kill c RTMAX-1", 63, false), ("kill --all c TERM", 15, true),
    ("kill -a c 9", 9, true), ("kill c 9 --all", 9, true), ("kill c ''", 15, false),
  ])
  func kill(line: String, signal: Int32, isForAll: Bool) throws {
    let request = with(KillRequest()) { ($0.id, $0.signal, $0.isForAll) = ("c", signal, isForAll) }
    #expect(try read(line) == .kill(request))
  }

  @Test(arguments: [
    ("FOO", ""), ("65", ""), ("9x", ""), ("SIG", ""), ("KIL", "; did you mean KILL?"),
    ("SIGTREM", "; did you mean TERM?"),
    ("RTMIN+31", ""), ("RTMIN-1", ""), ("RTMAX+1", ""), ("99999999999", ""),
  ])
  func wrongSignals(signal: String, hint: String) {
    #expect(
      problem("kill c \(signal)") == "kill c \(signal): this is no signal of signal(7), by name or by number\(hint)"
    )
  }

  @Test(arguments: [
    ("list", ListRequest()), ("list -f json", with(ListRequest()) { $0.format = .json }),
    ("list --format=table", ListRequest()), ("list -q", with(ListRequest()) { $0.showsIDsAlone = true }),
  ])
  func list(line: String, expected: ListRequest) throws {
    #expect(try read(line) == .list(expected))
  }

  @Test(arguments: [
    ("events c", EventsRequest()), ("events --stats c", with(EventsRequest()) { $0.isOnce = true }),
    ("events --interval 1s c", with(EventsRequest()) { $0.interval = 1_000_000_000 }),
    ("events --interval=100ms c", with(EventsRequest()) { $0.interval = 100_000_000 }),
    ("events --interval 1m30.5s c", with(EventsRequest()) { $0.interval = 90_500_000_000 }),
    ("events --interval 2us c", with(EventsRequest()) { $0.interval = 2000 }),
  ])
  func events(line: String, expected: EventsRequest) throws {
    #expect(try read(line) == .events(with(expected) { $0.id = "c" }))
  }

  @Test(arguments: ["5", "s", "1.s.s", "5x", "-1s", "1s2", ""])
  func wrongTimes(time: String) {
    #expect(
      problem("events --interval=\(time) c")
        == "events --interval=\(time.isEmpty ? "\"\"" : time): this is not a time, such as 5s, 100ms or 1m30s"
    )
  }

  @Test func noTime() {
    #expect(
      problem("events --interval 0s c")
        == "events --interval 0s: the time must be more than 0, and less than 292 years"
    )
  }

  @Test(arguments: [
    ("spec", SpecRequest()), ("spec -b b", with(SpecRequest()) { $0.bundle = "b" }),
    ("spec --rootless", with(SpecRequest()) { $0.isRootless = true }),
  ])
  func spec(line: String, expected: SpecRequest) throws {
    #expect(try read(line) == .spec(expected))
  }
}
