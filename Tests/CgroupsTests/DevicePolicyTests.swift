import Cgroups
import JSON
import LinuxABI
import OCISpec
import Testing

/// Rules of the specification as exceptions, as writes of version 1, and as a program of version 2.
struct DevicePolicyTests {
  private func policy(_ rules: String, problems: inout [JSONProblem], specified: [String] = []) throws -> DevicePolicy {
    DevicePolicy(
      try resources(#"{"devices":\#(rules)}"#).devices ?? [],
      specified: specified,
      problems: &problems
    )
  }

  private func policy(_ rules: String) throws -> DevicePolicy {
    var problems: [JSONProblem] = []
    let policy = try policy(rules, problems: &problems)
    #expect(problems.isEmpty)
    return policy
  }

  /// What every container may do.
  static let defaults = [
    "devices.allow c *:* m", "devices.allow b *:* m", "devices.allow c 1:3 rwm", "devices.allow c 1:5 rwm",
    "devices.allow c 1:7 rwm", "devices.allow c 1:8 rwm", "devices.allow c 1:9 rwm", "devices.allow c 5:0 rwm",
    "devices.allow c 136:* rwm", "devices.allow c 5:2 rwm", "devices.allow c 10:200 rwm",
  ]

  static let cases: [(rules: String, writes: [String])] = [
    ("[]", ["devices.deny a *:* rwm"] + defaults),
    (#"[{"allow":false,"access":"rwm"}]"#, ["devices.deny a *:* rwm"] + defaults),
    (
      #"[{"allow":true,"type":"b","major":8,"minor":0,"access":"r"},{"allow":true,"type":"b","major":8,"access":"wr"}]"#,
      ["devices.deny a *:* rwm", "devices.allow b 8:0 r", "devices.allow b 8:* rw"] + defaults
    ),
    // The same device twice is one exception; a later rule takes a part of it away.
    (
      #"[{"allow":true,"type":"c","major":4,"minor":1,"access":"r"},{"allow":true,"type":"c","major":4,"minor":1,"access":"w"}]"#,
      ["devices.deny a *:* rwm", "devices.allow c 4:1 rw"] + defaults
    ),
    (
      #"[{"allow":true,"type":"c","major":4,"minor":1,"access":"rwm"},{"allow":false,"type":"c","major":4,"minor":1,"access":"w"}]"#,
      ["devices.deny a *:* rwm", "devices.allow c 4:1 rm"] + defaults
    ),
    (
      #"[{"allow":true,"type":"c","major":4,"minor":1,"access":"rw"},{"allow":false,"type":"c","major":4,"minor":1,"access":"rwm"}]"#,
      ["devices.deny a *:* rwm"] + defaults
    ),
    // A rule for all devices empties the list.
    (
      #"[{"allow":true,"type":"c","major":4,"minor":1,"access":"r"},{"allow":false,"type":"a","access":"r"}]"#,
      ["devices.deny a *:* rwm"] + defaults
    ),
    (#"[{"allow":true,"access":"rwm"}]"#, ["devices.allow a *:* rwm"]),
    (
      #"[{"allow":true,"access":"rwm"},{"allow":false,"type":"b","major":8,"access":"w"}]"#,
      ["devices.allow a *:* rwm", "devices.deny b 8:* w"]
    ),
    // -1 stands for all, and denying what is not allowed changes nothing.
    (
      #"[{"allow":true,"type":"c","major":-1,"minor":7,"access":"w"},{"allow":false,"type":"c","major":9,"minor":9,"access":"r"}]"#,
      ["devices.deny a *:* rwm", "devices.allow c *:7 w"] + defaults
    ),
    // Other letters mean nothing.
    (
      #"[{"allow":true,"type":"c","major":1,"minor":11,"access":"rxwa"}]"#,
      ["devices.deny a *:* rwm", "devices.allow c 1:11 rw"] + defaults
    ),
  ]

  @Test(arguments: Self.cases.indices) func rulesBecomeWrites(_ index: Int) throws {
    let (rules, writes) = Self.cases[index]
    #expect(try policy(rules).writes.map { "\($0.file) \($0.text)" } == writes)
  }

  static let problems: [(rules: String, path: String, message: String)] = [
    (#"[{"allow":true,"type":"c"}]"#, "[0].access", "device access field cannot be empty"),
    (#"[{"allow":true,"access":""}]"#, "[0].access", "device access field cannot be empty"),
    (#"[{"allow":true,"access":"x"}]"#, "[0].access", #""x" has none of the letters r, w and m"#),
    (#"[{"allow":true,"type":"p","access":"r"}]"#, "[0].type", #""p" is not a type of device: a, b or c"#),
    (
      #"[{"allow":true,"type":"c","major":-2,"access":"r"}]"#, "[0].major", "-2 is out of range for a device number"
    ),
    (
      #"[{"allow":true,"type":"c","minor":4294967296,"access":"r"}]"#, "[0].minor",
      "4294967296 is out of range for a device number"
    ),
    (
      #"[{"allow":true,"type":"c","major":4,"access":"rw"},{"allow":false,"type":"c","major":4,"minor":2,"access":"wm"}]"#,
      "[1]", "denying c 4:2 wm makes a hole in c 4:* rw, which device cgroups cannot have"
    ),
    (
      #"[{"allow":true,"access":"rwm"},{"allow":false,"type":"c","access":"rwm"},{"allow":true,"type":"c","major":4,"access":"r"}]"#,
      "[2]", "allowing c 4:* r makes a hole in c *:* rwm, which device cgroups cannot have"
    ),
  ]

  @Test(arguments: Self.problems.indices) func problemsNameTheirRule(_ index: Int) throws {
    let (rules, path, message) = Self.problems[index]
    var problems: [JSONProblem] = []
    _ = try policy(rules, problems: &problems)
    #expect(problems.first == JSONProblem("linux.resources.devices\(path)", message))
  }

  @Test func aDeviceOfTheSpecificationReplacesTheDefaultOne() throws {
    var problems: [JSONProblem] = []
    let writes = try policy("[]", problems: &problems, specified: ["/dev/null", "/dev/fuse"]).writes.map(\.text)
    #expect(problems.isEmpty)
    #expect(!writes.contains("c 1:3 rwm"))
    #expect(writes.contains("c 1:5 rwm"))
  }

  // MARK: The program

  /// Runs a program as the kernel does: the argument's three words are what its loads read.
  private func run(_ program: [BPFInstruction], words: [UInt32]) throws -> UInt64 {
    var registers = [UInt64](repeating: 0, count: 11)
    var place = 0
    while program.indices.contains(place) {
      let instruction = program[place]
      let destination = Int(instruction.destination)
      let value = UInt32(truncatingIfNeeded: registers[destination])
      let immediate = UInt32(bitPattern: instruction.immediate)
      place += 1
      switch instruction.code {
      case 0x61: registers[destination] = UInt64(words[Int(instruction.offset) / 4])
      case 0x54: registers[destination] = UInt64(value & immediate)
      case 0x74: registers[destination] = UInt64(value >> immediate)
      case 0xbc: registers[destination] = registers[Int(instruction.source)] & 0xffff_ffff
      case 0xb7: registers[destination] = UInt64(immediate)
      case 0x56: if value != immediate { place += Int(instruction.offset) }
      case 0x16: if value == immediate { place += Int(instruction.offset) }
      case 0x95: return registers[0]
      default: throw JSONProblem("", "instruction \(instruction.code)")
      }
    }
    throw JSONProblem("", "the program runs over its end")
  }

  static let rules = #"""
    [{"allow":true,"type":"b","major":8,"minor":1,"access":"rw"},{"allow":true,"type":"c","major":4294967295,"access":"r"},
     {"allow":true,"type":"c","minor":77,"access":"w"}]
    """#

  static let questions: [(isBlock: Bool, major: UInt32, minor: UInt32, access: DeviceAccess, isAllowed: Bool)] = [
    (true, 8, 1, .read, true), (true, 8, 1, [.read, .write], true), (true, 8, 1, .mknod, true),
    (true, 8, 1, [.read, .mknod], false), (true, 8, 2, .read, false), (true, 9, 1, .read, false),
    (false, 8, 1, .read, false), (false, 8, 1, .mknod, true), (false, 4_294_967_295, 0, .read, true),
    (false, 4_294_967_295, 9, .read, true), (false, 4_294_967_295, 9, .write, false), (false, 1, 77, .write, true),
    (false, 1, 77, .read, false), (false, 1, 3, .all, true), (true, 1, 3, .read, false), (false, 136, 9, .all, true),
    (false, 5, 1, .read, false),
  ]

  @Test(arguments: Self.questions.indices) func theProgramAnswersAsThePolicy(_ index: Int) throws {
    let (isBlock, major, minor, access, isAllowed) = Self.questions[index]
    let words = [(isBlock ? 1 : 2) | access.rawValue << 16, major, minor]
    #expect(try run(try policy(Self.rules).program, words: words) == (isAllowed ? 1 : 0))
  }

  @Test(
    arguments: [
      (DeviceAccess.read, true), (.write, false), ([.read, .write], false), (.mknod, true), (.all, false),
    ] as [(DeviceAccess, Bool)]
  )
  func whatIsDeniedInPartIsDeniedAsAWhole(_ access: DeviceAccess, _ isAllowed: Bool) throws {
    let rules = #"[{"allow":true,"access":"rwm"},{"allow":false,"type":"b","major":8,"access":"w"}]"#
    let program = try policy(rules).program
    #expect(try run(program, words: [1 | access.rawValue << 16, 8, 3]) == (isAllowed ? 1 : 0))
    #expect(try run(program, words: [2 | access.rawValue << 16, 8, 3]) == 1)
  }

  @Test func instructionsAreEncodedAsTheKernelReadsThem() {
    #expect(BPFInstruction.loadWord(2, from: 1, offset: 4).encoded == 0x0000_0000_0004_1261)
    #expect(BPFInstruction.jump(ifNot: 4, 0xffff_fffe, offset: 3).encoded == 0xffff_fffe_0003_0456)
    #expect(BPFInstruction.exit.encoded == 0x95)
  }
}
