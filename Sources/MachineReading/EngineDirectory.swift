import JSON
import LinuxABI
import LinuxSyscalls
import SystemPackage

/// A directory in which an engine or a runtime keeps something of its containers.
///
/// It and each file in it count only where they are of this process's own user, and nobody else may write them: what another wrote
/// could call any process a container.
struct EngineDirectory: ~Copyable {
  private let directory: Descriptor

  /// What is read of a file. A container's configuration has some kilobytes; as a JSON value, a text takes thirty times its size.
  private static var mostBytes: Int { 512 << 10 }
  /// As many containers as one engine has.
  private static var mostNames: Int { 10_000 }

  /// nil where there is none, and for one that others can write.
  init?(_ path: String) {
    guard let directory = try? Syscall.open(path, .directory),
      let status = try? Syscall.status(of: directory.borrowed), Self.isOwn(status)
    else { return nil }
    self.directory = directory
  }

  private static func isOwn(_ status: FileStatus) -> Bool {
    status.userID == Syscall.effectiveUserID && status.permissions & 0o022 == 0
  }

  /// A file's content; nil for what is no file, is somebody else's, is too large, or cannot be read.
  func contents(_ path: String) -> [UInt8]? {
    let file = try? ForeignFile(at: directory.borrowed, path, resolve: .noSymbolicLinks, limit: Self.mostBytes)
    guard let file, let status = try? file.status(), Self.isOwn(status) else { return nil }
    return try? file.contents()
  }

  /// A file's JSON value; nil when it has none.
  func json(_ path: String) -> JSONValue? { contents(path).flatMap { try? JSONValue(parsing: $0) } }

  /// A file's JSON object; nil when it has none.
  func object(_ path: String) -> JSONReader? {
    guard case .object(let members)? = json(path) else { return nil }
    return JSONReader(members)
  }

  /// The names in it, sorted.
  var names: [String] {
    let entries = (try? Syscall.entries(of: directory.borrowed, most: Self.mostNames)) ?? []
    return entries.map(\.name).sorted()
  }
}

extension EngineDirectory? {
  /// A file's JSON object; nil when there is no directory, or it has none.
  func object(_ path: String) -> JSONReader? {
    switch self {
    case .some(let directory): directory.object(path)
    case .none: nil
    }
  }

  /// The names in it, sorted; none when there is no directory.
  var names: [String] {
    switch self {
    case .some(let directory): directory.names
    case .none: []
    }
  }
}
