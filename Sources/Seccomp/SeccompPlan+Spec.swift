package import JSON
package import LinuxABI
package import OCISpec

extension SeccompPlan {
  /// Reads `linux.seccomp`; nil, with all that is wrong in `problems`, for one that cannot be meant.
  package init?(_ spec: Linux.Seccomp, problems: inout [JSONProblem]) {
    var reading = SeccompReading(spec)
    let plan = reading.plan()
    problems += reading.problems
    guard reading.problems.isEmpty else { return nil }
    self = plan
  }
}

/// `linux.seccomp` being read.
private struct SeccompReading {
  let spec: Linux.Seccomp
  var problems: [JSONProblem] = []

  init(_ spec: Linux.Seccomp) { self.spec = spec }

  private mutating func problem(_ path: String, _ message: String) {
    problems.append(JSONProblem("linux.seccomp.\(path)", message))
  }

  mutating func plan() -> SeccompPlan {
    let defaultAction = action(spec.defaultAction, spec.defaultErrnoRet, "defaultAction", "defaultErrnoRet")
    if defaultAction.kind == .notify {
      problem(
        "defaultAction",
        "SCMP_ACT_NOTIFY cannot decide about every call: the one that hands over the listener waits for it"
      )
    }
    let architectures = planArchitectures()
    let rules = planRules()
    let notifies = rules.contains { $0.action.kind == .notify }
    return SeccompPlan(
      defaultAction: defaultAction,
      architectures: architectures,
      flags: planFlags(notifies: notifies),
      rules: rules,
      listener: planListener(notifies: notifies)
    )
  }

  /// An action by its name. Where no errno is given, it is EPERM, config-linux.md "Seccomp".
  private mutating func action(
    _ name: String,
    _ errno: UInt32?,
    _ path: @autoclosure () -> String,
    _ errnoPath: @autoclosure () -> String
  ) -> SeccompAction {
    guard let kind = SeccompAction.names.first(where: { $0.name == name })?.kind else {
      problem(path(), notOne(name, of: SeccompAction.names.map(\.name), "an action"))
      return SeccompAction(.error)
    }
    guard kind == .error || kind == .trace else {
      if errno != nil { problem(errnoPath(), "\(name) has no errno: SCMP_ACT_ERRNO and SCMP_ACT_TRACE have") }
      return SeccompAction(kind)
    }
    let errno = errno ?? 1  // EPERM
    // libseccomp takes less than MAX_ERRNO, the most that the kernel returns; a tracer gets 16 bits.
    let most: UInt32 = kind == .error ? 4094 : 65535
    if errno > most { problem(errnoPath(), "\(errno) is out of range: the most is \(most)") }
    return SeccompAction(kind, data: UInt16(min(errno, most)))
  }

  private func notOne(_ name: String, of names: [String], _ what: String) -> String {
    let nearest = nearestName(to: name, among: names)
    return "\"\(name)\" is not \(what)"
      + (nearest.map { "; is \"\($0)\" meant?" } ?? ": \(names.joined(separator: ", "))")
  }

  private mutating func planArchitectures() -> [SeccompArchitecture] {
    var architectures: [SeccompArchitecture] = []
    for (index, name) in (spec.architectures ?? []).enumerated() where name != "SCMP_ARCH_NATIVE" {
      guard let architecture = SeccompArchitecture(rawValue: name) else {
        let names = SeccompArchitecture.allCases.map(\.rawValue)
        problem("architectures[\(index)]", notOne(name, of: names, "an architecture"))
        continue
      }
      if !architectures.contains(architecture) { architectures.append(architecture) }
    }
    return architectures
  }

  /// Without a list of flags, `SECCOMP_FILTER_FLAG_SPEC_ALLOW`: since Linux 5.16 the kernel's own default is the same.
  private mutating func planFlags(notifies: Bool) -> SeccompFlags {
    var flags: SeccompFlags = spec.flags == nil ? [.allowSpeculation] : []
    let names = SeccompFlags.names
    for (index, name) in (spec.flags ?? []).enumerated() {
      if let flag = names.first(where: { $0.name == name })?.flag {
        flags.insert(flag)
      } else {
        problem("flags[\(index)]", notOne(name, of: names.map(\.name), "a flag"))
      }
    }
    if notifies {
      flags.insert(.newListener)
      // With a listener, the call's answer is its descriptor and cannot be a thread's id too, seccomp(2).
      if flags.contains(.allThreads) { flags.insert(.threadFailureIsError) }
    } else {
      flags.remove(.waitKillable)  // Nothing waits, and the kernel refuses the flag.
    }
    return flags
  }

  private mutating func planListener(notifies: Bool) -> SeccompPlan.Listener? {
    guard notifies else {
      if spec.listenerMetadata != nil, (spec.listenerPath ?? "").isEmpty {
        problem("listenerMetadata", "it is for a listener, and there is no listenerPath")
      }
      return nil
    }
    guard let path = spec.listenerPath, !path.isEmpty else {
      problem("listenerPath", "an action is SCMP_ACT_NOTIFY: the path of the socket that is to decide is needed here")
      return nil
    }
    if !path.hasPrefix("/") { problem("listenerPath", "\"\(path)\" is not an absolute path") }
    return SeccompPlan.Listener(path: path, metadata: spec.listenerMetadata)
  }

  // MARK: Rules

  private mutating func planRules() -> [SeccompPlan.Rule] {
    var rules: [SeccompPlan.Rule] = []
    for (index, rule) in (spec.syscalls ?? []).enumerated() {
      let place = "syscalls[\(index)]"
      if rule.names.isEmpty { problem("\(place).names", "a rule needs the name of a system call") }
      for (position, name) in rule.names.enumerated() where name.isEmpty {
        problem("\(place).names[\(position)]", "a name cannot be empty")
      }
      let action = action(rule.action, rule.errnoRet, "\(place).action", "\(place).errnoRet")
      if action.kind == .notify, let position = rule.names.firstIndex(of: "write") {
        problem(
          "\(place).names[\(position)]",
          "SCMP_ACT_NOTIFY cannot decide about write: the listener is handed over by it, and would wait for itself"
        )
      }
      rules.append(
        SeccompPlan.Rule(
          names: rule.names,
          action: action,
          conditions: conditions(rule.args ?? [], place),
          index: index
        )
      )
    }
    return rules
  }

  private mutating func conditions(_ arguments: [Linux.Seccomp.Argument], _ place: String) -> [SeccompCondition] {
    var conditions: [SeccompCondition] = []
    for (index, argument) in arguments.enumerated() {
      if argument.index > 5 {
        problem(
          "\(place).args[\(index)].index",
          "\(argument.index) is out of range: a system call has arguments 0 to 5"
        )
      }
      guard let comparison = SeccompCondition.Comparison(rawValue: argument.op) else {
        let names = SeccompCondition.Comparison.allCases.map(\.rawValue)
        problem("\(place).args[\(index)].op", notOne(argument.op, of: names, "a comparison"))
        continue
      }
      conditions.append(
        SeccompCondition(
          argument: argument.index,
          comparison: comparison,
          value: argument.value,
          valueTwo: comparison == .masked ? argument.valueTwo ?? 0 : 0
        )
      )
    }
    return conditions
  }
}

extension SeccompFlags {
  /// The flags by their names in the specification.
  package static var names: [(name: String, flag: SeccompFlags)] {
    [
      ("SECCOMP_FILTER_FLAG_TSYNC", .allThreads), ("SECCOMP_FILTER_FLAG_LOG", .log),
      ("SECCOMP_FILTER_FLAG_SPEC_ALLOW", .allowSpeculation),
      ("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", .waitKillable),
    ]
  }
}
