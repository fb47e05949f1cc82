import JSON
import LinuxABI
import OCISpec
import Seccomp
import Testing

/// What a profile says, and everything that is wrong with it.
struct PlanTests {
  static let flags: [([String]?, Bool, SeccompFlags)] = [
    (nil, false, .allowSpeculation), ([], false, []),
    (["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG"], false, [.allThreads, .log]),
    (["SECCOMP_FILTER_FLAG_SPEC_ALLOW"], true, [.allowSpeculation, .newListener]),
    (["SECCOMP_FILTER_FLAG_TSYNC"], true, [.allThreads, .threadFailureIsError, .newListener]),
    (["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"], true, [.waitKillable, .newListener]),
    (["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"], false, []),
  ]

  @Test(arguments: Self.flags) func flagsAreRead(names: [String]?, notifies: Bool, flags: SeccompFlags) throws {
    let spec = Linux.Seccomp(
      defaultAction: "SCMP_ACT_ALLOW",
      flags: names,
      listenerPath: notifies ? "/run/agent" : nil,
      listenerMetadata: notifies ? "text" : nil,
      syscalls: notifies ? [Linux.Seccomp.Rule(names: ["mkdir"], action: "SCMP_ACT_NOTIFY")] : nil
    )
    let plan = try plan(spec)
    #expect(plan.flags == flags)
    #expect(plan.listener?.path == (notifies ? "/run/agent" : nil))
    #expect(plan.listener?.metadata == (notifies ? "text" : nil))
  }

  @Test func everyProblemIsToldWithItsPlace() {
    let spec = Linux.Seccomp(
      defaultAction: "SCMP_ACT_ALOW",
      defaultErrnoRet: 1,
      architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X8664", "SCMP_ARCH_NATIVE", "amd64"],
      flags: ["SECCOMP_FILTER_FLAG_LOGS"],
      syscalls: [
        Linux.Seccomp.Rule(names: [], action: "SCMP_ACT_ALLOW", errnoRet: 3),
        Linux.Seccomp.Rule(names: ["read", ""], action: "allow"),
        Linux.Seccomp.Rule(
          names: ["read", "write"],
          action: "SCMP_ACT_NOTIFY",
          args: [
            Linux.Seccomp.Argument(index: 6, value: 0, op: "SCMP_CMP_EQ"),
            Linux.Seccomp.Argument(index: 0, value: 0, op: "=="),
          ]
        ),
        Linux.Seccomp.Rule(names: ["read"], action: "SCMP_ACT_ERRNO", errnoRet: 4095),
      ]
    )
    let places = problems(spec).map { $0.prefix { $0 != ":" } }
    #expect(
      places == [
        "linux.seccomp.defaultAction", "linux.seccomp.architectures[1]", "linux.seccomp.architectures[3]",
        "linux.seccomp.syscalls[0].names", "linux.seccomp.syscalls[0].errnoRet", "linux.seccomp.syscalls[1].names[1]",
        "linux.seccomp.syscalls[1].action", "linux.seccomp.syscalls[2].names[1]",
        "linux.seccomp.syscalls[2].args[0].index", "linux.seccomp.syscalls[2].args[1].op",
        "linux.seccomp.syscalls[3].errnoRet", "linux.seccomp.flags[0]", "linux.seccomp.listenerPath",
      ]
    )
    let messages = problems(spec)
    #expect(
      messages.first == "linux.seccomp.defaultAction: \"SCMP_ACT_ALOW\" is not an action; is \"SCMP_ACT_ALLOW\" meant?"
    )
  }

  @Test func aListenerCannotDecideAboutEveryCallAndNeedsAPath() {
    let everything = Linux.Seccomp(defaultAction: "SCMP_ACT_NOTIFY", listenerPath: "/run/agent")
    #expect(problems(everything).count == 1)
    #expect(problems(Linux.Seccomp(defaultAction: "SCMP_ACT_ALLOW", listenerMetadata: "x")).count == 1)
    let rule = Linux.Seccomp.Rule(names: ["mkdir"], action: "SCMP_ACT_NOTIFY")
    for path in [nil, "", "agent"] {
      let spec = Linux.Seccomp(defaultAction: "SCMP_ACT_ALLOW", listenerPath: path, syscalls: [rule])
      #expect(problems(spec).map { $0.hasPrefix("linux.seccomp.listenerPath: ") } == [true])
    }
  }

  @Test func theProgramsKeyTellsPlansApart() throws {
    func key(_ change: (inout Linux.Seccomp) -> Void = { _ in }) throws -> [UInt8] {
      var spec = Linux.Seccomp(
        defaultAction: "SCMP_ACT_ERRNO",
        architectures: ["SCMP_ARCH_X86_64"],
        syscalls: [
          Linux.Seccomp.Rule(
            names: ["read", "write"],
            action: "SCMP_ACT_ALLOW",
            args: [Linux.Seccomp.Argument(index: 1, value: 2, op: "SCMP_CMP_EQ")]
          )
        ]
      )
      change(&spec)
      return try plan(spec).programKey
    }
    let keys = try [
      key(), key { $0.defaultErrnoRet = 2 }, key { $0.architectures = nil }, key { $0.syscalls = nil },
      key { $0.syscalls?[0].names = ["readwrite"] }, key { $0.syscalls?[0].names = ["read", "wri", "te"] },
      key { $0.syscalls?[0].names = ["read5:write"] }, key { $0.syscalls?[0].action = "SCMP_ACT_LOG" },
      key { $0.syscalls?[0].args?[0].index = 2 }, key { $0.syscalls?[0].args?[0].value = 3 },
      key { $0.syscalls?[0].args?[0].op = "SCMP_CMP_NE" }, key { $0.syscalls?[0].args = nil },
    ]
    #expect(Set(keys).count == keys.count)
    // The listener and the flags are no part of the program.
    #expect(try key { $0.flags = [] } == keys[0])
  }

  @Test func aProfileIsReadFromJSON() throws {
    let text = """
      {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 2, "architectures": ["SCMP_ARCH_X86"],
       "flags": ["SECCOMP_FILTER_FLAG_LOG"], "listenerPath": "/a", "listenerMetadata": "m",
       "syscalls": [{"names": ["read"], "action": "SCMP_ACT_TRACE", "errnoRet": 3,
        "args": [{"index": 1, "value": 18446744073709551615, "valueTwo": 5, "op": "SCMP_CMP_MASKED_EQ"}]}]}
      """
    guard case .object(let members) = try JSONValue(parsing: Array(text.utf8)) else { return }
    var json = JSONReader(members)
    let argument = Linux.Seccomp.Argument(index: 1, value: .max, valueTwo: 5, op: "SCMP_CMP_MASKED_EQ")
    let expected = Linux.Seccomp(
      defaultAction: "SCMP_ACT_ERRNO",
      defaultErrnoRet: 2,
      architectures: ["SCMP_ARCH_X86"],
      flags: ["SECCOMP_FILTER_FLAG_LOG"],
      listenerPath: "/a",
      listenerMetadata: "m",
      syscalls: [Linux.Seccomp.Rule(names: ["read"], action: "SCMP_ACT_TRACE", errnoRet: 3, args: [argument])]
    )
    #expect(Linux.Seccomp(&json) == expected)
    #expect(json.problems.isEmpty)
  }

  @Test func whatIsMissingInJSONHasItsPlace() throws {
    let text = #"{"syscalls": [{"args": [{"index": -1, "op": 3}]}], "flags": "LOG"}"#
    guard case .object(let members) = try JSONValue(parsing: Array(text.utf8)) else { return }
    var json = JSONReader(members)
    _ = Linux.Seccomp(&json)
    #expect(
      json.problems.map(\.path) == [
        "defaultAction", "flags", "syscalls[0].names", "syscalls[0].action", "syscalls[0].args[0].index",
        "syscalls[0].args[0].value", "syscalls[0].args[0].op",
      ]
    )
  }
}
