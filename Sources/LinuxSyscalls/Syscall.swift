import SystemPackage

/// The system calls, one function each, named by the man page's subject and throwing the kernel's error.
package enum Syscall {
  /// Turns the kernel's answer, a result or a negated errno, into a result or a thrown error.
  @discardableResult
  static func check(_ answer: Int) throws(Errno) -> Int {
    guard answer >= 0 else { throw Errno(rawValue: CInt(-answer)) }
    return answer
  }

  /// As `check`, for a call that answers with a new descriptor.
  static func checkDescriptor(_ answer: Int) throws(Errno) -> Descriptor {
    Descriptor(owning: CInt(try check(answer)))
  }

  /// Repeats a call for as long as a signal interrupts it.
  @discardableResult
  static func retrying(_ call: () -> Int) throws(Errno) -> Int {
    while true {
      let answer = call()
      if answer != -Int(Errno.interrupted.rawValue) { return try check(answer) }
    }
  }
}
