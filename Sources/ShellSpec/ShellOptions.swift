package import LinuxABI

/// What the user asked of `berth shell`, as written: each field is a flag.
package struct ShellOptions: Hashable, Sendable {
  package var propagation: String = "private"
  /// The types of namespaces asked for beyond mount, PID and UTS.
  package var added: NamespaceSet = []
  /// `--share`: the types that stay the host's.
  package var shared: [String] = []
  /// `--join`: TYPE=PID or TYPE=PATH.
  package var joined: [String] = []
  /// `--time`: how far the clocks are set apart.
  package var time: String?
  package var hostname: String?
  package var domainname: String?
  package var name: String?
  package var rootfs: String?
  package var image: String?
  /// `--overlay`: `tmpfs`, or the directory that keeps the writes.
  package var overlay: String?
  package var readOnly: Bool = false
  package var volumes: [String] = []
  package var mounts: [String] = []
  package var temporaryFileSystems: [String] = []
  package var user: String?
  package var groups: [String] = []
  package var workingDirectory: String?
  package var environment: [String] = []
  /// The lines of all `--env-file`s, in order.
  package var environmentFileLines: [String] = []
  package var clearEnvironment: Bool = false
  package var addedCapabilities: [String] = []
  package var droppedCapabilities: [String] = []
  package var noNewPrivileges: Bool = false
  package var limits: [String] = []
  package var fileCreationMask: String?
  package var kernelParameters: [String] = []
  package var hasInit: Bool = false
  package var mapsRoot: Bool = false
  package var mapsUser: Bool = false
  package var command: [String] = []

  package init() {}

  /// Whether the container has a root of its own, not the host's in place.
  package var hasOwnRoot: Bool { rootfs != nil || image != nil || overlay != nil }
}

/// A flag of `berth shell` that cannot be read, or does not go with another.
package struct ShellUsageError: Error, Hashable, Sendable, ProseConvertible {
  /// The flag as the user wrote it, `-v /a:b`; empty for what no flag asked for.
  package var flag: String
  package var message: String

  package init(_ flag: String, _ message: String) {
    self.flag = flag
    self.message = message
  }

  package var prose: Prose { flag.isEmpty ? "\(message)" : "\(flag): \(message)" }
}
