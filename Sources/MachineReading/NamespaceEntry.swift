package import LinuxABI
import LinuxSyscalls
import MountExecution
import MountNamespace
import SystemPackage

/// Goes into namespaces of the machine, setns(2), with or without a process that is in them.
package struct NamespaceEntry: Sendable {
  /// The types that are entered.
  package var types: [NamespaceType]
  /// The process whose namespaces, root and working directory they are; nil for a mount namespace without one.
  package var process: Int32?
  /// The mount namespace, by the number of its file.
  package var inode: UInt64
  /// A directory, or an erofs or squashfs image, that becomes the root in a private copy of the mount namespace.
  package var toolbox: String?

  package init(types: [NamespaceType], process: Int32?, inode: UInt64, toolbox: String?) {
    self.types = types
    self.process = process
    self.inode = inode
    self.toolbox = toolbox
  }

  /// Why it could not be entered.
  package struct Failure: Error, Hashable, Sendable {
    package var message: String
  }

  /// Moves this process there. A PID namespace counts for the children that it makes from then on, pid_namespaces(7).
  package func enter() throws(Failure) {
    let tools = try toolbox.map(toolboxTree)
    if let process {
      try enterNamespaces(of: process)
    } else {
      try attempt("mnt:[\(inode)]") { () throws(Errno) in
        let namespace = try MachineReader.open(inode: inode)
        try Syscall.join(namespace.borrowed, type: .mount)
      }
    }
    if let tools {
      let tree = Descriptor(owning: tools)
      try attempt("--with \(toolbox ?? "")") { () throws(Errno) in try Self.stand(on: tree.borrowed) }
    }
  }

  private func enterNamespaces(of process: Int32) throws(Failure) {
    let directory = "/proc/\(process)"
    // Which of them are other ones: setns(2) refuses the user namespace that the process is in already.
    var wanted: [NamespaceType] = []
    for type in types {
      let link = try attempt("\(directory)/ns/\(type.procName)") { () throws(Errno) in
        (
          try Syscall.readLink(at: .workingDirectory, "\(directory)/ns/\(type.procName)"),
          try Syscall.readLink(at: .workingDirectory, "/proc/self/ns/\(type.procName)")
        )
      }
      if link.0 != link.1 { wanted.append(type) }
    }
    let root = try attempt("\(directory)/root") { () throws(Errno) in
      try Syscall.open("\(directory)/root", .path).release()
    }
    let place = Descriptor(owning: root)
    try attempt("setns") { () throws(Errno) in
      let handle = try Syscall.openProcess(process)
      if !wanted.isEmpty { try Syscall.join(handle.borrowed, namespaces: NamespaceSet(wanted)) }
      if wanted.contains(.user) { Self.becomeRoot() }
      guard types.contains(.mount) else { return }
      try Syscall.changeDirectory(place.borrowed)
      try Syscall.changeRoot(to: ".")
    }
  }

  /// In another user namespace the ids of this process are nobody's: who enters is its root.
  private static func becomeRoot() {
    // One made without privilege denies setgroups(2), and none has to map an id 0, user_namespaces(7).
    try? Syscall.setGroups([])
    try? Syscall.setGroupID(0)
    try? Syscall.setUserID(0)
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
    try Syscall.unshare([.mount])
    try Syscall.mount(.propagation(.private, recursive: true), at: "/")
    let target = try Syscall.cloneTree(at: .workingDirectory, path: "/", recursive: true)
    let slash = try Syscall.open("/", .path)
    try Syscall.moveMount(tree, onto: slash.borrowed)
    for name in ["proc", "dev", "sys"] {
      // A tool that does without finds no more than it did in the target.
      guard let source = try? Syscall.cloneTree(at: .workingDirectory, path: "/" + name, recursive: true),
        let place = try? Syscall.open(at: tree, name, .path, resolve: .inRoot)
      else { continue }
      try Syscall.moveMount(source.borrowed, onto: place.borrowed)
    }
    let mnt = try Syscall.open(at: tree, "mnt", .path, resolve: .inRoot)
    try Syscall.moveMount(target.borrowed, onto: mnt.borrowed)
    try Syscall.changeDirectory(tree)
    try Syscall.changeRoot(to: ".")
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
