import LinuxABI
import LinuxSyscalls
import SystemPackage

/// What was worked out before, as files in a directory that only this user can have written.
///
/// A file is named by a hash of what its contents were made from, and begins with the whole of that: two keys with one hash don't get
/// each other's contents. Files are written beside their name and renamed, so nobody reads half of one. What others could have
/// written is not believed. A cache that cannot be used costs time and is no failure.
package struct FileCache: Sendable {
  private let path: String
  private let capacity: Int

  /// - Parameters:
  ///   - path: the cache's directory, made when something is kept; what it is in must be there.
  ///   - capacity: how many files are kept; then the oldest go.
  package init(path: String, capacity: Int) {
    self.path = path
    self.capacity = capacity
  }

  /// What was kept for a key; nil when there is nothing that can be believed.
  package func contents(for key: [UInt8]) -> [UInt8]? {
    guard let directory = try? Syscall.open(path, [.directory, .noFollow]),
      Self.isTrusted(directory.borrowed, kind: .directory),
      let file = try? Syscall.open(at: directory.borrowed, Self.name(of: key), [.noFollow, .nonBlocking]),
      Self.isTrusted(file.borrowed, kind: .regular), let bytes = try? Syscall.readAll(file.borrowed)
    else { return nil }
    let head = Self.head(key)
    return bytes.starts(with: head) ? Array(bytes[head.count...]) : nil
  }

  /// Keeps something for a key, where that is possible.
  package func keep(_ contents: [UInt8], for key: [UInt8]) {
    // Another process may be first; what is there then is looked at as ever.
    try? Syscall.makeDirectory(at: .workingDirectory, path, permissions: 0o700)
    guard let directory = try? Syscall.open(path, [.directory, .noFollow]),
      Self.isTrusted(directory.borrowed, kind: .directory)
    else { return }
    // Without a copy the next process works it out again.
    let bytes = Self.head(key) + contents
    try? Syscall.replaceFile(at: directory.borrowed, Self.name(of: key), by: bytes, permissions: 0o600)
    // Also where it failed: what was killed on the way has left its file.
    try? prune(directory.borrowed)
  }

  private static func isTrusted(_ file: FileDescriptor, kind: FileKind) -> Bool {
    guard let status = try? Syscall.status(of: file) else { return false }
    return status.kind == kind && status.userID == Syscall.effectiveUserID && status.permissions & 0o022 == 0
  }

  /// FNV-1a of 64 bits, in hexadecimal.
  private static func name(of key: [UInt8]) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in key { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// What a file begins with: this, then the length of the key in eight bytes, and the key.
  private static func head(_ key: [UInt8]) -> [UInt8] {
    Array("BERTHBPF".utf8) + (0..<8).map { UInt8(truncatingIfNeeded: key.count >> ($0 * 8)) } + key
  }

  /// Removes the oldest files beyond the capacity: also those that a process left that was killed.
  private func prune(_ directory: FileDescriptor) throws(Errno) {
    let entries = try Syscall.entries(of: directory)
    guard entries.count > capacity else { return }
    var ages: [(name: String, age: Timestamp)] = []
    for entry in entries {
      // One that is gone by now was removed by another start.
      guard let status = try? Syscall.status(at: directory, path: entry.name, followingLinks: false) else { continue }
      ages.append((entry.name, status.modified))
    }
    ages.sort { ($0.age.seconds, $0.age.nanoseconds) < ($1.age.seconds, $1.age.nanoseconds) }
    for (name, _) in ages.prefix(max(0, ages.count - capacity)) { try? Syscall.removeFile(at: directory, name) }
  }
}
