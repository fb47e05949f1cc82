import LinuxSyscalls
import Synchronization
import SystemPackage

/// What may still be read of that which any user can make as long, as many, and as slow to read as he likes: several threads take
/// from it.
package final class ReadingBudget: Sendable {
  private let rest: Atomic<Int>
  /// When it is over, in nanoseconds of the processor's time that this process has used.
  private let end: Int

  /// - Parameter milliseconds: how much of a processor's time this process may use from now on.
  package init(bytes: Int, milliseconds: Int) {
    rest = Atomic(bytes)
    end = Syscall.processorNanoseconds + milliseconds * 1_000_000
  }

  /// For the mounts of other users' namespaces: as many in all.
  convenience init(mounts count: Int = mostMounts) {
    self.init(bytes: count * Self.bytesPerMount, milliseconds: 300)
  }

  /// How many mounts of other users' namespaces are read in all: with what is made of them, they take some 12 MB.
  static var mostMounts: Int { 8_000 }
  /// A line of mountinfo has about as many.
  static var bytesPerMount: Int { 160 }

  /// Takes some bytes.
  ///
  /// - Throws: `EFBIG` when it is used up.
  func take(_ bytes: Int) throws(Errno) {
    guard rest.subtract(bytes, ordering: .relaxed).newValue >= 0, Syscall.processorNanoseconds < end else {
      throw .fileTooLarge
    }
  }

  /// Takes what the numbers of some mounts are.
  func take(numbersOf count: Int) throws(Errno) { try take(count * 64) }

  /// - Throws: `EFBIG` when so many mounts are more than it lasts for.
  func require(mounts count: Int) throws(Errno) {
    guard rest.load(ordering: .relaxed) >= count * Self.bytesPerMount else { throw .fileTooLarge }
  }
}
