package import Cgroups
import LinuxSyscalls
import SystemPackage

extension CgroupHierarchies {
  /// Finds the hierarchies: at the places where every distribution mounts them, or else in the table of mounts.
  ///
  /// The table is not read where it need not be: it may have thousands of lines.
  package static func probe() throws(CgroupFailure) -> CgroupHierarchies {
    let text = try attempt("read /proc/self/cgroup") { () throws(Errno) in
      try Syscall.contents(of: "/proc/self/cgroup")
    }
    let memberships = CgroupMembership.parse(String(decoding: text, as: UTF8.self))
    let standard = standardPlaces(memberships)
    // A path that leads nowhere below the mount: in a container, the mount may show a part of the hierarchy only.
    let isWhole = standard.allSatisfy { $0.own == "/" || Self.isCgroup($0.mountPoint + $0.own, $0.version) }
    if !standard.isEmpty && isWhole { return CgroupHierarchies(standard) }
    let mounted = try mountTable(memberships)
    return CgroupHierarchies(mounted.isEmpty ? standard : mounted)
  }

  private static func standardPlaces(_ memberships: [CgroupMembership]) -> [CgroupHierarchy] {
    let root = "/sys/fs/cgroup"
    if isCgroup(root, .v2) {
      let own = memberships.first { $0.controllers.isEmpty }?.path ?? "/"
      return [CgroupHierarchy(version: .v2, controllers: "", mountPoint: root, own: own)]
    }
    return memberships.compactMap { membership in
      let controllers = membership.controllers
      if controllers.isEmpty {
        guard isCgroup("\(root)/unified", .v2) else { return nil }
        return CgroupHierarchy(version: .v2, controllers: "", mountPoint: "\(root)/unified", own: membership.path)
      }
      // The directory of several controllers is called by all, in any order, with a link for each.
      let name = controllers.hasPrefix("name=") ? String(controllers.dropFirst(5)) : controllers
      let first = String(name.prefix { $0 != "," })
      let places = name == first ? ["\(root)/\(name)"] : ["\(root)/\(name)", "\(root)/\(first)"]
      guard let place = places.first(where: { isCgroup($0, .v1) }) else { return nil }
      return CgroupHierarchy(version: .v1, controllers: controllers, mountPoint: place, own: membership.path)
    }
  }

  private static func isCgroup(_ path: String, _ version: CgroupVersion) -> Bool {
    // What cannot be asked is not mounted.
    guard let magic = try? Syscall.fileSystemMagic(at: path) else { return false }
    return magic == (version == .v1 ? 0x0027_e0eb : 0x6367_7270)  // CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC
  }

  /// The hierarchies from /proc/self/mountinfo, proc(5); of one that is mounted twice, the first.
  private static func mountTable(_ memberships: [CgroupMembership]) throws(CgroupFailure) -> [CgroupHierarchy] {
    let bytes = try attempt("read /proc/self/mountinfo") { () throws(Errno) in
      try Syscall.contents(of: "/proc/self/mountinfo")
    }
    var mounts: [CgroupMount] = []
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      if let mount = CgroupMount(mountinfo: String(decoding: line, as: UTF8.self)) { mounts.append(mount) }
    }
    return memberships.compactMap { membership in
      guard let mount = mounts.first(where: { $0.controls(membership.controllers) }) else { return nil }
      return CgroupHierarchy(
        version: mount.version,
        controllers: membership.controllers,
        mountPoint: mount.mountPoint,
        own: mount.path(of: membership.path)
      )
    }
  }
}
