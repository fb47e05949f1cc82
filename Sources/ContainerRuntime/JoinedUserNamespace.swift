import ContainerPlan
import LinuxABI
import LinuxSyscalls
import SystemPackage

/// A user namespace that a container joins is entered on the way to its process, and never by berth itself: berth's
/// hooks run on the host, and so do its files and its cgroups lie there.
///
///     berth                 go-between                     the process
///     clone3 ─────────────► enters the namespaces
///                           clone3(CLONE_PARENT) ────────► berth's own child, in new namespaces of that user namespace
///     ◄───────────── its id and its pidfd, or `InitFailure`
///     reaps ◄────────────── ends
extension ContainerPlan {
  /// Whether the process is to be in a user namespace that is there already.
  var joinsUserNamespace: Bool { joined.contains { $0.type == .user } }

  /// Makes the process, as clone3(2) would, in the namespaces that it joins.
  ///
  /// A cgroup namespace alone is left for it to enter, once it is in its cgroup.
  func cloneInJoinedUserNamespace(
    _ joins: [(join: Join, file: FileDescriptor)],
    into birthplace: FileDescriptor?
  ) throws(InitFailure) -> CloneResult {
    let (near, far) = try attempt(.createProcess, "socketpair") { () throws(Errno) in try Syscall.messagePair() }
    let here = Descriptor(owning: near)
    let there = Descriptor(owning: far)
    let clone = try attempt(.createProcess, "clone3") { () throws(Errno) in try Syscall.clone(namespaces: []) }
    switch consume clone {
    case .child:
      _ = consume here
      do throws(InitFailure) {
        try enter(joins.filter { $0.join.type != .cgroup })
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
  private func enter(_ joins: [(join: Join, file: FileDescriptor)]) throws(InitFailure) {
    var refused: [(join: Join, file: FileDescriptor)] = []
    for (join, file) in joins where join.type != .user {
      do throws(Errno) {
        try Syscall.join(file, type: join.type)
      } catch .notPermitted {
        refused.append((join, file))
      } catch {
        throw InitFailure(.joinNamespace, join.operation, error)
      }
    }
    for (join, file) in joins.filter({ $0.join.type == .user }) + refused {
      try attempt(.joinNamespace, join.operation) { () throws(Errno) in try Syscall.join(file, type: join.type) }
    }
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
  var operation: String { "enter the \(type.rawValue) namespace \(path)" }
}
