import LinuxABI
import OCISpec
import Seccomp
import SeccompCompilation
import Testing

/// What a profile's program answers, on a machine of the tests' own.
///
/// All profiles name their architectures, so that the answers are the same whatever machine the tests run on.
struct ProgramTests {
  private static let machines = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_AARCH64"]

  private func profile(_ defaultAction: String, _ rules: Linux.Seccomp.Rule...) throws -> Profile {
    try Profile(Linux.Seccomp(defaultAction: defaultAction, architectures: Self.machines, syscalls: rules))
  }

  static let actions: [(String, UInt32?, SeccompAction)] = [
    ("SCMP_ACT_KILL", nil, SeccompAction(.killThread)), ("SCMP_ACT_KILL_THREAD", nil, SeccompAction(.killThread)),
    ("SCMP_ACT_KILL_PROCESS", nil, SeccompAction(.killProcess)), ("SCMP_ACT_TRAP", nil, SeccompAction(.trap)),
    ("SCMP_ACT_ERRNO", nil, .error(1)), ("SCMP_ACT_ERRNO", 0, .error(0)), ("SCMP_ACT_ERRNO", 38, .error(38)),
    ("SCMP_ACT_ERRNO", 4094, .error(4094)), ("SCMP_ACT_TRACE", nil, SeccompAction(.trace, data: 1)),
    ("SCMP_ACT_TRACE", 65535, SeccompAction(.trace, data: 65535)), ("SCMP_ACT_LOG", nil, SeccompAction(.log)),
    ("SCMP_ACT_ALLOW", nil, .allow),
  ]

  @Test(arguments: Self.actions)
  func anActionIsARulesAndTheDefaults(name: String, errno: UInt32?, action: SeccompAction) throws {
    let other = action == .allow ? "SCMP_ACT_TRAP" : "SCMP_ACT_ALLOW"
    let byRule = try profile(other, Linux.Seccomp.Rule(names: ["getpid"], action: name, errnoRet: errno))
    #expect(try byRule.answer("getpid") == action)
    #expect(try byRule.answer("getpid", .x86) == action)
    let byDefault = try Profile(
      Linux.Seccomp(
        defaultAction: name,
        defaultErrnoRet: errno,
        architectures: Self.machines,
        syscalls: [Linux.Seccomp.Rule(names: ["getppid", "io_uring_setup"], action: other)]
      )
    )
    #expect(try byDefault.answer("getpid") == action)
    #expect(try byDefault.answer("getppid") != action)
  }

  @Test func aRuleThatNotifiesAnswersSo() throws {
    let profile = try Profile(
      Linux.Seccomp(
        defaultAction: "SCMP_ACT_ALLOW",
        architectures: Self.machines,
        listenerPath: "/run/agent",
        syscalls: [Linux.Seccomp.Rule(names: ["mkdir", "sendmsg"], action: "SCMP_ACT_NOTIFY")]
      )
    )
    #expect(try profile.answer("mkdir") == SeccompAction(.notify))
    #expect(try profile.answer("sendmsg") == SeccompAction(.notify))
    #expect(try profile.answer("write") == .allow)
  }

  /// Comparisons by their meaning; values below and above 32 bits, where a program compares halves.
  static let comparisons: [(String, @Sendable (UInt64, UInt64) -> Bool)] = [
    ("SCMP_CMP_NE", { $0 != $1 }), ("SCMP_CMP_LT", { $0 < $1 }), ("SCMP_CMP_LE", { $0 <= $1 }),
    ("SCMP_CMP_EQ", { $0 == $1 }), ("SCMP_CMP_GE", { $0 >= $1 }), ("SCMP_CMP_GT", { $0 > $1 }),
  ]

  @Test(arguments: Self.comparisons.indices, 0..<6)
  func anArgumentIsCompared(index: Int, argument: Int) throws {
    let (name, isTrue) = Self.comparisons[index]
    let values: [UInt64] = [0, 1, 5, 6, 0xffff_ffff, 0x1_0000_0000, 0x1_0000_0005, 0x5_0000_0001, .max - 1, .max]
    for value in values {
      let profile = try profile(
        "SCMP_ACT_ALLOW",
        Linux.Seccomp.Rule(
          names: ["prctl"],
          action: "SCMP_ACT_ERRNO",
          args: [Linux.Seccomp.Argument(index: UInt32(argument), value: value, op: name)]
        )
      )
      let number = UInt32(SeccompProgram.resolve("prctl", SeccompArchitecture.x86_64.token))
      for given in values {
        var arguments = [UInt64](repeating: 3, count: 6)
        arguments[argument] = given
        let answer = profile.machine.answer(number, .x86_64, arguments)
        let expected: SeccompAction = isTrue(given, value) ? .error(1) : .allow
        #expect(answer == expected.rawValue, "\(given) \(name) \(value)")
      }
    }
  }

  @Test func aMaskedArgumentIsCompared() throws {
    let profile = try profile(
      "SCMP_ACT_ERRNO",
      Linux.Seccomp.Rule(
        names: ["clone"],
        action: "SCMP_ACT_ALLOW",
        args: [Linux.Seccomp.Argument(index: 0, value: 0x7e02_0000, valueTwo: 0x20000, op: "SCMP_CMP_MASKED_EQ")]
      )
    )
    for (flags, action) in [
      (0x20000, .allow), (0x2_0011, .allow), (0x1_0002_0000, .allow), (0, .error(1)), (0x1002_0000, .error(1)),
    ] as [(UInt64, SeccompAction)] {
      #expect(try profile.answer("clone", .x86_64, flags) == action)
    }
  }

  @Test func severalArgumentsMustAllMatchAndOneThatIsComparedTwiceOneWayOrTheOther() throws {
    func argument(_ index: UInt32, _ value: UInt64) -> Linux.Seccomp.Argument {
      Linux.Seccomp.Argument(index: index, value: value, op: "SCMP_CMP_EQ")
    }
    func rule(_ name: String, _ arguments: Linux.Seccomp.Argument...) -> Linux.Seccomp.Rule {
      Linux.Seccomp.Rule(names: [name], action: "SCMP_ACT_ALLOW", args: arguments)
    }
    let profile = try profile(
      "SCMP_ACT_TRAP",
      rule("socket", argument(0, 1), argument(1, 2)),
      rule("personality", argument(0, 0), argument(0, 8)),
      rule("ioctl", argument(0, 3), argument(1, 4), argument(1, 5)),
      // The same call in two rules: one of them suffices.
      rule("kill", argument(1, 0)),
      rule("kill", argument(1, 9))
    )
    let trap = SeccompAction(.trap)
    #expect(try profile.answer("socket", .x86_64, 1, 2) == .allow)
    #expect(try profile.answer("socket", .x86_64, 1, 3) == trap)
    #expect(try profile.answer("socket", .x86_64, 2, 2) == trap)
    #expect(try profile.answer("personality", .x86_64, 0) == .allow)
    #expect(try profile.answer("personality", .x86_64, 8) == .allow)
    #expect(try profile.answer("personality", .x86_64, 4) == trap)
    for (first, second, action) in [(3, 0, .allow), (0, 4, .allow), (0, 5, .allow), (0, 0, trap)]
      as [(UInt64, UInt64, SeccompAction)]
    {
      #expect(try profile.answer("ioctl", .x86_64, first, second) == action)
    }
    #expect(try profile.answer("kill", .x86_64, 1, 0) == .allow)
    #expect(try profile.answer("kill", .x86_64, 1, 9) == .allow)
    #expect(try profile.answer("kill", .x86_64, 1, 15) == trap)
  }

  @Test func namesThatNobodyKnowsAndRulesThatSayNothingAreLeftOut() throws {
    let rule = Linux.Seccomp.Rule(
      names: ["no_such_call", String(repeating: "x", count: 500), "nul\0", "getpid", "getpid"],
      action: "SCMP_ACT_ALLOW"
    )
    let same = Linux.Seccomp.Rule(names: ["getppid"], action: "SCMP_ACT_TRAP")
    let both = try profile("SCMP_ACT_TRAP", rule, same, rule)
    #expect(try both.answer("getpid") == .allow)
    #expect(try both.answer("getppid") == SeccompAction(.trap))
  }

  @Test func aCallOfAnotherMachineIsKilledAndOneOfAListedMachineHasItsOwnNumber() throws {
    let profile = try profile(
      "SCMP_ACT_ERRNO",
      Linux.Seccomp.Rule(names: ["socketcall", "getpid"], action: "SCMP_ACT_ALLOW")
    )
    #expect(try profile.answer("socketcall", .x86) == .allow)
    #expect(try profile.answer("getpid", .aarch64) == .allow)
    #expect(profile.answer(number: 39, .s390x) == SeccompAction(.killThread))
    #expect(try profile.answer("getpid", .x86) == .allow)
    #expect(try profile.answer("mkdir", .x86) == .error(1))
  }

  @Test func aLongProfileAnswersForEachOfItsCalls() throws {
    let spec = Linux.Seccomp(
      defaultAction: "SCMP_ACT_ERRNO",
      architectures: Self.machines,
      syscalls: [Linux.Seccomp.Rule(names: CallNames.ordinary, action: "SCMP_ACT_ALLOW")]
    )
    let profile = try Profile(spec)
    for architecture in [SeccompArchitecture.x86_64, .x86, .aarch64] {
      let numbers = CallNames.ordinary.map { SeccompProgram.resolve($0, architecture.token) }.filter { $0 >= 0 }
      #expect(numbers.count > 200)
      let highest = try #require(numbers.max())
      for number in 0...(highest + 10) {
        // On x86, libseccomp also allows the calls of sockets and of System V by way of the two that stand for all.
        if architecture == .x86, [102, 117, 337, 345].contains(number) || (359...402).contains(number) { continue }
        let expected: SeccompAction = numbers.contains(number) ? .allow : number > highest ? .unknown : .error(1)
        #expect(profile.answer(number: UInt32(number), architecture) == expected, "\(number) of \(architecture)")
      }
    }
    #expect(profile.machine.count < 4096)
  }
}

/// Calls newer than the profile.
struct UnknownCallTests {
  private func profile(_ defaultAction: String, errno: UInt32? = nil, _ architectures: String...) throws -> Profile {
    try Profile(
      Linux.Seccomp(
        defaultAction: defaultAction,
        defaultErrnoRet: errno,
        architectures: architectures,
        syscalls: [Linux.Seccomp.Rule(names: ["read", "openat2"], action: "SCMP_ACT_ALLOW")]
      )
    )
  }

  static let defaults: [(String, UInt32?, SeccompAction?)] = [
    ("SCMP_ACT_ERRNO", nil, .unknown), ("SCMP_ACT_ERRNO", 5, .unknown), ("SCMP_ACT_KILL", nil, .unknown),
    ("SCMP_ACT_KILL_PROCESS", nil, .unknown), ("SCMP_ACT_TRAP", nil, .unknown),
    ("SCMP_ACT_LOG", nil, SeccompAction(.log)), ("SCMP_ACT_TRACE", nil, SeccompAction(.trace, data: 1)),
    ("SCMP_ACT_ERRNO", 38, .unknown),
  ]

  @Test(arguments: Self.defaults)
  func aCallAboveTheHighestIsUnknown(name: String, errno: UInt32?, above: SeccompAction?) throws {
    let profile = try profile(name, errno: errno, "SCMP_ACT_X86_64".replacing("ACT", with: "ARCH"), "SCMP_ARCH_AARCH64")
    for architecture in [SeccompArchitecture.x86_64, .aarch64] {
      #expect(profile.answer(number: 437, architecture) == .allow)  // openat2
      for number in [438, 439, 462, 0x3fff_ffff] as [UInt32] {
        #expect(profile.answer(number: number, architecture) == above)
      }
      // Below it, the profile decides: it could have named the call.
      #expect(profile.answer(number: 436, architecture) != .unknown || errno == 38)
      #expect(profile.answer(number: 1, architecture) != .unknown || errno == 38)
    }
  }

  @Test func theCallsOfX32AreApartFromThoseOfX86_64() throws {
    let bit: UInt32 = 0x4000_0000
    let without = try profile("SCMP_ACT_ERRNO", "SCMP_ARCH_X86_64")
    #expect(without.answer(number: bit | 1) != .unknown)
    #expect(without.answer(number: bit | 1000) != .unknown)
    let with = try profile("SCMP_ACT_ERRNO", "SCMP_ARCH_X86_64", "SCMP_ARCH_X32", "SCMP_ARCH_X86")
    #expect(with.answer(number: bit | 437) == .allow)
    #expect(with.answer(number: bit | 436) == .error(1))
    #expect(with.answer(number: bit | 438) == .unknown)
    #expect(with.answer(number: 437) == .allow)
    #expect(with.answer(number: 438) == .unknown)
    #expect(with.answer(number: 437, .x86) == .allow)
    #expect(with.answer(number: 500, .x86) == .unknown)
  }

  @Test func eachArchitectureHasItsSectionAndTheRestComesToTheFilter() {
    let bounds: [UnknownCallStub.Bound] = [
      .init(architecture: .x86_64, number: 10), .init(architecture: .s390x, number: 30),
      .init(architecture: .x32, number: 0x4000_0014), .init(architecture: .aarch64, number: 40),
    ]
    let filter = FilterInstruction(code: 0x06, value: SeccompAction.allow.rawValue)
    let machine = FilterMachine((UnknownCallStub(bounds).instructions + [filter]).bytes)
    let expected: [(SeccompArchitecture, UInt32, SeccompAction)] = [
      (.x86_64, 0, .allow), (.x86_64, 10, .allow), (.x86_64, 11, .unknown), (.x86_64, 0x3fff_ffff, .unknown),
      (.x32, 0x4000_0000, .allow), (.x32, 0x4000_0014, .allow), (.x32, 0x4000_0015, .unknown),
      (.s390x, 0, .unknown), (.s390x, 1, .allow), (.s390x, 30, .allow), (.s390x, 31, .unknown),
      (.aarch64, 40, .allow), (.aarch64, 41, .unknown), (.aarch64, .max, .unknown), (.riscv64, 1000, .allow),
    ]
    for (architecture, number, action) in expected {
      #expect(machine.answer(number, architecture) == action.rawValue, "\(architecture) \(number)")
    }
    #expect(UnknownCallStub([]).instructions.isEmpty)
  }
}
