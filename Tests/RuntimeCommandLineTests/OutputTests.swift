import LinuxABI
import RuntimeCommandLine
import Testing

/// The texts that clients read.
struct OutputTests {
  private static let time = Timestamp(seconds: 1_795_462_631, nanoseconds: 120_000_000)

  @Test(arguments: [
    ("stop", "\"stop\"", "stop"),
    ("no such file or directory", "\"no such file or directory\"", "\"no such file or directory\""),
    ("a \"b\"\n\\", #""a \"b\"\n\\""#, #""a \"b\"\n\\""#), ("", "\"\"", "\"\""),
    ("ü\u{1}", "\"ü\\u0001\"", "\"ü\\u0001\""),
  ])
  func log(message: String, json: String, text: String) {
    let record = LogRecord(.error, Prose(verbatim: message), at: Self.time)
    #expect(record.line(as: .json) == "{\"level\":\"error\",\"msg\":\(json),\"time\":\"2026-11-23T19:37:11.12Z\"}\n")
    #expect(record.line(as: .text) == "time=\"2026-11-23T19:37:11.12Z\" level=error msg=\(text)\n")
  }

  private static let web = StateRecord(
    ociVersion: "1.3.0",
    id: "web",
    processID: 42,
    status: "running",
    bundle: "/b",
    rootfs: "/b/rootfs",
    created: "2026-11-23T19:37:11.12Z"
  )

  @Test func state() {
    #expect(
      Self.web.text == """
        {
          "ociVersion": "1.3.0",
          "id": "web",
          "pid": 42,
          "status": "running",
          "bundle": "/b",
          "rootfs": "/b/rootfs",
          "created": "2026-11-23T19:37:11.12Z",
          "owner": ""
        }

        """
    )
  }

  @Test func annotationsInOrder() {
    var web = Self.web
    web.annotations = [("org.b", "2"), ("org.a", "1 \"x\"")]
    #expect(
      web.text.contains(
        """
          "annotations": {
            "org.a": "1 \\"x\\"",
            "org.b": "2"
          },
          "owner": ""
        """
      )
    )
  }

  @Test func list() {
    var other = Self.web
    (other.id, other.processID, other.status, other.owner) = ("a-name-of-some-length", 0, "stopped", "root")
    let table = """
      ID                      PID         STATUS      BUNDLE      CREATED                   OWNER
      web                     42          running     /b          2026-11-23T19:37:11.12Z   #7
      a-name-of-some-length   0           stopped     /b          2026-11-23T19:37:11.12Z   root

      """
    var web = Self.web
    web.owner = "#7"
    #expect(StateRecord.list([web, other], ListRequest()).text == table)
    #expect(
      StateRecord.list([], ListRequest())
        == "ID          PID         STATUS      BUNDLE      CREATED     OWNER\n"
    )
    #expect(
      StateRecord.list([web, other], with(ListRequest()) { $0.showsIDsAlone = true }) == "web\na-name-of-some-length\n"
    )
    let json = with(ListRequest()) { $0.format = .json }
    #expect(StateRecord.list([], json) == "null\n")
    #expect(
      StateRecord.list([web], json).text
        == "[{\"ociVersion\":\"1.3.0\",\"id\":\"web\",\"pid\":42,\"status\":\"running\",\"bundle\":\"/b\","
        + "\"rootfs\":\"/b/rootfs\",\"created\":\"2026-11-23T19:37:11.12Z\",\"owner\":\"#7\"}]\n"
    )
  }

  @Test func processes() {
    #expect(ProcessTable.json([7, 12]) == "[7,12]\n")
    #expect(ProcessTable.json([]) == "null\n")
    let output = """
      UID          PID    PPID  C STIME TTY          TIME CMD
      root           1       0  0 19:00 ?        00:00:01 init
      root          12       1  0 19:00 ?        00:00:00 sh -c 13
      root          13       1  0 19:00 ?        00:00:00 12

      """
    let kept = output.split(separator: "\n").enumerated().filter { [0, 2].contains($0.offset) }.map {
      $0.element + "\n"
    }
    #expect(ProcessTable.lines(of: output, processes: [12])?.text == kept.joined())
    #expect(
      ProcessTable.lines(of: output, processes: []) == "UID          PID    PPID  C STIME TTY          TIME CMD\n"
    )
    #expect(ProcessTable.lines(of: "  RSS ARGS\n 1 init\n", processes: [1]) == nil)
    #expect(ProcessTable.lines(of: "", processes: [1]) == nil)
  }

  @Test(arguments: RuntimeCommand.allCases)
  func help(command: RuntimeCommand) throws {
    let help = command.summary.help
    #expect(command.summary.name == command.rawValue)
    #expect(help.hasPrefix("NAME:\n   berth \(command) - "))
    for part in [
      "\n\nUSAGE:\n   berth [global options] \(command)", "\n\nDESCRIPTION:\n", "\n\nEXAMPLES:\n", "--cgroup-manager",
    ] {
      #expect(help.contains(part))
    }
    #expect(help.split(separator: "\n").filter { $0.count > 100 || $0.hasSuffix(" ") } == [])
    #expect(!command.summary.options.contains { $0.help.isEmpty || !$0.help.hasSuffix(".") && !$0.help.hasSuffix(")") })
  }
}
