package import LinuxABI
package import LinuxSyscalls
import SystemPackage

/// The bytes of a file that the caller names, which may be a pipe; throws a message with its path.
package func contents(ofFile path: String) throws(FileFailure) -> [UInt8] {
  let failure: ForeignFileFailure
  do throws(Errno) {
    let file = try Syscall.open(path, .noTerminal)
    do throws(ForeignFileFailure) {
      return try ForeignFile.contents(of: file.borrowed, limit: 64 << 20)
    } catch {
      failure = error
    }
  } catch {
    failure = .cannotBeRead(error)
  }
  throw FileFailure(path: path, reason: failure)
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
  package var reason: ForeignFileFailure

  package var prose: Prose { "\(path): \(reason)" }
}
