import LinuxABI
import LinuxSyscalls
import MountExecution
import MountNamespace
import SystemPackage

/// The host's procfs and sysfs below a root that was moved over `/`.
///
/// Nobody in the container reaches them, and the kernel still counts them: a user namespace may mount a proc or a sysfs if
/// one is in its mount namespace that shows all ("mount_too_revealing" of fs/namespace.c). With them there, a container
/// would mount a /proc on which nothing is masked.
extension RootMaking {
  /// Takes them out of this mount namespace, or covers what the kernel has locked in it: a proc with a mount over it that
  /// is locked does not show all.
  ///
  /// The container's root is on top of `/` by then, and paths still begin below it. This namespace's mounts are no peers of
  /// the host's, so nothing of it is seen there.
  mutating func removeHostViews(besides root: FileDescriptor) throws(Errno) {
    let own = try Syscall.mountID(of: root)
    let file = try Syscall.open("/proc/thread-self/mountinfo", [])
    var covered: [UInt64] = []
    while true {
      let table = MountTable(mountinfo: try Syscall.readAll(file.borrowed))
      try Syscall.rewind(file.borrowed)
      // The last one first: it is what others may be hidden by.
      let views = table.outside(of: own).filter { ["proc", "sysfs"].contains($0.type) && !covered.contains($0.id) }
      guard let view = views.last else { return }
      let place = try Self.openReachable(view.mountPoint)
      let top = try Syscall.mountID(of: place.borrowed)
      guard let mount = table.entries.first(where: { $0.id == top }), mount.mountPoint != "/" else {
        throw .resourceBusy
      }
      do throws(Errno) {
        try Syscall.detachMount(at: mount.mountPoint)
      } catch .invalidArgument {
        guard top == view.id else { throw .resourceBusy }
        try cover(place.borrowed)
        covered.append(view.id)
      }
    }
  }

  /// Opens a place or, where a mount hides it, the nearest one above that is there: in what hides it.
  private static func openReachable(_ path: String) throws(Errno) -> Descriptor {
    do throws(Errno) {
      return try Syscall.open(path, [.path, .noFollow], resolve: .noSymbolicLinks)
    } catch {
      guard error == .noSuchFileOrDirectory || error == .notDirectory, path != "/" else { throw error }
    }
    let above = names(of: path).dropLast().map { "/" + $0 }.text(separatedBy: "")
    return try openReachable(above.isEmpty ? "/" : above)
  }

  private func cover(_ place: FileDescriptor) throws(Errno) {
    var reason: String?
    let empty = FileSystem(
      type: "tmpfs",
      parameters: [FileSystem.Parameter("mode", "0555"), FileSystem.Parameter("ro")]
    )
    let mount = try makeMount(of: empty, attributes: .readOnly, reason: &reason)
    try Syscall.moveMount(mount.borrowed, onto: place)
  }
}

extension MountTable {
  /// The mounts that are neither this one nor below it.
  fileprivate func outside(of id: UInt64) -> [MountEntry] {
    var inside: Set<UInt64> = [id]
    // A parent may stand behind its children: each round finds one level more.
    while true {
      let found = entries.filter { inside.contains($0.parentID) && !inside.contains($0.id) }
      if found.isEmpty { break }
      inside.formUnion(found.map(\.id))
    }
    return entries.filter { !inside.contains($0.id) }
  }
}
