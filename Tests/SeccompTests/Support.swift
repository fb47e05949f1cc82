import JSON
import LinuxABI
import OCISpec
import Seccomp
import SeccompCompilation
import Testing

/// A machine for classic BPF as seccomp(2) has it: what a program answers to a call. It refuses what the kernel refuses.
struct FilterMachine {
  private let program: [FilterInstruction]

  init(_ bytes: [UInt8]) {
    program = stride(from: 0, to: bytes.count, by: 8).map { start in
      let words = (0..<8).map { UInt32(bytes[start + $0]) }
      return FilterInstruction(
        code: UInt16(words[0] | words[1] << 8),
        ifTrue: UInt8(words[2]),
        ifFalse: UInt8(words[3]),
        value: words[4] | words[5] << 8 | words[6] << 16 | words[7] << 24
      )
    }
  }

  var count: Int { program.count }

  /// The answer to a call; nil for a program that is wrong.
  func answer(_ number: UInt32, _ architecture: SeccompArchitecture, _ arguments: [UInt64] = []) -> UInt32? {
    // struct seccomp_data: the number, the architecture, the instruction's address, six arguments.
    var words: [UInt32] = [number, architecture.auditNumber, 0, 0]
    for index in 0..<6 {
      let argument = index < arguments.count ? arguments[index] : 0
      words += [UInt32(truncatingIfNeeded: argument), UInt32(argument >> 32)]
    }
    var accumulator: UInt32 = 0
    var place = 0
    while place < program.count {
      let instruction = program[place]
      let value = instruction.value
      place += 1
      func test(_ isTrue: Bool) { place += Int(isTrue ? instruction.ifTrue : instruction.ifFalse) }
      switch instruction.code {
      case 0x20:
        guard value % 4 == 0, value < 64 else { return nil }
        accumulator = words[Int(value / 4)]
      case 0x05: place += Int(value)
      case 0x15: test(accumulator == value)
      case 0x25: test(accumulator > value)
      case 0x35: test(accumulator >= value)
      case 0x45: test(accumulator & value != 0)
      case 0x54: accumulator &= value
      case 0x06: return value
      default: return nil
      }
    }
    return nil
  }
}

/// A profile's program on the machine, with calls by their names.
struct Profile {
  let machine: FilterMachine
  let bytes: [UInt8]

  init(_ spec: Linux.Seccomp) throws {
    bytes = try SeccompProgram(compiling: try plan(spec)).bytes
    machine = FilterMachine(bytes)
  }

  func answer(
    _ name: String,
    _ architecture: SeccompArchitecture = .x86_64,
    _ arguments: UInt64...
  ) throws -> SeccompAction? {
    let number = SeccompProgram.resolve(name, architecture.token)
    try #require(number >= 0, "\(name) is not a call of \(architecture)")
    return action(machine.answer(UInt32(number), architecture, arguments))
  }

  func answer(number: UInt32, _ architecture: SeccompArchitecture = .x86_64) -> SeccompAction? {
    action(machine.answer(number, architecture))
  }

  private func action(_ value: UInt32?) -> SeccompAction? {
    guard let value, let kind = SeccompReturn(rawValue: value & 0xffff_0000) else { return nil }
    return SeccompAction(kind, data: UInt16(value & 0xffff))
  }
}

/// The plan of a profile that is right.
func plan(_ spec: Linux.Seccomp) throws -> SeccompPlan {
  var problems: [JSONProblem] = []
  let plan = SeccompPlan(spec, problems: &problems)
  try #require(problems.isEmpty, "\(problems)")
  return try #require(plan)
}

/// The problems of a profile, as `place: message`.
func problems(_ spec: Linux.Seccomp) -> [String] {
  var problems: [JSONProblem] = []
  let plan = SeccompPlan(spec, problems: &problems)
  #expect((plan == nil) == !problems.isEmpty)
  return problems.map { "\($0.path): \($0.message)" }
}

extension SeccompAction {
  static func error(_ number: UInt16) -> Self { Self(.error, data: number) }
  static var allow: Self { Self(.allow) }
  /// What the kernel answers to a call that it doesn't have.
  static var unknown: Self { error(38) }
}
