import Foundation
import LinuxABI
import LinuxSyscalls
import MountExecution
import MountNamespace
import SystemPackage
import Testing

/// Whether a test must run here: in CI what the machine lacks fails instead of skipping.
let requiresAll = ProcessInfo.processInfo.environment["BERTH_REQUIRE_ALL"] == "1"

extension Trait where Self == ConditionTrait {
  /// Needs CAP_SYS_ADMIN: the test makes a mount namespace.
  static var requiresMountPrivilege: Self {
    .enabled(if: requiresAll || getuid() == 0, "making a mount namespace needs root")
  }

  /// Needs a program.
  static func requires(_ program: String) -> Self {
    let directories = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"]
    let isThere = directories.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(program)") }
    return .enabled(if: requiresAll || isThere, "\(program) is missing")
  }
}

/// A mount namespace for an exit test: private, with an empty tmpfs to work in.
struct PrivateNamespace: ~Copyable {
  /// The tmpfs. The namespace, and so the mount, ends with the test's process.
  var directory: String { "/mnt" }
  var executor: MountExecutor

  init(roots: [String] = []) throws {
    try Syscall.unshare([.mount])
    var executor = MountExecutor(roots: roots)
    let isolated = MountChange(propagation: MountChange.PropagationChange(.private, recursive: true))
    try executor.execute(.change(isolated, at: MountPoint(path: "/")))
    try executor.execute(
      .mount(FileSystem(type: "tmpfs", source: "work"), attributes: [], at: MountPoint(path: "/mnt"))
    )
    self.executor = executor
  }

  func make(directories: String...) throws {
    for name in directories {
      try FileManager.default.createDirectory(atPath: "\(directory)/\(name)", withIntermediateDirectories: true)
    }
  }

  /// The last mount at a path.
  func mount(at path: String) throws -> MountEntry? {
    try MountTable.live().entries.last { $0.mountPoint == path }
  }
}
