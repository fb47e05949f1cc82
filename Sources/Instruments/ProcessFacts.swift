package import LinuxABI

/// What /proc tells of a process's hold on mounts and namespaces, proc(5).
package struct ProcessFacts: Hashable, Sendable {
  package var process: NamespaceProcess
  /// The process that it is a child of.
  package var parent: Int32
  /// The number of its namespace files by type, from /proc/PID/ns.
  package var namespaces: [NamespaceType: UInt64]
  /// The namespaces that it has open, when they were asked for.
  package var descriptors: [Descriptor]
  /// The same for all processes that are in the same control groups; nil when that is not known.
  package var controlGroups: UInt64?

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
    descriptors: [Descriptor] = [],
    controlGroups: UInt64? = nil
  ) {
    self.process = process
    self.parent = parent
    self.namespaces = namespaces
    self.descriptors = descriptors
    self.controlGroups = controlGroups
  }
}

/// The systemd unit that a process is of, by the text of its /proc/PID/cgroup: the first part that is named as one, systemd.unit(5).
package func systemdUnit(inControlGroups text: String) -> String? {
  for line in text.split(separator: "\n") {
    guard let path = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).last else { continue }
    // The first: below it, whom systemd has left the rest to makes cgroups of any name, systemd.resource-control(5) "Delegate=".
    let unit = path.split(separator: "/").first { part in
      [".service", ".scope", ".socket", ".mount"].contains { part.hasSuffix($0) }
    }
    if let unit { return String(unit) }
  }
  return nil
}
