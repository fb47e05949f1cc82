import CSeccomp
import JSON
import LinuxABI
import LinuxSyscalls
import Seccomp
import SystemPackage

/// A filter of libseccomp in the making.
struct SeccompFilter: ~Copyable {
  private let handle: UInt

  private init(handle: UInt) { self.handle = handle }

  static func make(_ plan: SeccompPlan) throws(SeccompFailure) -> SeccompFilter {
    let filter = SeccompFilter(handle: cseccomp_init(plan.defaultAction.rawValue))
    guard filter.handle != 0 else {
      throw SeccompFailure([
        JSONProblem("linux.seccomp.defaultAction", "this kernel or libseccomp does not have the action")
      ])
    }
    var problems: [JSONProblem] = []
    for (index, architecture) in plan.architectures.enumerated() {
      filter.problem(
        "linux.seccomp.architectures[\(index)]",
        "\(architecture.rawValue) cannot be in a filter of this machine",
        cseccomp_arch_add(filter.handle, architecture.token),
        &problems
      )
    }
    // A binary tree, where it pays: libseccomp 2.5.4 and before make a wrong one of very few calls.
    let count = plan.rules.reduce(0) { $0 + $1.names.count }
    if count > 32 { _ = cseccomp_optimize(filter.handle, 2) }
    for rule in plan.rules where rule.action != plan.defaultAction { filter.add(rule, &problems) }
    if !problems.isEmpty { throw SeccompFailure(problems) }
    return filter
  }

  deinit { cseccomp_release(handle) }

  private func problem(
    _ path: @autoclosure () -> String,
    _ message: @autoclosure () -> String,
    _ answer: Int32,
    _ problems: inout [JSONProblem]
  ) {
    // What is there already is no problem.
    guard answer < 0, answer != -Errno.fileExists.rawValue else { return }
    problems.append(JSONProblem(path(), "\(message()): \(Errno(rawValue: -answer))"))
  }

  private func add(_ rule: SeccompPlan.Rule, _ problems: inout [JSONProblem]) {
    // libseccomp takes one comparison of each argument in a rule. Where an argument is compared twice, each comparison
    // becomes a rule of its own, of which one suffices: so runc reads such a profile too.
    let isRepeated = rule.conditions.enumerated().contains { index, condition in
      rule.conditions[..<index].contains { $0.argument == condition.argument }
    }
    let alternatives = isRepeated ? rule.conditions.map { [$0] } : [rule.conditions]
    for (position, name) in rule.names.enumerated() {
      let number = SeccompProgram.resolve(name, cseccomp_arch_native())
      if number == -1 { continue }  // __NR_SCMP_ERROR: unknown.
      for conditions in alternatives {
        problem(
          "linux.seccomp.syscalls[\(rule.index)].names[\(position)]",
          "there can be no such rule for \(name)",
          cseccomp_rule_add(
            handle,
            rule.action.rawValue,
            number,
            UInt32(conditions.count),
            Self.comparisons(conditions)
          ),
          &problems
        )
      }
    }
  }

  private static func comparisons(_ conditions: [SeccompCondition]) -> cseccomp_comparisons {
    let all = (0..<6).map { index in
      guard index < conditions.count else { return cseccomp_comparison(0, 0, 0, 0) }
      let condition = conditions[index]
      return cseccomp_comparison(
        condition.argument,
        condition.comparison.number,
        condition.value,
        condition.valueTwo
      )
    }
    return cseccomp_comparisons(list: (all[0], all[1], all[2], all[3], all[4], all[5]))
  }

  /// The program, by way of a file in memory: what libseccomp writes goes to a descriptor.
  borrowing func program() throws(SeccompFailure) -> [UInt8] {
    do throws(Errno) {
      let file = try Syscall.memoryFile("seccomp")
      let answer = cseccomp_export(handle, file.rawValue)
      if answer < 0 { throw Errno(rawValue: -answer) }
      try Syscall.rewind(file.borrowed)
      return try Syscall.readAll(file.borrowed)
    } catch {
      throw SeccompFailure([JSONProblem("linux.seccomp", "the program cannot be made: \(error)")])
    }
  }
}
