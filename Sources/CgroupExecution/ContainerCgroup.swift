import LinuxABI
package import Cgroups
import LinuxSyscalls
import SystemPackage

/// The cgroups of one container: a directory in each hierarchy.
package struct ContainerCgroup: Hashable, Sendable {
  package var directories: [CgroupDirectory]

  package init(_ directories: [CgroupDirectory]) { self.directories = directories }

  /// The directories as lines, for the container's state.
  package var text: String { directories.map(\.description).text(separatedBy: "\n") }

  /// Reads `text`.
  package init(text: String) {
    directories = text.split(separator: "\n").compactMap { CgroupDirectory($0) }
  }

  /// The directory in the hierarchy of version 2: all there is, or the one beside those of version 1.
  package var unified: CgroupDirectory? { directories.first { $0.version == .v2 } }

  /// The version that limits controllers.
  package var version: CgroupVersion { directories.contains { $0.version == .v1 } ? .v1 : .v2 }

  /// The directory that tells which processes the container has.
  package var main: CgroupDirectory? {
    version == .v2 ? unified : directories.first { $0.has("devices") } ?? directories.first
  }

  /// The directory of a hierarchy of version 1.
  package func directory(_ controller: String) -> CgroupDirectory? { directories.first { $0.has(controller) } }

  /// Whether the container's cgroup is there still.
  package var exists: Bool {
    guard let main else { return false }
    // What cannot be asked is not there.
    return (try? Syscall.fileSystemMagic(at: main.path)) != nil
  }
}
