package import LinuxABI
import LinuxSyscalls
import MountExecution
import MountNamespace
package import NamespaceJoining
import SystemPackage

/// Goes into namespaces of the machine, setns(2), with or without a process that is in them.
package struct NamespaceEntry: Sendable {
  /// The types that are entered; the user namespace is a matter of `keepsUser`.
  package var types: [NamespaceType]
  /// The process whose namespaces, root and working directory they are, or a mount namespace without one.
  package var target: Target
  /// Whether the caller's user namespace is kept, and with it all that the caller may do; else that of the target is entered too.
  package var keepsUser: Bool
  /// A directory, or an erofs or squashfs image, that becomes the root in a private copy of the mount namespace.
  package var toolbox: String?

  package init(types: [NamespaceType], target: Target, keepsUser: Bool, toolbox: String?) {
    self.types = types
    self.target = target
    self.keepsUser = keepsUser
    self.toolbox = toolbox
  }

  /// Why it could not be entered.
  package struct Failure: Error, Hashable, Sendable {
    package var message: Prose
  }

  /// Moves this process there. A PID namespace counts for the children that it makes from then on, pid_namespaces(7).
  package func enter(as program: SealedProgram) throws(Failure) {
    let tools = try toolbox.map(toolboxTree)
    if let process = target.process {
      try enter(process, program)
    } else {
      try enterMounts(program)
    }
    if let tools {
      let tree = Descriptor(owning: tools)
      try attempt("--with \(toolbox ?? "")") { () throws(Errno) in try Self.stand(on: tree.borrowed) }
    }
  }

  /// Enters a mount namespace that no process is in.
  private func enterMounts(_ program: SealedProgram) throws(Failure) {
    let ids = CallerIDs()
    let isConfined = try attempt(target.label) { () throws(Errno) -> Bool in
      let namespace = try target.openNamespace()
      let user = keepsUser ? nil : try NamespaceOwner.confining(mounts: namespace.borrowed)
      try program.join(namespace.borrowed, type: .mount)
      guard let user else { return false }
      ids.dropGroups()
      try program.join(user.borrowed, type: .user)
      return true
    }
    if isConfined { try become(ids) }
  }

  /// Enters the namespaces and the root of a process. They are all open before the first is entered, and what was looked at is what is
  /// entered, whatever the process does meanwhile.
  private func enter(_ process: Int32, _ program: SealedProgram) throws(Failure) {
    let ids = CallerIDs()
    let isConfined = try attempt("process \(process)") { () throws(Errno) -> Bool in
      let held = try HeldProcess(process)
      let mounts = try held.namespace(.mount)
      let owner = try held.namespace(.user)
      guard try Syscall.status(of: mounts.borrowed).inode == target.inode else { throw .noSuchProcess }
      let user = keepsUser ? nil : try NamespaceOwner.confining(mounts: mounts.borrowed, process: held.namespace(.user))
      let wanted = try otherNamespaces(of: held)
      let root = types.contains(.mount) ? try held.root() : nil
      defer {
        extendLifetime(user)
        extendLifetime(root)
      }
      // It is still where it was, and who it was: its root is not one that it has chosen since.
      guard try held.isIn(mounts.borrowed, .mount), try held.isIn(owner.borrowed, .user) else { throw .noSuchProcess }
      if user.borrowed != nil { ids.dropGroups() }
      try enter(wanted, root.borrowed, user.borrowed, program)
      for (_, file) in wanted { try? Syscall.close(file) }  // It was open: it is closed, whatever close(2) says.
      return user.borrowed != nil
    }
    if isConfined { try become(ids) }
  }

  /// Enters namespaces, a root, and the user namespace at last: what this process has the right to now it may not have then. Without
  /// privilege it is the reverse, and the user namespace gives the right.
  private func enter(
    _ namespaces: [(type: NamespaceType, file: FileDescriptor)],
    _ root: FileDescriptor?,
    _ user: FileDescriptor?,
    _ program: SealedProgram
  ) throws(Errno) {
    var rest = namespaces[...]
    var isRefused = false
    do throws(Errno) {
      try enter(&rest, root, program)
    } catch {
      guard error == .notPermitted, user != nil else { throw error }
      isRefused = true
    }
    guard let user else { return }
    try program.join(user, type: .user)
    if isRefused { try enter(&rest, root, program) }
  }

  /// Enters namespaces, as far as it is permitted, and then the root.
  private func enter(
    _ namespaces: inout ArraySlice<(type: NamespaceType, file: FileDescriptor)>,
    _ root: FileDescriptor?,
    _ program: SealedProgram
  ) throws(Errno) {
    while let next = namespaces.first {
      try program.join(next.file, type: next.type)
      namespaces.removeFirst()
    }
    guard let root else { return }
    try Syscall.changeDirectory(root)
    try Syscall.changeRoot(to: ".")
  }

  /// Those of the wanted types in which the process is, and this one is not, open: to enter its own is refused by setns(2) for some.
  private func otherNamespaces(
    of held: borrowing HeldProcess
  ) throws(Errno) -> [(type: NamespaceType, file: FileDescriptor)] {
    var wanted: [(type: NamespaceType, file: FileDescriptor)] = []
    for type in types where type != .user {
      let file = try held.namespace(type)
      let own = try Syscall.status(path: "/proc/self/ns/\(type.procName)").inode
      if try Syscall.status(of: file.borrowed).inode != own {
        wanted.append((type, FileDescriptor(rawValue: file.release())))
      }
    }
    return wanted
  }

  private func become(_ ids: CallerIDs) throws(Failure) {
    do throws(Errno) {
      try ids.becomeRoot()
    } catch {
      throw Failure(
        message:
          "become root of the target's user namespace: \(error): it has no id 0, and the ids of this machine's root "
          + "are not for a program of the target's\n  --keep-user keeps them all the same: only where the target is trusted"
      )
    }
  }

  /// The tree of the toolbox, with a place for the target's root.
  private func toolboxTree(_ path: String) throws(Failure) -> CInt {
    let tree = Descriptor(owning: try detachedTree(path))
    guard (try? Syscall.open(at: tree.borrowed, "mnt", [.path, .directory], resolve: .inRoot)) != nil else {
      throw Failure(message: "--with \(path): it has no directory /mnt, where the target's root would be: make one")
    }
    return tree.release()
  }

  /// A copy of a directory's tree, or an image's, that is attached to nothing.
  private func detachedTree(_ path: String) throws(Failure) -> CInt {
    let directory = try attempt("--with \(path)") { () throws(Errno) -> CInt? in
      let file = try Syscall.open(path, .path)
      guard try Syscall.status(of: file.borrowed).kind == .directory else { return nil }
      return try Syscall.cloneTree(at: file.borrowed, recursive: true).release()
    }
    if let directory { return directory }
    for type in ["erofs", "squashfs"] {
      var reason: String?
      do throws(Errno) {
        let image = FileSystem(type: type, backing: .image(path: path), parameters: [FileSystem.Parameter("ro")])
        return try makeMount(of: image, attributes: .readOnly, reason: &reason).release()
      } catch {
        // EINVAL: it is no image of this type.
        guard error == .invalidArgument else { throw Failure(message: "--with \(path): \(reason ?? "\(error)")") }
      }
    }
    throw Failure(message: "--with \(path): it is neither a directory nor an erofs or squashfs image")
  }

  /// Makes a tree the root in a copy of this mount namespace, with what was the root at /mnt, and its /proc, /dev and /sys.
  private static func stand(on tree: FileDescriptor) throws(Errno) {
    let slash = try copiedRoot()
    let target = try Syscall.cloneTree(at: slash.borrowed, recursive: true)
    // From the copy, before the tree covers it; a link in its place leads nowhere.
    var views: [(name: String, mount: FileDescriptor)] = []
    for name in ["proc", "dev", "sys"] {
      guard let place = try directory(name, at: slash.borrowed, [.inRoot, .noSymbolicLinks]) else { continue }
      let source = try Syscall.cloneTree(at: place.borrowed, recursive: true)
      views.append((name, FileDescriptor(rawValue: source.release())))
    }
    try Syscall.moveMount(tree, onto: slash.borrowed)
    for (name, mount) in views {
      let source = Descriptor(owning: mount.rawValue)
      guard let place = try directory(name, at: tree, .inRoot) else { continue }
      try Syscall.moveMount(source.borrowed, onto: place.borrowed)
    }
    let mnt = try Syscall.open(at: tree, "mnt", .path, resolve: .inRoot)
    try Syscall.moveMount(target.borrowed, onto: mnt.borrowed)
    try Syscall.changeDirectory(tree)
    try Syscall.changeRoot(to: ".")
  }

  /// A directory of a root; nil where there is none: a tool that does without finds no more than it did in the target.
  private static func directory(
    _ name: String,
    at root: FileDescriptor,
    _ resolve: ResolveFlags
  ) throws(Errno) -> Descriptor? {
    do throws(Errno) {
      return try Syscall.open(at: root, name, [.path, .directory], resolve: resolve)
    } catch {
      guard [.noSuchFileOrDirectory, .notDirectory, .tooManySymbolicLinkLevels].contains(error) else { throw error }
      return nil
    }
  }

  /// Moves this process into a copy of its mount namespace that nothing comes into or goes out of; the root there.
  private static func copiedRoot() throws(Errno) -> Descriptor {
    try Syscall.unshare([.mount])
    let root = try Syscall.open("/", [.path, .directory])
    try Syscall.setAttributes(MountAttributeRequest(propagation: .private), of: root.borrowed, recursive: true)
    return root
  }

  @discardableResult
  private func attempt<Result>(_ what: String, _ body: () throws(Errno) -> Result) throws(Failure) -> Result {
    do throws(Errno) {
      return try body()
    } catch {
      let advice = error == .notPermitted || error == .permissionDenied ? ": that needs root" : ""
      throw Failure(message: "\(what): \(error)\(advice)")
    }
  }
}

/// The ids of who calls, on the way into a user namespace of others.
private struct CallerIDs {
  private let isRoot = Syscall.effectiveUserID == 0

  /// Gives up the caller's groups while it is known how: a user namespace that was made without privilege permits it no more,
  /// user_namespaces(7), and what is a group of root's here would still be one in there.
  func dropGroups() {
    // Without privilege they are the caller's own, and give nothing that the caller has not.
    try? Syscall.setGroups([])
  }

  /// Becomes the root of the user namespace that this process is in.
  ///
  /// - Throws: EINVAL when it has none and the caller is root: then the ids would stay those of the machine's root.
  func becomeRoot() throws(Errno) {
    do throws(Errno) {
      try Syscall.setGroupID(0)
      try Syscall.setUserID(0)
    } catch {
      guard isRoot || error != .invalidArgument else { return }
      throw error
    }
  }
}
