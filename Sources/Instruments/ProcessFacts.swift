package import LinuxABI

/// What /proc tells of a process's hold on mounts and namespaces, proc(5).
package struct ProcessFacts: Hashable, Sendable {
  package var process: NamespaceProcess
  /// The process that it is a child of.
  package var parent: Int32
  /// The number of its namespace files by type, from /proc/PID/ns.
  package var namespaces: [NamespaceType: UInt64]
  /// Where it works, as the link /proc/PID/cwd tells; nil when it could not be read.
  package var workingDirectory: String?
  /// Its root, as the link /proc/PID/root tells; nil when it could not be read.
  package var root: String?
  /// Its open descriptors and what their links say, when they were asked for.
  package var descriptors: [Descriptor]
  /// The control group that the container or unit is told from: the text of /proc/PID/cgroup.
  package var controlGroups: String

  /// An open descriptor.
  package struct Descriptor: Hashable, Sendable {
    package var number: Int32
    /// What /proc/PID/fd/NUMBER links to: a path, or `mnt:[4026531841]`.
    package var link: String

    package init(number: Int32, link: String) {
      self.number = number
      self.link = link
    }
  }

  package init(
    process: NamespaceProcess,
    parent: Int32 = 0,
    namespaces: [NamespaceType: UInt64] = [:],
    workingDirectory: String? = nil,
    root: String? = nil,
    descriptors: [Descriptor] = [],
    controlGroups: String = ""
  ) {
    self.process = process
    self.parent = parent
    self.namespaces = namespaces
    self.workingDirectory = workingDirectory
    self.root = root
    self.descriptors = descriptors
    self.controlGroups = controlGroups
  }
}

extension ProcessFacts {
  /// The systemd unit that its control group is of: the last part that is named as one, systemd.unit(5).
  package var systemdUnit: String? {
    for line in controlGroups.split(separator: "\n") {
      guard let path = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).last else { continue }
      let unit = path.split(separator: "/").last { part in
        [".service", ".scope", ".socket", ".mount"].contains { part.hasSuffix($0) }
      }
      if let unit { return String(unit) }
    }
    return nil
  }
}
