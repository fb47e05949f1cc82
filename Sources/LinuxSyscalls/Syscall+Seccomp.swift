import CLinux
package import LinuxABI
package import SystemPackage

extension Syscall {
  /// Puts a filter before every system call that this process makes from now on; with `newListener`, returns the
  /// descriptor on which the filter's notifications arrive. The C function is `seccomp`, `SECCOMP_SET_MODE_FILTER`.
  ///
  /// The program is an array of `struct sock_filter` in the machine's byte order, eight bytes each.
  package static func setSeccompFilter(_ program: [UInt8], flags: SeccompFlags) throws(Errno) -> Descriptor? {
    guard program.count % 8 == 0, let length = UInt16(exactly: program.count / 8) else { throw .invalidArgument }
    var program = program
    let answer = unsafe program.withUnsafeMutableBytes { bytes -> Int in
      let instructions = unsafe bytes.bindMemory(to: sock_filter.self).baseAddress
      var record = unsafe sock_fprog(len: length, filter: instructions)
      return unsafe linux_seccomp(1, flags.rawValue, &record)
    }
    let value = try check(answer)
    if flags.contains(.newListener) { return Descriptor(owning: CInt(value)) }
    // With SECCOMP_FILTER_FLAG_TSYNC alone, a positive answer is the id of a thread that could not get the filter.
    if value > 0 { throw .noSuchProcess }
    return nil
  }

  /// Whether the kernel knows these ways to install a filter; nothing is installed. The C function is `seccomp`.
  package static func knowsSeccompFlags(_ flags: SeccompFlags) -> Bool {
    // seccomp(2): a flag that is known comes as far as reading the program, from no address here.
    linux_seccomp(1, flags.rawValue, nil) == -Int(EFAULT)
  }

  /// Whether the kernel knows an answer of a filter. The C function is `seccomp`, `SECCOMP_GET_ACTION_AVAIL`.
  package static func isSeccompActionAvailable(_ action: SeccompReturn) -> Bool {
    var value = action.rawValue
    return unsafe linux_seccomp(2, 0, &value) == 0
  }
}
