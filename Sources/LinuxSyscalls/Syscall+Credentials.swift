import CLinux
package import LinuxABI
package import SystemPackage

extension Syscall {
  /// The C function is `geteuid`.
  package static var effectiveUserID: UInt32 { UInt32(linux_geteuid()) }
  /// The C function is `getegid`.
  package static var effectiveGroupID: UInt32 { UInt32(linux_getegid()) }

  /// The supplementary groups of this process. The C function is `getgroups`.
  package static func groups() throws(Errno) -> [UInt32] {
    let count = try check(linux_getgroups(0, nil))
    var groups = [UInt32](repeating: 0, count: count)
    let answer = unsafe groups.withUnsafeMutableBufferPointer { unsafe linux_getgroups(count, $0.baseAddress) }
    return Array(groups.prefix(try check(answer)))
  }

  /// Sets the real, effective and saved user id. The C function is `setresuid`.
  package static func setUserID(_ id: UInt32) throws(Errno) { try check(linux_setresuid(id, id, id)) }

  /// Sets the real, effective and saved group id. The C function is `setresgid`.
  package static func setGroupID(_ id: UInt32) throws(Errno) { try check(linux_setresgid(id, id, id)) }

  /// Sets the supplementary groups. The C function is `setgroups`.
  package static func setGroups(_ groups: [UInt32]) throws(Errno) {
    let answer = unsafe groups.withUnsafeBufferPointer { unsafe linux_setgroups(UInt($0.count), $0.baseAddress) }
    try check(answer)
  }

  /// This thread's effective, permitted and inheritable capabilities. The C function is `capget`.
  package static func capabilities() throws(Errno) -> (
    effective: CapabilitySet, permitted: CapabilitySet, inheritable: CapabilitySet
  ) {
    var header = __user_cap_header_struct(version: 0x2008_0522, pid: 0)  // _LINUX_CAPABILITY_VERSION_3
    var data = [__user_cap_data_struct](repeating: __user_cap_data_struct(), count: 2)
    let answer = unsafe data.withUnsafeMutableBufferPointer { data -> Int in
      guard let base = data.baseAddress else { return -22 }
      return unsafe linux_capget(&header, base)
    }
    try check(answer)
    func join(_ low: UInt32, _ high: UInt32) -> CapabilitySet {
      CapabilitySet(rawValue: UInt64(low) | UInt64(high) << 32)
    }
    return (
      join(data[0].effective, data[1].effective), join(data[0].permitted, data[1].permitted),
      join(data[0].inheritable, data[1].inheritable)
    )
  }

  /// Sets this thread's effective, permitted and inheritable capabilities. The C function is `capset`.
  package static func setCapabilities(_ sets: CapabilitySets) throws(Errno) {
    var header = __user_cap_header_struct(version: 0x2008_0522, pid: 0)
    let data = [UInt64(0), 32].map { shift in
      __user_cap_data_struct(
        effective: UInt32(truncatingIfNeeded: sets.effective.rawValue >> shift),
        permitted: UInt32(truncatingIfNeeded: sets.permitted.rawValue >> shift),
        inheritable: UInt32(truncatingIfNeeded: sets.inheritable.rawValue >> shift)
      )
    }
    let answer = unsafe data.withUnsafeBufferPointer { data -> Int in
      guard let base = data.baseAddress else { return -22 }
      return unsafe linux_capset(&header, base)
    }
    try check(answer)
  }

  /// Whether a capability is in this thread's bounding set; nil if the kernel has no such capability.
  /// The C function is `prctl`, `PR_CAPBSET_READ`.
  package static func boundingSetContains(_ capability: Int) -> Bool? {
    let answer = linux_prctl(PR_CAPBSET_READ, UInt(capability), 0, 0, 0)
    return answer < 0 ? nil : answer == 1
  }

  /// Takes a capability out of the bounding set, for good. The C function is `prctl`, `PR_CAPBSET_DROP`.
  package static func dropFromBoundingSet(_ capability: Int) throws(Errno) {
    try check(linux_prctl(PR_CAPBSET_DROP, UInt(capability), 0, 0, 0))
  }

  /// Empties the ambient set. The C function is `prctl`, `PR_CAP_AMBIENT_CLEAR_ALL`.
  package static func clearAmbientSet() throws(Errno) {
    try check(linux_prctl(PR_CAP_AMBIENT, UInt(PR_CAP_AMBIENT_CLEAR_ALL), 0, 0, 0))
  }

  /// Adds a capability to the ambient set. The C function is `prctl`, `PR_CAP_AMBIENT_RAISE`.
  package static func addToAmbientSet(_ capability: Int) throws(Errno) {
    try check(linux_prctl(PR_CAP_AMBIENT, UInt(PR_CAP_AMBIENT_RAISE), UInt(capability), 0, 0))
  }

  /// Whether permitted capabilities outlive the next change of user. The C function is `prctl`, `PR_SET_KEEPCAPS`.
  package static func keepCapabilities(_ keep: Bool) throws(Errno) {
    try check(linux_prctl(PR_SET_KEEPCAPS, keep ? 1 : 0, 0, 0, 0))
  }

  /// Programs that this process executes gain no privileges from now on. The C function is `prctl`, `PR_SET_NO_NEW_PRIVS`.
  package static func setNoNewPrivileges() throws(Errno) {
    try check(linux_prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
  }
}
