import CSeccomp
import LinuxABI
import LinuxSyscalls
package import Seccomp
import SystemPackage

/// Programs that were made before, as files in a directory of the runtime's: to make one takes milliseconds, to read one
/// a hundredth of that.
///
/// A file is named by a hash of what its program was made from, and begins with the whole of that: two plans with one
/// hash don't get each other's program. Files are written beside their name and renamed, so nobody reads half of one.
/// What others could have written is not believed. A cache that cannot be used costs time and is no failure.
package struct SeccompCache {
  private let path: String

  /// How many programs are kept; then the oldest go.
  static var capacity: Int { 64 }

  /// - Parameter root: the directory of the runtime's state.
  package init(root: String) { path = "\(root)/.seccomp,programs" }

  /// The program of a plan: read, or made and kept.
  package func program(for plan: SeccompPlan) throws(SeccompFailure) -> SeccompProgram {
    let key = Self.key(of: plan)
    let name = Self.name(of: key)
    guard let directory = trustedDirectory() else { return try SeccompProgram(compiling: plan) }
    if let program = Self.read(name, key, in: directory.borrowed) { return program }
    let program = try SeccompProgram(compiling: plan)
    // Without a copy the next start makes it again.
    try? Self.write(name, key, program, in: directory.borrowed)
    return program
  }

  /// All that a program depends on.
  private static func key(of plan: SeccompPlan) -> [UInt8] {
    Array("berth 1 libseccomp \(cseccomp_version()) machine \(cseccomp_arch_native())\n".utf8) + plan.programKey
  }

  /// FNV-1a of 64 bits, in hexadecimal.
  private static func name(of key: [UInt8]) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in key { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    let digits = String(hash, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// The cache's directory, made if it isn't there; nil for one that anybody but this user can change.
  private func trustedDirectory() -> Descriptor? {
    let directory: Descriptor
    do throws(Errno) {
      directory = try Syscall.open(path, [.directory, .noFollow])
    } catch .noSuchFileOrDirectory {
      // Another start may be first; what is there then is looked at as ever.
      try? Syscall.makeDirectory(at: .workingDirectory, path, permissions: 0o700)
      guard let made = try? Syscall.open(path, [.directory, .noFollow]) else { return nil }
      directory = made
    } catch {
      return nil
    }
    guard Self.isTrusted(directory.borrowed, kind: .directory) else { return nil }
    return directory
  }

  private static func isTrusted(_ file: FileDescriptor, kind: FileKind) -> Bool {
    guard let status = try? Syscall.status(of: file) else { return false }
    return status.kind == kind && status.userID == Syscall.effectiveUserID && status.permissions & 0o022 == 0
  }

  // MARK: Files

  /// What a file begins with: this, then the length of the key in eight bytes, the key, and the program.
  private static var magic: [UInt8] { Array("BERTHBPF".utf8) }

  private static func head(_ key: [UInt8]) -> [UInt8] {
    magic + (0..<8).map { UInt8(truncatingIfNeeded: key.count >> ($0 * 8)) } + key
  }

  private static func read(_ name: String, _ key: [UInt8], in directory: FileDescriptor) -> SeccompProgram? {
    guard let file = try? Syscall.open(at: directory, name, [.noFollow, .nonBlocking]) else { return nil }
    guard isTrusted(file.borrowed, kind: .regular), let bytes = try? Syscall.readAll(file.borrowed) else { return nil }
    let head = head(key)
    let count = bytes.count - head.count
    guard bytes.starts(with: head), count > 0, count % 8 == 0 else { return nil }
    return SeccompProgram(bytes: Array(bytes[head.count...]))
  }

  private static func write(
    _ name: String,
    _ key: [UInt8],
    _ program: SeccompProgram,
    in directory: FileDescriptor
  ) throws(Errno) {
    let now = try Syscall.now()
    let temporary = "\(name).\(Syscall.processID).\(now.seconds).\(now.nanoseconds)"
    let flags: OpenFlags = [.writeOnly, .create, .exclusive, .noFollow]
    let file = try Syscall.open(at: directory, temporary, flags, permissions: 0o600)
    do throws(Errno) {
      try Syscall.write(head(key) + program.bytes, to: file.borrowed)
      try Syscall.rename(at: directory, temporary, to: name)
    } catch {
      try? Syscall.removeFile(at: directory, temporary)  // The failure before it is the one to tell.
      throw error
    }
    try prune(directory)
  }

  /// Removes the oldest files beyond the capacity: also those that a start left that was killed.
  private static func prune(_ directory: FileDescriptor) throws(Errno) {
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
