import ContainerPlan
import LinuxABI
import LinuxSyscalls
import NamespaceJoining
import OCISpec
import SystemPackage

extension Host {
  /// Reads the mappings of a user namespace that is joined, where a mount takes them over.
  mutating func probeJoinedMappings(_ spec: Spec, as program: SealedProgram) throws(Errno) {
    let takesOver = (spec.mounts ?? []).contains { ($0.options ?? []).contains { $0 == "idmap" || $0 == "ridmap" } }
    guard takesOver, let join = spec.linux?.namespaces?.first(where: { $0.type == "user" }), let path = join.path,
      !path.isEmpty
    else { return }
    joinedMappings = try IDMappings(ofUserNamespaceAt: path, as: program)
  }
}

extension IDMappings {
  /// The mappings of the user namespace at a path, as this process sees them.
  ///
  /// The kernel shows them of a process alone, user_namespaces(7): a short-lived child enters the namespace.
  fileprivate init(ofUserNamespaceAt path: String, as program: SealedProgram) throws(Errno) {
    let namespace = try Syscall.open(path, [])
    let (near, far) = try Syscall.messagePair()
    let here = Descriptor(owning: near)
    let there = Descriptor(owning: far)
    let clone = try Syscall.clone(namespaces: [])
    switch consume clone {
    case .child:
      _ = consume here
      do throws(Errno) {
        try program.join(namespace.borrowed, type: .user)
        try Syscall.write([0], to: there.borrowed)
        _ = try Syscall.read(there.borrowed, count: 1)  // Returns when the parent's end is closed, however that comes.
        Syscall.exitNow(0)
      } catch {
        try? Syscall.write([UInt8(truncatingIfNeeded: error.rawValue)], to: there.borrowed)
        Syscall.exitNow(1)
      }
    case .parent(let child, let process):
      _ = consume there
      defer {
        // The child is ours and waits for this: it cannot be gone before it is reaped.
        try? Syscall.send(Signal.kill, to: process.borrowed)
        _ = try? Syscall.wait(for: process.borrowed)
      }
      let answer = try Syscall.read(here.borrowed, count: 1)
      if answer != [0] { throw answer.first.map { Errno(rawValue: CInt($0)) } ?? .noSuchProcess }
      self.init(
        users: [IDMapping](procText: try Syscall.contents(of: "/proc/\(child)/uid_map")),
        groups: [IDMapping](procText: try Syscall.contents(of: "/proc/\(child)/gid_map"))
      )
    }
  }
}
