package import Instruments
package import LinuxABI
import LinuxSyscalls
import MountExecution
import MountNamespace
package import NamespaceJoining
import SystemPackage

extension HolderSearch {
  /// What became of a mount that was to be released.
  package struct Release: Hashable, Sendable {
    package var words: Prose
    /// Whether it is still there.
    package var isLeft: Bool
  }

  /// Unmounts a file system in all other namespaces; in this one, puts a mount that nothing uses in the place of one that is busy.
  ///
  /// Ends no process, and takes nothing away that was not asked for: what another mount covers, what has others below it, and the root of
  /// a namespace are left, and told.
  package func release(_ report: HolderReport, as program: SealedProgram) -> [Release] {
    var releases: [Release] = []
    if report.uses.contains(where: \.isOwn) {
      for mount in report.mounts where mount.isOwn {
        releases.append(
          attempt(mount, "mounted anew; who used the old mount keeps it for itself") { entry throws(MountObstacle) in
            try Self.replace(entry)
          }
        )
      }
    }
    // Last things first: what is mounted on another goes before it.
    for mount in report.mounts.reversed() where !mount.isOwn {
      releases.append(
        attempt(mount, "unmounted") { entry throws(MountObstacle) in
          try Self.unmount(entry, in: mount.namespace, as: program)
        }
      )
    }
    return releases
  }

  private func attempt(
    _ mount: HolderReport.Mount,
    _ done: Prose,
    _ body: (MountEntry) throws(MountObstacle) -> Void
  ) -> Release {
    let place: Prose = "\(mount.entry.mountPoint)\(mount.isOwn ? "" : " in \(mount.namespace.fileName)")"
    do throws(MountObstacle) {
      if own == nil {
        throw MountObstacle("/proc/self/ns/mnt does not tell which namespace is this one: is /proc mounted?")
      }
      if mount.entry.mountPoint == "/" {
        throw MountObstacle("it is the root of the namespace, which goes when the processes in it end")
      }
      try body(mount.entry)
      return Release(words: "\(place): \(done)", isLeft: false)
    } catch {
      return Release(words: "\(place): left: \(error.words)", isLeft: true)
    }
  }

  /// Unmounts in another namespace.
  private static func unmount(
    _ entry: MountEntry,
    in namespace: NamespaceState,
    as program: SealedProgram
  ) throws(MountObstacle) {
    let words = try MountObstacle.step { () throws(Errno) in
      let there = try MachineReader.open(namespace)
      defer { extendLifetime(there) }
      return try program.visit(there.borrowed) { visit in
        obstacle { () throws(MountObstacle) in
          guard let mount = try HeldMount.mount(of: entry, beneath: visit.root, own: visit.own) else { return }
          try mount.checkNothingBelow(own: visit.own)
          // Who has something open there keeps it; for good it goes when they leave.
          try MountObstacle.step { () throws(Errno) in try mount.detach() }
        }
      }
    }
    if !words.isEmpty { throw MountObstacle(Prose(obstacle: words)) }
  }

  /// Puts a copy of a mount in its place: whoever works in the mount keeps the old one, and the copy can be unmounted.
  private static func replace(_ entry: MountEntry) throws(MountObstacle) {
    let (root, own) = try MountObstacle.step { () throws(Errno) in
      (try Syscall.open("/", .path).release(), try Syscall.open("/proc/self", .path).release())
    }
    let place = Descriptor(owning: root)
    let directory = Descriptor(owning: own)
    guard let mount = try HeldMount.mount(of: entry, beneath: place.borrowed, own: directory.borrowed) else { return }
    try MountObstacle.step { () throws(Errno) in try mount.replace() }
  }
}

/// What stood in the way of something, in words; nothing when it was done.
func obstacle(_ body: () throws(MountObstacle) -> Void) -> [UInt8] {
  do throws(MountObstacle) {
    try body()
    return []
  } catch {
    return Array(error.words.text.utf8)
  }
}

extension Prose {
  /// What `obstacle` told, in another process of berth's.
  init(obstacle bytes: [UInt8]) { self.init(verbatim: String(decoding: bytes, as: UTF8.self)) }
}
