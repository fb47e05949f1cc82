import ContainerPlan
import LinuxABI
import LinuxSyscalls
import MountExecution
import SystemPackage

extension ContainerProcess {
  /// The process's root directory.
  func root() throws(RuntimeFailure) -> Descriptor {
    try attempt("open the root of process \(id)") { () throws(Errno) in
      try Syscall.open("/proc/\(id)/root", [.path, .directory])
    }
  }
}

/// The root of a container that has no mount namespace of its own.
///
/// In one that it joins, its mounts are that namespace's. In the host's they are taken away with the container:
/// runtime.md "delete" has what `create` made deleted.
extension ContainerRecord {
  /// Puts on record where the root will be mounted.
  mutating func noteRoot(of plan: ContainerPlan) throws(RuntimeFailure) {
    hasChangedRoot = true
    if plan.joined.contains(where: { $0.type == .mount }) { return }
    rootMount = try attempt("read what is mounted at \(plan.rootName)") { () throws(Errno) in
      "\(try Self.mountID(at: plan.rootName)) \(plan.rootName)"
    }
  }

  /// Takes the root, and all that is mounted in it, out of the host's mount namespace, if it is still there.
  func unmountRoot() throws(RuntimeFailure) {
    let parts = rootMount.split(separator: " ", maxSplits: 1)
    guard parts.count == 2 else { return }
    let path = String(parts[1])
    try attempt("umount \(path)") { () throws(Errno) in
      // Who removed the root's directory, or the mount, has left nothing to do.
      guard let root = try? Syscall.open(path, [.path, .noFollow]) else { return }
      let mount = try Syscall.mountID(of: root.borrowed)
      guard try Syscall.isMountRoot(root.borrowed), "\(mount)" != parts[0] else { return }
      try Syscall.detach(mount: root.borrowed)
    }
  }

  private static func mountID(at path: String) throws(Errno) -> UInt64 {
    let directory = try Syscall.open(path, [.path, .noFollow])
    return try Syscall.mountID(of: directory.borrowed)
  }
}
