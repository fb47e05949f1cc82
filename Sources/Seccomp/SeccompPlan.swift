package import LinuxABI

/// `linux.seccomp` as it was understood: what is left to do is to make a program of it.
package struct SeccompPlan: Hashable, Sendable {
  package var defaultAction: SeccompAction
  /// The architectures besides the machine's own, which every filter has.
  package var architectures: [SeccompArchitecture]
  package var flags: SeccompFlags
  package var rules: [Rule]
  /// Who decides about the calls whose action is to notify.
  package var listener: Listener?

  /// What happens to these calls, if all conditions of one of the alternatives are met.
  package struct Rule: Hashable, Sendable {
    package var names: [String]
    package var action: SeccompAction
    package var conditions: [SeccompCondition]
    /// The rule's index in the specification.
    package var index: Int
  }

  /// The socket that gets the descriptor of notifications, and what is told there beside the container's state.
  package struct Listener: Hashable, Sendable {
    package var path: String
    package var metadata: String?
  }
}

/// What a filter answers: a kind, and for some kinds an errno or a number for the tracer, seccomp(2) "Return values".
package struct SeccompAction: Hashable, Sendable {
  package var kind: SeccompReturn
  package var data: UInt16

  package init(_ kind: SeccompReturn, data: UInt16 = 0) {
    self.kind = kind
    self.data = data
  }

  /// The filter's return value.
  package var rawValue: UInt32 { kind.rawValue | UInt32(data) }

  /// The actions by their names in the specification.
  package static var names: [(name: String, kind: SeccompReturn)] {
    [
      ("SCMP_ACT_KILL", .killThread), ("SCMP_ACT_KILL_PROCESS", .killProcess), ("SCMP_ACT_KILL_THREAD", .killThread),
      ("SCMP_ACT_TRAP", .trap), ("SCMP_ACT_ERRNO", .error), ("SCMP_ACT_TRACE", .trace), ("SCMP_ACT_ALLOW", .allow),
      ("SCMP_ACT_LOG", .log), ("SCMP_ACT_NOTIFY", .notify),
    ]
  }
}

/// A comparison of an argument of a call with a value.
package struct SeccompCondition: Hashable, Sendable {
  /// The argument, from 0 to 5.
  package var argument: UInt32
  package var comparison: Comparison
  /// With `masked` the mask, and otherwise what the argument is compared with.
  package var value: UInt64
  /// With `masked` what the masked argument is compared with.
  package var valueTwo: UInt64

  /// A comparison by its name in the specification; libseccomp counts them from 1.
  package enum Comparison: String, CaseIterable, Hashable, Sendable {
    case notEqual = "SCMP_CMP_NE"
    case less = "SCMP_CMP_LT"
    case lessOrEqual = "SCMP_CMP_LE"
    case equal = "SCMP_CMP_EQ"
    case greaterOrEqual = "SCMP_CMP_GE"
    case greater = "SCMP_CMP_GT"
    case masked = "SCMP_CMP_MASKED_EQ"

    /// libseccomp's number of it.
    package var number: Int32 { Int32(Self.allCases.firstIndex(of: self) ?? 0) + 1 }
  }
}

extension SeccompPlan {
  /// The plan as bytes that two plans share exactly if they make the same program: the key of its cache.
  ///
  /// Numbers are on lines of their own, and names are preceded by their length: no name can pass for something else.
  package var programKey: [UInt8] {
    var key: [UInt8] = []
    key.reserveCapacity(16384)
    func add(_ number: some BinaryInteger) {
      key += String(number).utf8
      key.append(UInt8(ascii: "\n"))
    }
    add(defaultAction.rawValue)
    add(architectures.count)
    for architecture in architectures { add(architecture.token) }
    for rule in rules {
      add(rule.action.rawValue)
      add(rule.conditions.count)
      for condition in rule.conditions {
        add(condition.argument)
        add(condition.comparison.number)
        add(condition.value)
        add(condition.valueTwo)
      }
      add(rule.names.count)
      for name in rule.names {
        add(name.utf8.count)
        key += name.utf8
      }
    }
    return key
  }
}
