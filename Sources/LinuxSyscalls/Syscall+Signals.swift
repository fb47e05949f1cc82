import CLinux
package import LinuxABI
package import SystemPackage

/// A signal that a signalfd(2) handed over.
package struct ReceivedSignal: Hashable, Sendable {
  package var number: Int32
  /// Whether the kernel itself sent it, as a terminal does for Ctrl-C: then the whole foreground group has it.
  package var isFromKernel: Bool
}

extension Syscall {
  /// Blocks the given signals and returns what was blocked before. The C function is `sigprocmask`.
  package static func setBlockedSignals(_ set: SignalSet) throws(Errno) -> SignalSet {
    var new = set.rawValue
    var old: UInt64 = 0
    try check(unsafe linux_rt_sigprocmask(CInt(SIG_SETMASK), &new, &old))
    return SignalSet(rawValue: old)
  }

  /// A descriptor to read blocked signals from. The C function is `signalfd`.
  package static func signalDescriptor(_ set: SignalSet) throws(Errno) -> Descriptor {
    var mask = set.rawValue
    return try checkDescriptor(unsafe linux_signalfd4(-1, &mask, CInt(0o2000000)))
  }

  /// The next signal of a signal descriptor; waits for one. The C function is `read`.
  package static func readSignal(_ descriptor: FileDescriptor) throws(Errno) -> ReceivedSignal {
    var record = linux_signalfd_siginfo()
    try retrying {
      unsafe linux_read(descriptor.rawValue, &record, UInt(MemoryLayout<linux_signalfd_siginfo>.size))
    }
    return ReceivedSignal(number: Int32(record.signal), isFromKernel: record.code == 0x80)  // SI_KERNEL
  }
}
