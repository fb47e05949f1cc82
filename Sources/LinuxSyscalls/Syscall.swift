import SystemPackage

/// The system calls, one function each, named by the man page's subject and throwing the kernel's error.
package enum Syscall {
  /// Turns the kernel's answer, a result or a negated errno, into a result or a thrown error.
  @discardableResult
  static func check(_ answer: Int) throws(Errno) -> Int {
    if answer >= 0 { return answer }
    let error = Errno(rawValue: CInt(-answer))
    Shortage.note(error)
    throw error
  }

  /// As `check`, for a call that answers with a new descriptor.
  static func checkDescriptor(_ answer: Int) throws(Errno) -> Descriptor {
    Descriptor(owning: CInt(try check(answer)))
  }

  /// How often a call is repeated at most: a filter of system calls can answer each with EINTR or EAGAIN, for good.
  static var mostRepetitions: Int { 10_000 }

  /// Repeats a call for as long as signals interrupt it.
  @discardableResult
  static func retrying(_ call: () -> Int) throws(Errno) -> Int {
    var answer = 0
    for _ in 0..<mostRepetitions {
      answer = call()
      if answer != -Int(Errno.interrupted.rawValue) { break }
    }
    return try check(answer)
  }
}
