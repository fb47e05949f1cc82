package import Cgroups
import LinuxABI
import SystemPackage

extension ContainerCgroup {
  /// The cgroups that a further process of the container joins: its own, or those below that were asked for.
  package func descending(into parts: [SubCgroup]) throws(CgroupFailure) -> ContainerCgroup {
    var result = self
    for part in parts {
      var isKnown = false
      for index in directories.indices where part.controller.map(directories[index].has) ?? true {
        isKnown = true
        guard let child = directories[index].child(part.path) else {
          throw CgroupFailure("bad sub cgroup path: \(part.path)", .invalidArgument)
        }
        result.directories[index] = child
      }
      if !isKnown, let controller = part.controller {
        throw CgroupFailure("unknown controller \(controller)", .noSuchFileOrDirectory)
      }
    }
    return result
  }

  /// Whether the cgroup hands controllers down, so that no process may be in it, cgroups(7) "no internal processes".
  package var handsControllersDown: Bool {
    guard version == .v2, let unified else { return false }
    // What cannot be read hands down nothing.
    return (try? unified.read("cgroup.subtree_control"))?.contains { !$0.isWhitespace } ?? false
  }

  /// The cgroups that a process is in now.
  ///
  /// A container that hands controllers down in its own cgroup has moved its processes below: what is to join it
  /// then goes where its init process is.
  package init(of process: Int32, in hierarchies: CgroupHierarchies) throws(CgroupFailure) {
    let text = try attempt("read /proc/\(process)/cgroup") { () throws(Errno) in
      try readFile("/proc/\(process)/cgroup")
    }
    let memberships = CgroupMembership.parse(text)
    directories = hierarchies.all.compactMap { hierarchy in
      guard let membership = memberships.first(where: { $0.controllers == hierarchy.controllers }) else { return nil }
      let path = membership.path == "/" ? "" : membership.path
      return CgroupDirectory(controllers: hierarchy.controllers, path: hierarchy.mountPoint + path)
    }
  }
}
