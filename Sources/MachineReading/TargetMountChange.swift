package import LinuxABI
import LinuxSyscalls
import MountExecution
package import MountNamespace
package import NamespaceJoining
import SystemPackage

/// A change of one mount of a target's, made with berth's own system calls: no program of the target's runs, and none is looked for.
package struct TargetMountChange: Sendable {
  package enum Verb: Sendable {
    /// Takes it out of the namespace.
    case remove
    /// Takes it out and puts it back: who receives from there by now receives it.
    case renew
    /// Sets and clears its attributes, and how it propagates.
    case set(MountChange)
  }

  private let target: Target
  private let path: String
  private let verb: Verb

  /// - Parameter path: the mount point, as from the target's root.
  package init(_ verb: Verb, of target: Target, at path: String) {
    self.verb = verb
    self.target = target
    self.path = path
  }

  /// Why the mount is as it was.
  package struct Failure: Error, Hashable, Sendable {
    package var message: Prose
  }

  /// Makes the change.
  package func carryOut(as program: SealedProgram) throws(Failure) {
    let words: [UInt8]
    do throws(Errno) {
      words = try visit(program)
    } catch {
      let advice = error == .notPermitted || error == .permissionDenied ? ": that needs root" : ""
      throw Failure(message: "\(path): enter \(target.label): \(error)\(advice)")
    }
    if !words.isEmpty { throw Failure(message: "\(path): \(Prose(obstacle: words))") }
  }

  private func visit(_ program: SealedProgram) throws(Errno) -> [UInt8] {
    guard let id = target.process else {
      let namespace = try target.openNamespace()
      defer { extendLifetime(namespace) }
      return try visit(namespace.borrowed, root: nil, program)
    }
    let process = try HeldProcess(id)
    let namespace = try process.namespace(.mount)
    guard try Syscall.status(of: namespace.borrowed).inode == target.inode else { throw .noSuchProcess }
    let root = try process.root()
    defer {
      extendLifetime(namespace)
      extendLifetime(root)
    }
    return try visit(namespace.borrowed, root: root.borrowed, program)
  }

  private func visit(
    _ namespace: FileDescriptor,
    root: FileDescriptor?,
    _ program: SealedProgram
  ) throws(Errno) -> [UInt8] {
    // Without privilege here, a caller may still have it in a user namespace of its own.
    let owner = try NamespaceOwner.confining(mounts: namespace)
    defer { extendLifetime(owner) }
    return try program.visit(namespace, owner: owner.borrowed, root: root) { visit in
      obstacle { () throws(MountObstacle) in try change(visit) }
    }
  }

  private func change(_ visit: NamespaceVisit) throws(MountObstacle) {
    let isRoot = names(of: path).isEmpty
    if case .set(let change) = verb, isRoot {
      return try told { () throws(Errno) in try change.apply(to: visit.root) }
    }
    if isRoot { throw MountObstacle("it is the root, which goes when the processes in the namespace end") }
    let mount = try held(visit.root)
    if case .remove = verb { try mount.checkNothingBelow(own: visit.own) }
    switch verb {
    case .remove: try told { () throws(Errno) in try mount.detach() }
    case .renew: try renew(mount, beneath: visit.root)
    case .set(let change): try told { () throws(Errno) in try change.apply(to: mount.root.borrowed) }
    }
  }

  private func renew(_ mount: borrowing HeldMount, beneath root: FileDescriptor) throws(MountObstacle) {
    do throws(Errno) {
      try mount.renew()
    } catch {
      let isThere = (try? HeldMount(at: path, beneath: root)) != nil
      guard isThere else {
        throw MountObstacle("it was taken out and could not be put back (\(error)): mount it again")
      }
      try told { () throws(Errno) in throw error }
    }
  }

  /// Makes a change; the kernel's refusal is told with what it may mean.
  private func told(_ body: () throws(Errno) -> Void) throws(MountObstacle) {
    do throws(Errno) {
      try body()
    } catch {
      switch error {
      case .invalidArgument:
        throw MountObstacle(
          "the kernel refuses it (\(error)): it is locked, since it came from another user's namespace, "
            + "or it is no mount point"
        )
      case .notPermitted: throw MountObstacle("\(error): that needs root, and a mount that is not locked")
      default: throw MountObstacle("\(error)")
      }
    }
  }

  private func held(_ root: FileDescriptor) throws(MountObstacle) -> HeldMount {
    do throws(Errno) {
      return try HeldMount(at: path, beneath: root)
    } catch {
      let table = shellLine(["berth", "mounts", target.word])
      switch error {
      case .tooManySymbolicLinkLevels:
        throw MountObstacle("a symbolic link is on the way: give the path as \(table) shows it")
      case .invalidArgument: throw MountObstacle("it is not a mount point in \(target.label); \(table) shows those")
      default: throw MountObstacle("\(error), as \(target.label) sees it; \(table) shows its mounts")
      }
    }
  }
}
