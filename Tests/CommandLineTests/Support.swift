import Foundation
import TestSupport

/// The host that a test sees: a mount namespace of its own, whose root is private or shared.
enum HostRoot: String, CaseIterable {
  case `private`, shared
}

/// The built program, and scripts that use it as a person would.
enum Berth {
  /// Runs a bash script in a new directory, on a host of its own; the last command's status is the script's.
  ///
  /// The script finds `$BERTH`. Its mounts are in a namespace of its own, and its processes end with it; the directory
  /// is removed after that.
  static func script(
    _ script: String,
    hostRoot: HostRoot = .private,
    environment: [String: String] = [:]
  ) throws -> Output {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("berth-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
    defer { _ = try? Program.run("/bin/rm", ["-rf", "--one-file-system", directory.path]) }
    try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: directory.path)
    let prelude = hostRoot == .shared ? "mount --make-rshared / && " : ""
    let host = ["/usr/bin/unshare", "--mount", "--propagation", "private", "--fork", "--kill-child"]
    return try Program.run(
      Program.unblocked[0],
      Program.unblocked.dropFirst() + host + ["bash", "-c", prelude + "\n" + script],
      in: directory.path,
      environment: environment
    )
  }
}
