import ContainerPlan
import LinuxABI
import LinuxSyscalls
import MountExecution
import MountNamespace
import SystemPackage

/// Where a process has the copies of the host's mounts from.
///
/// A copy of a tree in which the file of a mount namespace is mounted cannot be attached anywhere (ELOOP: no namespace may hold itself),
/// and on many hosts one is: snapd's. The copy of a mount namespace leaves such mounts out, and so do the copies of trees in it.
enum CaptureOrigin {
  /// It takes them itself, in its copy of the host's mount namespace.
  case own
  /// berth has taken them, in its own mount namespace, and the process inherits them: its own is no copy of that.
  case inherited
  /// A process between the two takes them, in a mount namespace that the process's own is a copy of: see `GoBetween`.
  case laidOut
}

extension ContainerPlan {
  /// Where the captures come from for a process that is to be in the mount namespace that the plan says.
  func captureOrigin(isPrivileged: Bool) -> CaptureOrigin {
    // Without privilege that is permitted in its own namespaces only.
    if !isPrivileged { return .own }
    if locksCaptures { return .laidOut }
    return created.contains(.mount) && !entersTemplate && !mapsCaptures ? .own : .inherited
  }

  /// Whether ids are mapped in a capture. That takes a child with a user namespace, which in the process's own PID namespace has another
  /// number than in the /proc that is there.
  var mapsCaptures: Bool {
    captures.contains { if case .capture(_, _, _?) = $0 { true } else { false } }
  }
}

extension RootMaking {
  /// Takes captures in a copy of this mount namespace, which a short-lived child makes and hands them over from.
  mutating func captureInCopy(_ captures: [MountOperation]) throws(InitFailure) {
    if captures.isEmpty { return }
    let (near, far) = try attempt(.createProcess, "socketpair") { () throws(Errno) in try Syscall.messagePair() }
    let here = Descriptor(owning: near)
    let there = Descriptor(owning: far)
    let clone = try attempt(.createProcess, "clone3") { () throws(Errno) in try Syscall.clone(namespaces: [.mount]) }
    switch consume clone {
    case .child:
      _ = consume here
      do throws(InitFailure) {
        for capture in captures {
          try execute(capture)
          try attempt(.mount, capture.handing) { () throws(Errno) in
            try executor.handOverLastCapture(to: there.borrowed)
          }
        }
        Syscall.exitNow(0)
      } catch {
        try? Syscall.write(error.message, to: there.borrowed)  // When berth is gone there is nobody to tell.
        Syscall.exitNow(error.exitStatus)
      }
    case .parent(_, let process):
      _ = consume there
      defer { _ = try? Syscall.wait(for: process.borrowed) }  // It ends by itself, whatever comes of it.
      for case .capture(let source, _, _) in captures {
        let (message, file) = try attempt(.mount, "take the mounts for the container") { () throws(Errno) in
          try Syscall.receive(here.borrowed, count: 65536)
        }
        guard let file else {
          throw InitFailure(message: message)
            ?? InitFailure(.mount, "take the mounts for the container", .noSuchProcess)
        }
        executor.keep(Descriptor(owning: file), as: source)
      }
    }
  }
}

extension MountOperation {
  fileprivate var handing: Prose { "hand over: \(summary)" }
}
