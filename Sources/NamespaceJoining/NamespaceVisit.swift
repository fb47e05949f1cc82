import LinuxABI
import LinuxSyscalls
package import SystemPackage

/// This process inside a mount namespace of others, for as long as a visit takes.
package struct NamespaceVisit {
  /// The root of the target.
  package let root: FileDescriptor
  /// /proc/self, as the procfs has it that this process had before: the namespace's own can be anything.
  package let own: FileDescriptor
}

extension SealedProgram {
  /// Has a child enter a mount namespace and do something there; returns what it answers. This process stays where it is.
  ///
  /// The child runs no program and looks up no path from its own working directory or root, but for those that the body takes from the
  /// visit. The caller must have one thread.
  ///
  /// - Parameters:
  ///   - owner: the user namespace that is entered where the mount namespace may not be entered without.
  ///   - root: the target's root, where it is not the namespace's.
  /// - Throws: what clone3(2) or setns(2) failed with; `ESRCH` when the child was killed on the way.
  package func visit(
    _ namespace: FileDescriptor,
    owner: FileDescriptor? = nil,
    root: FileDescriptor? = nil,
    _ body: (NamespaceVisit) -> [UInt8]
  ) throws(Errno) -> [UInt8] {
    let procfs = try Syscall.open("/proc", [.path, .directory])
    let (near, far) = try Syscall.messagePair()
    let here = Descriptor(owning: near)
    let there = Descriptor(owning: far)
    switch try Syscall.clone(namespaces: []) {
    case .child:
      _ = consume here
      do throws(Errno) {
        try enter(namespace, owner)
        let answer = try stay(root, procfs.borrowed, body)
        try Syscall.write([0] + answer, to: there.borrowed)
        Syscall.exitNow(0)
      } catch {
        // When the other end is gone there is nobody to tell.
        try? Syscall.write([UInt8(truncatingIfNeeded: error.rawValue)], to: there.borrowed)
        Syscall.exitNow(1)
      }
    case .parent(_, let child):
      _ = consume there
      defer { _ = try? Syscall.wait(for: child.borrowed) }  // Ours and unreaped: this cannot fail.
      let answer = try Syscall.read(here.borrowed, count: 1 << 16)
      guard let first = answer.first else { throw .noSuchProcess }
      if first != 0 { throw Errno(rawValue: CInt(first)) }
      return Array(answer.dropFirst())
    }
  }

  /// What is done in the namespace.
  private func stay(
    _ root: FileDescriptor?,
    _ procfs: FileDescriptor,
    _ body: (NamespaceVisit) -> [UInt8]
  ) throws(Errno) -> [UInt8] {
    let own = try Syscall.open(at: procfs, "self", [.path, .directory])
    let slash = try Syscall.open("/", [.path, .directory])
    defer {
      extendLifetime(own)
      extendLifetime(slash)
    }
    return body(NamespaceVisit(root: root ?? slash.borrowed, own: own.borrowed))
  }

  /// Enters a mount namespace: with the caller's own rights, or, where these are not enough, with those that its owner gives.
  private func enter(_ namespace: FileDescriptor, _ owner: FileDescriptor?) throws(Errno) {
    do throws(Errno) {
      try join(namespace, type: .mount)
    } catch {
      guard error == .notPermitted, let owner else { throw error }
      try join(owner, type: .user)
      try join(namespace, type: .mount)
    }
  }
}
