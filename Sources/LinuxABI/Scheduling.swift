/// A scheduling policy by its name in the specification, sched(7).
package enum SchedulingPolicy: String, CaseIterable, Hashable, Sendable {
  case other = "SCHED_OTHER"
  case fifo = "SCHED_FIFO"
  case roundRobin = "SCHED_RR"
  case batch = "SCHED_BATCH"
  case isolated = "SCHED_ISO"
  case idle = "SCHED_IDLE"
  case deadline = "SCHED_DEADLINE"

  /// The kernel's number of the policy.
  package var number: UInt32 { UInt32(Self.allCases.firstIndex(of: self) ?? 0) }
}

/// What sched_setattr(2) sets; times are in nanoseconds.
package struct SchedulingAttributes: Hashable, Sendable {
  package var policy: SchedulingPolicy
  package var flags: UInt64 = 0
  package var nice: Int32 = 0
  package var priority: UInt32 = 0
  package var runtime: UInt64 = 0
  package var deadline: UInt64 = 0
  package var period: UInt64 = 0

  package init(policy: SchedulingPolicy) { self.policy = policy }

  /// The flags by their names in the specification, sched_setattr(2) "sched_flags".
  package static var flags: [(name: String, value: UInt64)] {
    [
      ("SCHED_FLAG_RESET_ON_FORK", 0x01), ("SCHED_FLAG_RECLAIM", 0x02), ("SCHED_FLAG_DL_OVERRUN", 0x04),
      ("SCHED_FLAG_KEEP_POLICY", 0x08), ("SCHED_FLAG_KEEP_PARAMS", 0x10), ("SCHED_FLAG_UTIL_CLAMP_MIN", 0x20),
      ("SCHED_FLAG_UTIL_CLAMP_MAX", 0x40),
    ]
  }
}

/// A class of input and output priority by its name in the specification, ioprio_set(2).
package enum IOPriorityClass: String, CaseIterable, Hashable, Sendable {
  case none = "IOPRIO_CLASS_NONE"
  case realTime = "IOPRIO_CLASS_RT"
  case bestEffort = "IOPRIO_CLASS_BE"
  case idle = "IOPRIO_CLASS_IDLE"

  /// The value that ioprio_set(2) takes for this class and a priority in it.
  package func value(priority: Int) -> Int32 {
    Int32(Self.allCases.firstIndex(of: self) ?? 0) << 13 | Int32(truncatingIfNeeded: priority)
  }
}

/// A policy for the placement of memory by its name in the specification, set_mempolicy(2).
package enum MemoryPolicyMode: String, CaseIterable, Hashable, Sendable {
  case `default` = "MPOL_DEFAULT"
  case preferred = "MPOL_PREFERRED"
  case bind = "MPOL_BIND"
  case interleave = "MPOL_INTERLEAVE"
  case local = "MPOL_LOCAL"
  case preferredMany = "MPOL_PREFERRED_MANY"
  case weightedInterleave = "MPOL_WEIGHTED_INTERLEAVE"

  /// The kernel's number of the mode.
  package var number: Int32 { Int32(Self.allCases.firstIndex(of: self) ?? 0) }

  /// The mode's flags by their names in the specification.
  package static var flags: [(name: String, value: Int32)] {
    [
      ("MPOL_F_STATIC_NODES", 1 << 15), ("MPOL_F_RELATIVE_NODES", 1 << 14), ("MPOL_F_NUMA_BALANCING", 1 << 13),
    ]
  }
}

/// A set of processors or memory nodes as the kernel lists them, cpuset(7) "List format": `0-3,7`.
package struct NumberList: Hashable, Sendable {
  /// The members as bits, 64 a word.
  package var words: [UInt64]

  package init(bits words: [UInt64]) { self.words = words }

  /// How many numbers the list names.
  package var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

  /// Every number that a list can name.
  package static var all: Self { Self(bits: [UInt64](repeating: .max, count: 8192 / 64)) }

  /// Reads a list; nil for what is none, or names a number above 8191.
  package init?(_ text: String) {
    words = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { UInt32($0) }
      guard let first = ends[0], let last = ends[ends.count - 1], ends.count <= 2, first <= last, last < 8192
      else { return nil }
      for number in first...last {
        let word = Int(number / 64)
        while words.count <= word { words.append(0) }
        words[word] |= 1 << UInt64(number % 64)
      }
    }
  }
}
