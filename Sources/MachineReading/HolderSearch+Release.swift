package import Instruments
import LinuxABI
import LinuxSyscalls
import MountExecution
import MountNamespace
import SystemPackage

extension HolderSearch {
  /// What became of a mount that was to be released.
  package struct Release: Hashable, Sendable {
    package var words: String
    /// Whether it is still there.
    package var isLeft: Bool
  }

  /// Unmounts a file system in all other namespaces; in this one, puts a mount that nothing uses in the place of one that is busy.
  ///
  /// Ends no process, and takes nothing away that was not asked for: what another mount covers, what has others below it, and the root of
  /// a namespace are left, and told.
  package func release(_ report: HolderReport) -> [Release] {
    var releases: [Release] = []
    if report.uses.contains(where: \.isOwn) {
      for mount in report.mounts where mount.isOwn {
        releases.append(attempt(mount, "mounted anew; who used the old mount keeps it for itself", Self.replace))
      }
    }
    // Last things first: what is mounted on another goes before it.
    for mount in report.mounts.reversed() where !mount.isOwn {
      releases.append(
        attempt(mount, "unmounted") { entry throws(Obstacle) in try Self.unmount(entry, in: mount.namespace) }
      )
    }
    return releases
  }

  /// Why a mount is left as it is.
  private struct Obstacle: Error {
    var words: String

    init(_ words: String) { self.words = words }
  }

  private func attempt(
    _ mount: HolderReport.Mount,
    _ done: String,
    _ body: (MountEntry) throws(Obstacle) -> Void
  ) -> Release {
    let place = mount.entry.mountPoint + (mount.isOwn ? "" : " in \(mount.namespace.fileName)")
    do throws(Obstacle) {
      if mount.entry.mountPoint == "/" {
        throw Obstacle("it is the root of the namespace, which goes when the processes in it end")
      }
      try body(mount.entry)
      return Release(words: "\(place): \(done)", isLeft: false)
    } catch {
      return Release(words: "\(place): left: \(error.words)", isLeft: true)
    }
  }

  /// Unmounts in another namespace, and comes back.
  private static func unmount(_ entry: MountEntry, in namespace: NamespaceState) throws(Obstacle) {
    let home = try step { () throws(Errno) in try Syscall.open("/proc/self/ns/mnt", []).release() }
    let own = Descriptor(owning: home)
    try step { () throws(Errno) in
      let there = try MachineReader.open(namespace)
      try Syscall.join(there.borrowed, type: .mount)
    }
    var obstacle: Obstacle?
    do throws(Obstacle) { try unmountHere(entry) } catch { obstacle = error }
    try step { () throws(Errno) in try Syscall.join(own.borrowed, type: .mount) }
    if let obstacle { throw obstacle }
  }

  private static func unmountHere(_ entry: MountEntry) throws(Obstacle) {
    guard try isOnTop(entry) else { return }
    do throws(Errno) {
      return try Syscall.unmount(entry.mountPoint, detach: false)
    } catch {
      guard error == .resourceBusy else { throw Obstacle("\(error)") }
    }
    try checkNothingBelow(entry)
    // Only processes hold it now: it goes from the tree, and for good when they leave.
    try step { () throws(Errno) in try Syscall.unmount(entry.mountPoint, detach: true) }
  }

  /// Puts a copy of a mount in its place: whoever works in the mount keeps the old one, and the copy can be unmounted.
  private static func replace(_ entry: MountEntry) throws(Obstacle) {
    guard try isOnTop(entry) else { return }
    try step { () throws(Errno) in
      let copy = try Syscall.cloneTree(at: .workingDirectory, path: entry.mountPoint, recursive: true)
      let old = try Syscall.open(entry.mountPoint, .path)
      do throws(Errno) {
        // Beneath it first, and nothing is lost when that fails; before Linux 6.5, and where it would propagate onto itself, it does.
        try Syscall.moveMount(copy.borrowed, beneath: old.borrowed)
        try Syscall.unmount(entry.mountPoint, detach: true)
      } catch  where error == .invalidArgument {
        try Syscall.unmount(entry.mountPoint, detach: true)
        let place = try Syscall.open(entry.mountPoint, .path)
        try Syscall.moveMount(copy.borrowed, onto: place.borrowed)
      }
    }
  }

  /// Whether the path of a mount leads to it; a mount that is gone needs no unmount.
  private static func isOnTop(_ entry: MountEntry) throws(Obstacle) -> Bool {
    let table = try step { () throws(Errno) in try MountTable.live() }
    guard table.entries.contains(where: { $0.id == entry.id }) else { return false }
    let id = try step { () throws(Errno) in
      let file = try Syscall.open(entry.mountPoint, .path)
      return try Syscall.mountID(of: file.borrowed)
    }
    if id != entry.id { throw Obstacle("another mount covers it: unmount that one first") }
    return true
  }

  private static func checkNothingBelow(_ entry: MountEntry) throws(Obstacle) {
    let table = try step { () throws(Errno) in try MountTable.live() }
    guard let child = table.entries.first(where: { $0.parentID == entry.id && $0.id != entry.id }) else { return }
    throw Obstacle("\(child.type) \(child.source) is mounted below it, at \(child.mountPoint): unmount that first")
  }

  private static func step<Result>(_ body: () throws(Errno) -> Result) throws(Obstacle) -> Result {
    do throws(Errno) {
      return try body()
    } catch {
      throw Obstacle("\(error)")
    }
  }
}
