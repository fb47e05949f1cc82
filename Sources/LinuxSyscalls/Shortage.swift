import CLinux
import Synchronization
import SystemPackage

/// What this process ran out of while it looked: a call that failed for that tells nothing of what was looked for.
///
/// Much can be missing where something is read of others: what ended, what is hidden, what this kernel does not have. A shortage is
/// none of these, and what is read without it is no answer. So each is kept here, where all calls come by, and who ends with an answer
/// asks whether there was one.
package enum Shortage {
  private static let first = Atomic<CInt>(0)

  /// Keeps an error that tells of a shortage.
  static func note(_ error: Errno) {
    guard [.tooManyOpenFiles, .tooManyOpenFilesInSystem, .noMemory].contains(error) else { return }
    _ = first.compareExchange(expected: 0, desired: error.rawValue, ordering: .relaxed)
  }

  /// What there was too little of, as a sentence; nil when all calls had what they need.
  package static var words: String? {
    let error = Errno(rawValue: first.load(ordering: .relaxed))
    switch error {
    case .tooManyOpenFiles:
      let limit = Syscall.openFileLimit.map { " (ulimit -n is \($0))" } ?? ""
      return "this process may not have more files open\(limit), so part of the machine was not seen"
    case .tooManyOpenFilesInSystem:
      return "the machine may not have more files open (fs.file-max), so part of it was not seen"
    case .noMemory: return "the kernel had no memory left, so part of the machine was not seen"
    default: return nil
    }
  }
}

extension Syscall {
  /// How many files this process may have open. The C function is `prlimit`, with `RLIMIT_NOFILE`.
  fileprivate static var openFileLimit: UInt64? {
    var pair: [UInt64] = [0, 0]
    let answer = unsafe pair.withUnsafeMutableBufferPointer { unsafe linux_prlimit64(0, 7, nil, $0.baseAddress) }
    return answer < 0 ? nil : pair[0]
  }
}
