package import Cgroups
import LinuxABI
import LinuxSyscalls
import SystemPackage

extension CgroupHierarchies {
  /// Finds the hierarchies: at the places where every distribution mounts them, or else in the table of mounts.
  ///
  /// The table is not read where it need not be: it may have thousands of lines.
  package static func probe() throws(CgroupFailure) -> CgroupHierarchies {
    let text = try attempt("read /proc/self/cgroup") { () throws(Errno) in try readFile("/proc/self/cgroup") }
    let memberships = CgroupMembership.parse(text)
    let standard = try standardPlaces(memberships)
    if !standard.isEmpty { return CgroupHierarchies(standard) }
    return CgroupHierarchies(try mountTable(memberships))
  }

  /// The hierarchies below /sys/fs/cgroup; none if one of them does not show where this process is, as in a container
  /// that sees a part of its host's.
  private static func standardPlaces(_ memberships: [CgroupMembership]) throws(CgroupFailure) -> [CgroupHierarchy] {
    let path = "/sys/fs/cgroup"
    // What cannot be opened is not there. Its own descriptor makes each of the questions below a short one.
    guard let root = try? Syscall.open(path, [.path, .directory]) else { return [] }
    var places: [CgroupHierarchy] = []
    if (try? Syscall.fileSystemMagic(of: root.borrowed)) == 0x6367_7270 {  // CGROUP2_SUPER_MAGIC
      let own = memberships.first { $0.controllers.isEmpty }?.path ?? "/"
      places = [CgroupHierarchy(version: .v2, controllers: "", mountPoint: path, own: own)]
    } else {
      for membership in memberships {
        guard let name = try mountName(of: membership, in: root.borrowed) else { continue }
        places.append(
          CgroupHierarchy(
            version: membership.controllers.isEmpty ? .v2 : .v1,
            controllers: membership.controllers,
            mountPoint: "\(path)/\(name)",
            own: membership.path
          )
        )
      }
    }
    let isWhole = places.allSatisfy { $0.own == "/" || (try? Syscall.status(path: $0.mountPoint + $0.own)) != nil }
    return isWhole ? places : []
  }

  /// What the directory of a hierarchy is called: by all of its controllers, or by a link with the name of the first.
  private static func names(_ controllers: String) -> [String] {
    if controllers.isEmpty { return ["unified"] }
    if controllers.hasPrefix("name=") { return [String(controllers.utf8.dropFirst(5)) ?? ""] }
    guard let comma = controllers.utf8.firstIndex(of: UInt8(ascii: ",")) else { return [controllers] }
    return [controllers, String(controllers[..<comma])]
  }

  /// The name under which a hierarchy is mounted; nil if it is not.
  private static func mountName(
    of membership: CgroupMembership,
    in root: FileDescriptor
  ) throws(CgroupFailure) -> String? {
    for name in names(membership.controllers) where try isMount(name, in: root) { return name }
    return nil
  }

  /// Whether a name is a mount: beside the hierarchies, there may be plain directories that somebody made.
  ///
  /// What cannot be asked is a failure: a hierarchy that is left out is one without limits.
  private static func isMount(_ name: String, in root: FileDescriptor) throws(CgroupFailure) -> Bool {
    do throws(Errno) {
      return try Syscall.status(at: root, path: name).isMountRoot
    } catch {
      if error == .noSuchFileOrDirectory { return false }
      throw CgroupFailure("look for /sys/fs/cgroup/\(name)", error)
    }
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
