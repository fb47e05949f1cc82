import LinuxABI
import LinuxSyscalls
import SystemPackage

/// The rights that a process has, as /proc/PID/status tells them, proc_pid_status(5). (The owner of its files in /proc is another
/// for one that may not be traced.)
struct ProcessCredentials: Hashable {
  /// The real, effective, saved and file system user, as this process's user namespace has them.
  private var users: [UInt32]
  private(set) var effective: CapabilitySet

  /// Reads it in a process's directory; nil when that is not possible.
  init?(_ directory: FileDescriptor) {
    guard var file = try? ForeignFile(at: directory, "status", limit: 256 << 10) else { return nil }
    var users: [UInt32]?
    var effective: CapabilitySet?
    // The name in the first line has no newline of its own: the kernel escapes it.
    while let bytes = try? file.nextLine(longest: 256) {
      let line = String(decoding: bytes, as: UTF8.self)
      if line.hasPrefix("Uid:") { users = line.split(separator: "\t").dropFirst().compactMap { UInt32($0) } }
      if line.hasPrefix("CapEff:"), let value = line.split(separator: "\t").last.flatMap({ UInt64($0, radix: 16) }) {
        effective = CapabilitySet(rawValue: value)
        break
      }
    }
    guard let users, users.count == 4, let effective else { return nil }
    self.users = users
    self.effective = effective
  }

  var user: UInt32 { users[1] }

  /// Whether it has the rights of one user in every way.
  func isOf(_ user: UInt32) -> Bool { users.allSatisfy { $0 == user } }
}
