import CLinux
package import LinuxABI
package import SystemPackage

extension Syscall {
  /// Sets how this process is scheduled. The C function is `sched_setattr`.
  package static func setScheduling(_ attributes: SchedulingAttributes) throws(Errno) {
    // struct sched_attr: u32 size, policy; u64 flags; s32 nice; u32 priority; u64 runtime, deadline, period.
    let record: [UInt64] = [
      UInt64(attributes.policy.number) << 32 | 48, attributes.flags,
      UInt64(attributes.priority) << 32 | UInt64(UInt32(bitPattern: attributes.nice)),
      attributes.runtime, attributes.deadline, attributes.period,
    ]
    let answer = unsafe record.withUnsafeBytes { bytes -> Int in
      guard let base = bytes.baseAddress else { return -22 }
      return unsafe linux_sched_setattr(0, base, 0)
    }
    try check(answer)
  }

  /// Binds this process to processors. The C function is `sched_setaffinity`.
  package static func setProcessors(_ processors: NumberList) throws(Errno) {
    let answer = unsafe processors.words.withUnsafeBufferPointer { words -> Int in
      guard let base = words.baseAddress else { return -22 }
      return unsafe linux_sched_setaffinity(0, UInt(words.count * 8), base)
    }
    try check(answer)
  }

  /// Sets this process's input and output priority. The C function is `ioprio_set`.
  package static func setIOPriority(_ value: Int32) throws(Errno) { try check(linux_ioprio_set(1, 0, value)) }

  /// Sets where this process's memory is taken: a mode with its flags, and nodes. The C function is `set_mempolicy`.
  package static func setMemoryPolicy(_ mode: Int32, nodes: NumberList) throws(Errno) {
    let answer = unsafe nodes.words.withUnsafeBufferPointer { words in
      // The kernel takes one number less than it is told.
      unsafe linux_set_mempolicy(mode, words.isEmpty ? nil : words.baseAddress, UInt(words.count * 64 + 1))
    }
    try check(answer)
  }

  /// Sets this process's execution domain. The C function is `personality`.
  package static func setPersonality(_ value: UInt32) throws(Errno) { try check(linux_personality(UInt(value))) }

  /// Makes this process the leader of a new session, without a terminal. The C function is `setsid`.
  package static func leadSession() throws(Errno) { try check(linux_setsid()) }

  /// Makes orphans among its descendants this process's children. The C function is `prctl`, `PR_SET_CHILD_SUBREAPER`.
  package static func adoptOrphans() throws(Errno) { try check(linux_prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)) }

  /// Joins a session keyring by its name, made if it isn't there; returns its id. The C function is `keyctl`,
  /// `KEYCTL_JOIN_SESSION_KEYRING`.
  package static func joinSessionKeyring(_ name: String) throws(Errno) -> Int {
    try check(unsafe name.withCString { unsafe linux_keyctl_join($0) })
  }

  /// Sets the permissions of a key, keyctl_setperm(3). The C function is `keyctl`, `KEYCTL_SETPERM`.
  package static func setKeyPermissions(_ key: Int, _ permissions: UInt32) throws(Errno) {
    try check(linux_keyctl(5, UInt(bitPattern: key), UInt(permissions), 0, 0))
  }
}
