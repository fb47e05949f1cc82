package import LinuxABI
import LinuxSyscalls
package import SystemPackage

/// The text of a file beneath a root directory, resolved inside it; empty if it cannot be read.
package func text(ofFile path: String, inRoot root: String) -> String {
  guard let directory = try? Syscall.open(root, [.path, .directory]),
    let file = try? Syscall.open(at: directory.borrowed, path, .nonBlocking, resolve: [.inRoot, .noMagicLinks]),
    let bytes = try? Syscall.readAll(file.borrowed)
  else { return "" }
  return String(decoding: bytes, as: UTF8.self)
}

/// The text of a file; throws a message with its path.
package func text(ofFile path: String) throws(FileFailure) -> String {
  do throws(Errno) {
    return String(decoding: try Syscall.contents(of: path), as: UTF8.self)
  } catch {
    throw FileFailure(path: path, errno: error)
  }
}

/// Whether a path beneath a root directory, resolved inside it, names a file.
package func hasFile(_ path: String, inRoot root: String) -> Bool {
  guard let directory = try? Syscall.open(root, [.path, .directory]) else { return false }
  return (try? Syscall.open(at: directory.borrowed, path, .path, resolve: [.inRoot, .noMagicLinks]).rawValue) != nil
}

/// Writes what a person reads to standard output or standard error by write(2), past any buffer of this process.
package func write(_ text: Prose, toError: Bool = false) {
  write(verbatim: text.text, toError: toError)
}

/// Writes text as it is: what programs read, and help.
package func write(verbatim text: String, toError: Bool = false) {
  // A reader that went away is no reason to fail.
  try? Syscall.write(Array(text.utf8), to: toError ? .standardError : .standardOutput)
}

/// Ends this process at once: nothing of it is left to flush or to tidy.
package func endProcess(status: Int32) -> Never { Syscall.exitNow(status) }

/// A file that could not be read.
package struct FileFailure: Error, Hashable, Sendable, ProseConvertible {
  package var path: String
  package var errno: Errno

  package var prose: Prose { "\(path): \(errno)" }
}
