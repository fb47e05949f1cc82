import CSeccomp
import FileCache
package import Seccomp

/// Programs that were made before, as files in a directory of the runtime's: to make one takes milliseconds, to read one
/// a hundredth of that.
package struct SeccompCache {
  private let files: FileCache

  /// - Parameter root: the directory of the runtime's state.
  package init(root: String) { files = FileCache(path: "\(root)/.seccomp,programs", capacity: 64) }

  /// The program of a plan: read, or made and kept.
  package func program(for plan: SeccompPlan) throws(SeccompFailure) -> SeccompProgram {
    let key = Self.key(of: plan)
    if let bytes = files.contents(for: key), !bytes.isEmpty, bytes.count % 8 == 0 {
      return SeccompProgram(bytes: bytes)
    }
    let program = try SeccompProgram(compiling: plan)
    files.keep(program.bytes, for: key)
    return program
  }

  /// All that a program depends on.
  private static func key(of plan: SeccompPlan) -> [UInt8] {
    Array("berth 1 libseccomp \(cseccomp_version()) machine \(cseccomp_arch_native())\n".utf8) + plan.programKey
  }
}
