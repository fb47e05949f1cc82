package import LinuxABI
import LinuxSyscalls
import SystemPackage

/// Tells how long each part of a start took, for `--log-level debug`.
///
/// Lines go straight to standard error by write(2), since both processes of a start report.
package struct StepTimer {
  private var last: Int?

  /// A timer whose first part began at a time of `now`; nil for one that tells nothing.
  package init(since start: Int?) { last = start }

  /// The nanoseconds of a clock that only goes forward. (The standard library's clock costs its type's look-up at run time.)
  package static var now: Int { Syscall.monotonicNanoseconds }

  /// The processor time that this process has used since execve(2), in microseconds.
  package static var processorMicroseconds: Int { Syscall.processorMicroseconds }

  /// Ends a part and reports its microseconds.
  package mutating func mark(_ part: @autoclosure () -> Prose) {
    guard let last else { return }
    let now = Self.now
    let microseconds = (now - last) / 1000
    self.last = now
    write("berth: debug: \(part()): \(microseconds) us\n", toError: true)
  }
}
