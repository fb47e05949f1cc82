import LinuxABI
import LinuxSyscalls
import MountNamespace
package import SystemPackage

/// How captures come into a copy of this mount namespace.
extension MountExecutor {
  /// Attaches what was captured to an empty directory, each by its number there, and enters the directory, which lies over
  /// another. A process that is born in a copy of this namespace begins there too.
  ///
  /// The caller must be in a namespace of its own.
  package borrowing func layOutCaptures(over path: String) throws(Errno) {
    // What is attached here stays here; what is attached on the host still arrives. A copy for another user namespace has
    // the same propagation in any case.
    let root = try Syscall.open("/", [.path, .directory])
    try Syscall.setAttributes(MountAttributeRequest(propagation: .slave), of: root.borrowed, recursive: true)
    let covered = try Syscall.open(path, [.path, .directory])
    var reason: String?
    let layout = try makeMount(of: FileSystem(type: "tmpfs", source: "berth"), attributes: [], reason: &reason)
    try Syscall.moveMount(layout.borrowed, onto: covered.borrowed)
    try Syscall.changeDirectory(layout.borrowed)
    for (index, (_, tree)) in captured.enumerated() {
      if try Syscall.status(of: tree).kind == .directory {
        try Syscall.makeDirectory(at: layout.borrowed, "\(index)", permissions: 0o700)
      } else {
        try Syscall.makeNode(at: layout.borrowed, "\(index)", kind: .regular, permissions: 0o600)
      }
      let place = try Syscall.open(at: layout.borrowed, "\(index)", [.path, .noFollow])
      try Syscall.moveMount(tree, onto: place.borrowed)
    }
  }

  /// Takes what was captured anew, from a copy of the directory where it was laid out.
  package mutating func takeLaidOutCaptures() throws(Errno) {
    for (index, (name, tree)) in captured.enumerated() {
      let copy = try Syscall.cloneTree(at: .workingDirectory, path: "\(index)", recursive: true)
      captured[index] = (name, FileDescriptor(rawValue: copy.release()))
      _ = Descriptor(owning: tree.rawValue)
    }
  }
}
