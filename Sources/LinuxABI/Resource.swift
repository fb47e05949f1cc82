/// A resource that setrlimit(2) limits, by the specification's name.
package enum Resource: String, CaseIterable, Hashable, Sendable, Codable {
  case cpu = "RLIMIT_CPU"
  case fileSize = "RLIMIT_FSIZE"
  case data = "RLIMIT_DATA"
  case stack = "RLIMIT_STACK"
  case core = "RLIMIT_CORE"
  case residentSet = "RLIMIT_RSS"
  case processes = "RLIMIT_NPROC"
  case openFiles = "RLIMIT_NOFILE"
  case lockedMemory = "RLIMIT_MEMLOCK"
  case addressSpace = "RLIMIT_AS"
  case locks = "RLIMIT_LOCKS"
  case pendingSignals = "RLIMIT_SIGPENDING"
  case messageQueues = "RLIMIT_MSGQUEUE"
  case nice = "RLIMIT_NICE"
  case realTimePriority = "RLIMIT_RTPRIO"
  case realTimeTime = "RLIMIT_RTTIME"

  /// The kernel's number of the resource.
  package var number: Int32 { Int32(Self.allCases.firstIndex(of: self) ?? 0) }

  /// The name that docker's `--ulimit` and ulimit(1p) use: `nofile`.
  package var shortName: String { rawValue.dropFirst("RLIMIT_".count).lowercased() }
}

/// The size of a terminal in characters, ioctl_tty(2) "struct winsize".
package struct TerminalSize: Hashable, Sendable {
  package var rows: UInt16
  package var columns: UInt16

  package init(rows: UInt16, columns: UInt16) {
    self.rows = rows
    self.columns = columns
  }
}

/// A resource's two limits; `UInt64.max` is no limit, getrlimit(2).
package struct ResourceLimit: Hashable, Sendable {
  package var resource: Resource
  package var soft: UInt64
  package var hard: UInt64

  package init(resource: Resource, soft: UInt64, hard: UInt64) {
    self.resource = resource
    self.soft = soft
    self.hard = hard
  }
}
