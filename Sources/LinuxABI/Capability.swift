/// A set of capabilities, one bit each, as capabilities(7) numbers them.
package struct CapabilitySet: OptionSet, Hashable, Sendable {
  package let rawValue: UInt64
  package init(rawValue: UInt64) { self.rawValue = rawValue }
  package init(arrayLiteral members: Self...) { rawValue = members.reduce(0) { $0 | $1.rawValue } }

  /// All capability names, in the kernel's order: a name's index is its number.
  package static var names: [String] {
    [
      "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID",
      "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST",
      "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK", "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO",
      "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE",
      "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE",
      "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM",
      "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
    ]
  }

  /// Every capability that this list knows.
  package static var all: Self { Self(rawValue: (1 << UInt64(names.count)) - 1) }

  /// The capability that makes mounts and most namespaces, `CAP_SYS_ADMIN`.
  package static var systemAdministration: Self { Self(rawValue: 1 << 21) }
  /// The corresponding C constant is `CAP_SETUID`.
  package static var setUserID: Self { Self(rawValue: 1 << 7) }

  /// The capability with this name, in the specification's spelling, `CAP_NET_ADMIN`.
  package init?(name: String) {
    guard let index = Self.names.firstIndex(of: name) else { return nil }
    self.init(rawValue: 1 << UInt64(index))
  }

  /// Reads a list of names; calls `unknown` with the place and the name of each that is none.
  package init(names list: [String], unknown: (Int, String) -> Void) {
    let names = Self.names
    var set: UInt64 = 0
    // Lists come in the kernel's order, as a rule: the next name is looked for behind the last.
    var next = 0
    for (place, name) in list.enumerated() {
      guard let index = names[next...].firstIndex(of: name) ?? names[..<next].firstIndex(of: name) else {
        unknown(place, name)
        continue
      }
      set |= 1 << UInt64(index)
      next = index
    }
    self.init(rawValue: set)
  }

  /// The members' names in the kernel's order.
  package var names: [String] {
    Self.names.enumerated().compactMap { rawValue & (1 << UInt64($0.offset)) != 0 ? $0.element : nil }
  }

  /// The members' numbers, in rising order.
  package var numbers: [Int] {
    (0..<64).filter { rawValue & (1 << UInt64($0)) != 0 }
  }
}

/// The five capability sets of a thread, capabilities(7) "Thread capability sets".
package struct CapabilitySets: Hashable, Sendable {
  package var bounding: CapabilitySet
  package var effective: CapabilitySet
  package var permitted: CapabilitySet
  package var inheritable: CapabilitySet
  package var ambient: CapabilitySet

  package init(
    bounding: CapabilitySet,
    effective: CapabilitySet,
    permitted: CapabilitySet,
    inheritable: CapabilitySet = [],
    ambient: CapabilitySet = []
  ) {
    self.bounding = bounding
    self.effective = effective
    self.permitted = permitted
    self.inheritable = inheritable
    self.ambient = ambient
  }
}
