package import LinuxABI
package import SystemPackage

/// A file that somebody else wrote, or can still write, read within limits.
///
/// Anything can be in its place. A FIFO has its reader wait for good, and a device acts when it is opened: a watchdog
/// restarts the machine, a tape is wound back. So only a regular file is opened: its kind is looked at before, and again of
/// what was opened, since the name may have changed hands meanwhile. The limits count what is read: a file may grow after it
/// told its size, and the kernel's own tell none.
package struct ForeignFile: ~Copyable {
  private let descriptor: Descriptor
  private let limit: Int
  private var readCount = 0
  private var isAtEnd = false
  /// What was read and is not given out yet.
  private var rest: ArraySlice<UInt8> = []

  /// Opens a regular file, of which no more than `limit` bytes are read; a relative path is looked up from the directory.
  package init(
    at directory: FileDescriptor = .workingDirectory,
    _ path: String,
    resolve: ResolveFlags = [],
    limit: Int
  ) throws(ForeignFileFailure) {
    try Self.requireRegular(try Self.open(at: directory, path, .path, resolve))
    let file = try Self.open(at: directory, path, [.nonBlocking, .noTerminal], resolve)
    try Self.requireRegular(file)
    descriptor = file
    self.limit = limit
  }

  private static func open(
    at directory: FileDescriptor,
    _ path: String,
    _ flags: OpenFlags,
    _ resolve: ResolveFlags
  ) throws(ForeignFileFailure) -> Descriptor {
    do throws(Errno) {
      return try Syscall.open(at: directory, path, flags, resolve: resolve)
    } catch {
      throw .cannotBeRead(error)
    }
  }

  private static func requireRegular(_ file: borrowing Descriptor) throws(ForeignFileFailure) {
    let kind: FileKind
    do throws(Errno) { kind = try Syscall.status(of: file.borrowed).kind } catch { throw .cannotBeRead(error) }
    guard kind == .regular else { throw .isNotRegular(kind) }
  }

  /// Whose the file is, and who may write it.
  package func status() throws(Errno) -> FileStatus { try Syscall.status(of: descriptor.borrowed) }

  /// All bytes of the file.
  package func contents() throws(ForeignFileFailure) -> [UInt8] {
    try Self.contents(of: descriptor.borrowed, limit: limit)
  }

  /// All bytes to the end of what is open already, be it a pipe.
  package static func contents(of file: FileDescriptor, limit: Int) throws(ForeignFileFailure) -> [UInt8] {
    // Most files are short, and each page of a buffer costs a fault when it is first touched.
    var bytes = try read(file, count: min(4096, limit + 1))
    var isAtEnd = bytes.isEmpty
    while !isAtEnd, bytes.count <= limit {
      let part = try read(file, count: min(bytes.count < 4096 ? 256 : 65536, limit + 1 - bytes.count))
      isAtEnd = part.isEmpty
      bytes += part
    }
    guard bytes.count <= limit else { throw .isTooLarge(limit: limit) }
    return bytes
  }

  /// The next line, without its newline; nil after the last one. One of more than `longest` bytes is passed over, so that
  /// what is held has an end too.
  package mutating func nextLine(longest: Int) throws(ForeignFileFailure) -> ArraySlice<UInt8>? {
    var isTooLong = false
    while true {
      if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        let line = rest[..<end]
        rest = rest[(end + 1)...]
        if !isTooLong, line.count <= longest { return line }
        isTooLong = false
      } else if isAtEnd {
        let line = rest
        rest = []
        return line.isEmpty || isTooLong || line.count > longest ? nil : line
      } else {
        if rest.count > longest { (rest, isTooLong) = ([], true) }
        let part = try Self.read(descriptor.borrowed, count: 4096)
        readCount += part.count
        guard readCount <= limit else { throw .isTooLarge(limit: limit) }
        isAtEnd = part.isEmpty
        rest = rest.isEmpty ? part[...] : rest + part
      }
    }
  }

  private static func read(_ file: FileDescriptor, count: Int) throws(ForeignFileFailure) -> [UInt8] {
    do throws(Errno) { return try Syscall.read(file, count: count) } catch { throw .cannotBeRead(error) }
  }
}

/// Why a file was not read.
package enum ForeignFileFailure: Error, Hashable, Sendable, CustomStringConvertible {
  case cannotBeRead(Errno)
  case isNotRegular(FileKind)
  /// It has more bytes than are read of it.
  case isTooLarge(limit: Int)

  package var description: String {
    switch self {
    case .cannotBeRead(let errno): "\(errno)"
    case .isNotRegular(let kind): "it is \(kind.words), not a regular file"
    case .isTooLarge(let limit): "it has more than \(limit) bytes"
    }
  }
}
