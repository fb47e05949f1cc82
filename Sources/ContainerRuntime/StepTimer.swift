import LinuxSyscalls
import SystemPackage

/// Tells how long each part of a start took, for `--log-level debug`.
///
/// Lines go straight to standard error by write(2), since both processes of a start report.
package struct StepTimer {
  private let isEnabled: Bool
  private var last: ContinuousClock.Instant?

  /// A timer whose first part began at an instant; nil for one that tells nothing.
  package init(since start: ContinuousClock.Instant?) {
    isEnabled = start != nil
    last = start
  }

  /// The processor time that this process has used since execve(2), in microseconds.
  package static var processorMicroseconds: Int { Syscall.processorMicroseconds }

  /// Ends a part and reports its microseconds.
  package mutating func mark(_ part: @autoclosure () -> String) {
    guard isEnabled, let last else { return }
    let now = ContinuousClock.now
    let microseconds = (now - last).components.attoseconds / 1_000_000_000_000
    self.last = now
    // Only a report: a reader that went away is no reason to fail.
    try? Syscall.write(Array("berth: debug: \(part()): \(microseconds) us\n".utf8), to: .standardError)
  }
}
