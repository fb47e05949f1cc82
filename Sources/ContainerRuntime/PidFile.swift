import LinuxABI
import LinuxSyscalls
import SystemPackage

/// A file that a client asked a process's id to be written to.
struct PidFile {
  private let path: String
  /// The directory, and the name in it.
  private let parent: String
  private let name: String

  init(_ path: String) {
    self.path = path
    let slash = path.lastIndex(of: "/")
    parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    name = slash.map { String(path[path.index(after: $0)...]) } ?? path
  }

  /// Writes the id whole or not at all: who waits for the file finds the number in it.
  ///
  /// Others may be able to make files where it is to be. A link is never followed, and replaced only where it leads to a
  /// file or nowhere; a device or a FIFO of that name stays what it is, and is written to.
  func write(_ id: Int32) throws(RuntimeFailure) {
    let text = Array("\(id)".utf8)
    let refusal = try attempt("--pid-file: write \(path)") { () throws(Errno) -> String? in
      let directory = try Syscall.open(parent, [.path, .directory])
      switch try kind(in: directory.borrowed) {
      case nil, .regular: try Syscall.replaceFile(at: directory.borrowed, name, by: text, permissions: 0o644)
      case .symbolicLink:
        if try !mayBeReplaced(in: directory.borrowed) {
          return "it is a symbolic link to what is no file: name that itself"
        }
        try Syscall.replaceFile(at: directory.borrowed, name, by: text, permissions: 0o644)
      case .characterDevice, .fifo:
        let flags: OpenFlags = [.writeOnly, .nonBlocking, .noFollow, .noTerminal]
        let file = try Syscall.open(at: directory.borrowed, name, flags)
        try Syscall.write(text, to: file.borrowed)
      case .directory: throw .isDirectory
      case .blockDevice, .socket: return "it is a block device or a socket"
      }
      return nil
    }
    if let refusal { throw RuntimeFailure("--pid-file: write \(path): \(refusal)") }
  }

  private func kind(in directory: FileDescriptor) throws(Errno) -> FileKind? {
    do throws(Errno) {
      return try Syscall.status(at: directory, path: name, followingLinks: false).kind
    } catch .noSuchFileOrDirectory {
      return nil
    }
  }

  /// Whether a link of this name leads to a file or nowhere: /dev/stdout, say, leads to a descriptor.
  private func mayBeReplaced(in directory: FileDescriptor) throws(Errno) -> Bool {
    do throws(Errno) {
      let target = try Syscall.open(at: directory, name, .path, resolve: .noMagicLinks)
      return try Syscall.status(of: target.borrowed).kind == .regular
    } catch .noSuchFileOrDirectory {
      return true
    } catch .tooManySymbolicLinkLevels {
      return false
    }
  }
}
