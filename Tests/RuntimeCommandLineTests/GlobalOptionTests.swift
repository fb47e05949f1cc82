import RuntimeCommandLine
import Testing

struct GlobalOptionTests {
  @Test(arguments: [
    ("", GlobalOptions()),
    ("--debug", with(GlobalOptions()) { $0.isDebug = true }),
    ("--debug=false", GlobalOptions()),
    ("--log /l", with(GlobalOptions()) { $0.log = "/l" }),
    ("--log=", GlobalOptions()),
    ("-log-format json", with(GlobalOptions()) { $0.logFormat = .json }),
    ("--log-format=text", GlobalOptions()),
    ("--log-format=", GlobalOptions()),
    ("--root /r", with(GlobalOptions()) { $0.root = "/r" }),
    ("--systemd-cgroup", with(GlobalOptions()) { $0.cgroupManager = .systemd }),
    ("--systemd-cgroup=false", GlobalOptions()),
    ("--cgroup-manager disabled", with(GlobalOptions()) { $0.cgroupManager = .disabled }),
    ("--cgroup-manager=systemd", with(GlobalOptions()) { $0.cgroupManager = .systemd }),
    ("--rootless true", with(GlobalOptions()) { $0.rootless = .true }),
    ("--rootless=0", with(GlobalOptions()) { $0.rootless = .false }),
    ("--rootless Auto", GlobalOptions()),
    ("--rootless=", GlobalOptions()),
    ("--criu /c", with(GlobalOptions()) { $0.criu = "/c" }),
  ])
  func beforeAndBehindTheCommand(options: String, expected: GlobalOptions) throws {
    for line in ["\(options) state web", "state \(options) web", "state web \(options)"] {
      var global = GlobalOptions()
      #expect(try read(line, global: &global) == .state(with(ContainerRequest()) { $0.id = "web" }))
      #expect(global == expected)
    }
  }

  @Test(arguments: [
    ("--log-format xml", "--log-format xml: the choice is between text, json"),
    ("--log-format jsn", "--log-format jsn: the choice is between text, json; did you mean json?"),
    ("--cgroup-manager=none", "--cgroup-manager=none: the choice is between cgroupfs, systemd, disabled"),
    ("--rootless maybe", "--rootless maybe: the choice is between true, false, auto"),
    ("--debug=x", "--debug=x: this is neither true nor false"),
  ])
  func wrongValues(options: String, message: String) {
    #expect(problem("\(options) state web") == message)
    #expect(problem("state \(options) web") == "state \(message)")
  }

  /// The log is known even if what follows is wrong.
  @Test func theLogOfAnError() {
    var global = GlobalOptions()
    #expect(throws: UsageError.self) { try read("--log /l --log-format json state --nope", global: &global) }
    #expect(
      global
        == with(GlobalOptions()) {
          $0.log = "/l"
          $0.logFormat = .json
        }
    )
  }
}
