/// A hierarchy of cgroups that is mounted.
package struct CgroupHierarchy: Hashable, Sendable {
  package var version: CgroupVersion
  /// The controllers with commas between, as in /proc/[pid]/cgroup; empty for version 2.
  package var controllers: String
  package var mountPoint: String
  /// Where this process is in it.
  package var own: String

  package init(version: CgroupVersion, controllers: String, mountPoint: String, own: String) {
    self.version = version
    self.controllers = controllers
    self.mountPoint = mountPoint
    self.own = own
  }

  /// The directory of a container's cgroup.
  package func directory(of path: CgroupsPath) -> String {
    let cgroup = path.cgroup(own: own, version: version)
    return mountPoint + cgroup
  }
}

/// The hierarchies of cgroups that the host has: those of version 1, that of version 2, or both.
package struct CgroupHierarchies: Hashable, Sendable {
  package var all: [CgroupHierarchy]

  package init(_ all: [CgroupHierarchy]) { self.all = all }

  /// The version that limits controllers: 1 also where version 2 is mounted beside it ("hybrid").
  package var version: CgroupVersion { all.contains { $0.version == .v1 } ? .v1 : .v2 }

  /// The hierarchy of version 2, if it is mounted.
  package var unified: CgroupHierarchy? { all.first { $0.version == .v2 } }
}
