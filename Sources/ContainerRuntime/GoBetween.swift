import ContainerPlan
import LinuxABI
import LinuxSyscalls
import SystemPackage

/// A process between berth and the container's, which changes its own namespaces where they decide what the other is born
/// with. berth's stay as they are: its hooks run on the host, and so do its files and its cgroups lie there.
///
///     berth                 go-between                     the process
///     clone3 ─────────────► takes and lays out captures, enters namespaces
///                           clone3(CLONE_PARENT) ────────► berth's own child, in new namespaces
///     ◄───────────── its id and its pidfd, or `InitFailure`
///     reaps ◄────────────── ends
///
/// - A user namespace that is joined gives the right over the other namespaces, and a PID namespace holds from birth.
/// - A mount that is moved into the mount namespace of another user namespace keeps all that berth may do with it: the
///   container's root could then clear `ro` or `nosuid`, or uncover what a mount hides. The kernel locks that in the copies
///   of a whole mount namespace alone, mount_namespaces(7) "Restrictions on mount namespaces". So the captures are laid out
///   in the go-between's, the process is born in a copy of that, and takes them from there.
extension ContainerPlan {
  /// Whether the process is to be in a user namespace that is there already.
  var joinsUserNamespace: Bool { joined.contains { $0.type == .user } }

  /// Whether captures come to a mount namespace of another user namespace's.
  var locksCaptures: Bool {
    !captures.isEmpty && created.contains(.mount) && (created.contains(.user) || joinsUserNamespace)
  }

  /// Whether a namespace is entered before the process is made; a cgroup namespace has to wait until it is in its cgroup.
  func isEnteredBeforeBirth(_ type: NamespaceType) -> Bool {
    joinsUserNamespace ? type != .cgroup : type == .pid
  }

  /// Makes the process, as clone3(2) would, after it has entered what is `isEnteredBeforeBirth`.
  ///
  /// - Parameter root: takes the captures, and lays them out for it, if its copies have to be locked.
  func cloneByGoBetween(
    _ joins: [OpenedJoin],
    layingOut root: inout RootMaking,
    locked: Bool,
    into birthplace: FileDescriptor?
  ) throws(InitFailure) -> CloneResult {
    let (near, far) = try attempt(.createProcess, "socketpair") { () throws(Errno) in try Syscall.messagePair() }
    let here = Descriptor(owning: near)
    let there = Descriptor(owning: far)
    let clone = try attempt(.createProcess, "clone3") { () throws(Errno) in
      try Syscall.clone(namespaces: locked ? [.mount] : [])
    }
    switch consume clone {
    case .child:
      _ = consume here
      do throws(InitFailure) {
        if locked {
          for capture in captures { try root.execute(capture) }
          try attempt(.mount, "lay out the mounts for the container") { () throws(Errno) in try root.layOutCaptures() }
        }
        try enter(joins.filter { isEnteredBeforeBirth($0.join.type) })
        if try cloneSibling(into: birthplace, telling: there.borrowed) { return .child }
        Syscall.exitNow(0)
      } catch {
        try? Syscall.write(error.message, to: there.borrowed)  // When berth is gone there is nobody to tell.
        Syscall.exitNow(error.exitStatus)
      }
    case .parent(_, let goBetween):
      _ = consume there
      let (message, file) = try attempt(.createProcess, cloneOperation) { () throws(Errno) in
        let answer = try Syscall.receive(here.borrowed, count: 65536)
        _ = try Syscall.wait(for: goBetween.borrowed)
        return answer
      }
      if let file {
        let id = message.reversed().reduce(0) { $0 << 8 | Int32($1) }
        return .parent(childID: id, process: Descriptor(owning: file))
      }
      throw InitFailure(message: message) ?? InitFailure(.createProcess, cloneOperation, .noSuchProcess)
    }
  }

  /// Enters namespaces: those of the host's first, to which the user namespace may give no right, then by its right.
  private func enter(_ joins: [OpenedJoin]) throws(InitFailure) {
    var refused: [OpenedJoin] = []
    for join in joins where join.join.type != .user {
      do throws(InitFailure) {
        try join.enter()
      } catch {
        guard error.errno == .notPermitted, joinsUserNamespace else { throw error }
        refused.append(join)
      }
    }
    for join in joins.filter({ $0.join.type == .user }) + refused { try join.enter() }
  }

  /// Makes the process as a child of berth's, and tells berth; returns whether this is that process.
  private func cloneSibling(
    into birthplace: FileDescriptor?,
    telling berth: FileDescriptor
  ) throws(InitFailure) -> Bool {
    let clone = try attempt(.createProcess, cloneOperation) { () throws(Errno) in
      try Syscall.clone(namespaces: namespacesFromBirth, into: birthplace, asSibling: true)
    }
    switch consume clone {
    case .child: return true
    case .parent(let id, let process):
      try attempt(.createProcess, "tell berth the process") { () throws(Errno) in
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: id >> Int32($0 * 8)) }
        try Syscall.send(bytes, with: process.borrowed, over: berth)
      }
      return false
    }
  }
}

extension ContainerPlan.Join {
  /// What enters it, in words.
  var operation: Prose { "enter the \(type.rawValue) namespace \(path)" }
}
