import LinuxABI
package import LinuxSyscalls
package import MountNamespace
package import SystemPackage

/// A mount of this process's namespace that is to be changed, held by a descriptor of its root: what was found at a path is what is acted
/// on, wherever the path leads by then.
package struct HeldMount: ~Copyable {
  package let root: Descriptor
  /// The directory above the mount point, and the mount point's name in it.
  private let parent: Descriptor
  private let name: String

  /// Opens the mount at a path beneath a root. No symbolic link is followed: where one stands in the way, the path is not the one that
  /// the mount table has.
  ///
  /// - Throws: ELOOP for a path with a link, EINVAL for one that is no mount point, or is the root itself.
  package init(at path: String, beneath root: FileDescriptor) throws(Errno) {
    var names = names(of: path)
    guard let name = names.popLast() else { throw .invalidArgument }
    let resolve: ResolveFlags = [.inRoot, .noSymbolicLinks, .noMagicLinks]
    let parent = try Syscall.open(at: root, "/" + names.joined(separator: "/"), [.path, .directory], resolve: resolve)
    let mount = try Syscall.open(at: parent.borrowed, name, [.path, .noFollow], resolve: .noSymbolicLinks)
    if try !Syscall.isMountRoot(mount.borrowed) {
      throw try Syscall.status(of: mount.borrowed).kind == .symbolicLink ? .tooManySymbolicLinkLevels : .invalidArgument
    }
    self.root = mount
    self.parent = parent
    self.name = name
  }

  /// Whether it is the mount that an entry of a table tells of.
  package func isMount(of entry: MountEntry) throws(Errno) -> Bool {
    if let known = entry.uniqueID, let id = try Syscall.uniqueMountID(of: root.borrowed) { return id == known }
    return try Syscall.mountID(of: root.borrowed) == entry.id
  }

  /// Takes it out of the namespace, with what is mounted below it. What others have open of it stays until they close it: umount(8)
  /// `--lazy`.
  package func detach() throws(Errno) { try Syscall.detach(mount: root.borrowed) }

  /// Puts a copy of it in its place, and takes it out: who works in it keeps the old one, and the copy is used by nobody. What is mounted
  /// below it is part of the copy.
  package func replace() throws(Errno) {
    let copy = try Syscall.cloneTree(at: root.borrowed, recursive: true)
    do throws(Errno) {
      // Beneath it first, and nothing is lost when that fails; before Linux 6.5, and where it would propagate onto itself, it does.
      try Syscall.moveMount(copy.borrowed, beneath: root.borrowed)
    } catch  where error == .invalidArgument {
      try detach()
      return try putInPlace(copy.borrowed)
    }
    try detach()
  }

  /// Takes it out and puts a copy of it in its place, which is sent to those that have come to receive from there since it was mounted.
  package func renew() throws(Errno) {
    let copy = try Syscall.cloneTree(at: root.borrowed, recursive: true)
    try Syscall.setAttributes(MountAttributeRequest(propagation: .private), of: copy.borrowed, recursive: true)
    try detach()
    try putInPlace(copy.borrowed)
  }

  /// Mounts a tree where the mount was.
  private func putInPlace(_ tree: FileDescriptor) throws(Errno) {
    func put() throws(Errno) {
      let place = try Syscall.open(at: parent.borrowed, name, [.path, .noFollow], resolve: .noSymbolicLinks)
      try Syscall.moveMount(tree, onto: place.borrowed)
    }
    // The mount is gone if this fails: what the kernel had too little of for a moment is asked for again.
    do throws(Errno) { try put() } catch { try put() }
  }
}

extension Syscall {
  /// Takes the mount whose root a descriptor is open on out of the namespace, with what is mounted below it, by umount2(2) of the
  /// working directory: no path is followed.
  package static func detach(mount root: FileDescriptor) throws(Errno) {
    let before = try open(".", .path)
    try changeDirectory(root)
    defer { try? changeDirectory(before.borrowed) }  // It was the working directory: it can be again.
    try detachMount(at: ".")
  }
}
