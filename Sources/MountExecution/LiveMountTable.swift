import LinuxSyscalls
package import MountNamespace
package import SystemPackage

extension MountTable {
  /// The mounts that this thread sees, from /proc/thread-self/mountinfo.
  package static func live() throws(Errno) -> MountTable {
    MountTable(mountinfo: try Syscall.contents(of: "/proc/thread-self/mountinfo"))
  }
}

/// How the mount that a path lies in propagates.
package struct LivePropagation: Hashable, Sendable {
  package var isShared: Bool
  package var isSlave: Bool
  package var mountPoint: String

  /// Asks for the one mount: by statmount(2) where the kernel has it (Linux 6.8), from the mount table where not.
  package init(at path: String) throws(Errno) {
    let file = try Syscall.open(path, .path)
    do throws(Errno) {
      let record = try Syscall.propagation(of: file.borrowed)
      (isShared, isSlave, mountPoint) = (record.isShared, record.isSlave, record.mountPoint)
    } catch {
      let id = try Syscall.mountID(of: file.borrowed)
      guard let entry = try MountTable.live().entries.first(where: { $0.id == id }) else { throw error }
      (isShared, isSlave, mountPoint) = (entry.peerGroup != nil, entry.master != nil, entry.mountPoint)
    }
  }
}
