/// How a seccomp filter is installed, seccomp(2) "SECCOMP_SET_MODE_FILTER".
package struct SeccompFlags: OptionSet, Hashable, Sendable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }
  package init(arrayLiteral members: Self...) { rawValue = members.reduce(0) { $0 | $1.rawValue } }

  /// All threads of the process get the filter. The C constant is `SECCOMP_FILTER_FLAG_TSYNC`.
  package static var allThreads: Self { Self(rawValue: 1 << 0) }
  /// What the filter does not allow is logged. The C constant is `SECCOMP_FILTER_FLAG_LOG`.
  package static var log: Self { Self(rawValue: 1 << 1) }
  /// Speculation stays as fast as it was. The C constant is `SECCOMP_FILTER_FLAG_SPEC_ALLOW`.
  package static var allowSpeculation: Self { Self(rawValue: 1 << 2) }
  /// The call returns a descriptor to be notified on. The C constant is `SECCOMP_FILTER_FLAG_NEW_LISTENER`.
  package static var newListener: Self { Self(rawValue: 1 << 3) }
  /// A thread that cannot have the filter is an error, and not its id. The C constant is `SECCOMP_FILTER_FLAG_TSYNC_ESRCH`.
  package static var threadFailureIsError: Self { Self(rawValue: 1 << 4) }
  /// What waits for an answer is interrupted by fatal signals alone, since Linux 5.19.
  /// The C constant is `SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV`.
  package static var waitKillable: Self { Self(rawValue: 1 << 5) }
}

/// What a seccomp filter answers, the part of its value above the data, seccomp(2) "Return values".
package enum SeccompReturn: UInt32, CaseIterable, Hashable, Sendable {
  case killProcess = 0x8000_0000
  case killThread = 0x0000_0000
  case trap = 0x0003_0000
  case error = 0x0005_0000
  case notify = 0x7fc0_0000
  case trace = 0x7ff0_0000
  case log = 0x7ffc_0000
  case allow = 0x7fff_0000
}
