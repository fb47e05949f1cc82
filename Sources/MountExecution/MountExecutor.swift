import LinuxABI
package import LinuxSyscalls
package import MountNamespace
package import SystemPackage

/// Carries out mount operations in the mount namespace of this process.
///
/// Every mount is detached while it is configured and is then moved onto a descriptor, so that no path is walked twice
/// and nothing is ever visible half made. What it keeps open stays so until `close`, execve(2) or the end of the process.
package struct MountExecutor: ~Copyable {
  /// The directories that confine paths, by their names in the plan.
  private var roots: [(name: String, mount: FileDescriptor)] = []
  /// Copies of trees taken before their turn, by name.
  var captured: [(name: String, tree: FileDescriptor)] = []
  /// The names of mounts to keep open, since later paths are confined to them.
  private let rootNames: [String]

  /// An executor for operations whose mount points lie in `/` and in these other roots.
  package init(roots: [String]) { rootNames = roots }

  /// Carries out one operation.
  package mutating func execute(_ operation: MountOperation) throws(MountFailure) {
    var reason: String?
    do throws(Errno) {
      try execute(operation, reason: &reason)
    } catch {
      throw MountFailure(operation: operation, errno: error, reason: reason)
    }
  }

  private mutating func execute(_ operation: MountOperation, reason: inout String?) throws(Errno) {
    switch operation {
    case .mount(var fileSystem, let attributes, let copyUp, let target):
      let isProcessView = fileSystem.type == "proc" || fileSystem.type == "sysfs"
      let isConfined = target.root != "/" || isConfinedToRoot
      if isProcessView, isConfined {
        // An image that has a link there would show the process another's: CVE-2019-19921.
        reason = "\(fileSystem.type) must be mounted on ordinary directory"
      }
      let place = try open(target, resolve: isProcessView && isConfined ? .noSymbolicLinks : [])
      reason = nil
      if fileSystem.inheritsPermissions {
        let permissions = try Syscall.status(of: place.borrowed).permissions
        fileSystem.parameters.append(FileSystem.Parameter("mode", "0" + String(permissions, radix: 8)))
      }
      if fileSystem.hasLongParameter { return try mountByPath(fileSystem, attributes, over: place.borrowed, target) }
      let mount = try makeMount(of: fileSystem, attributes: attributes, reason: &reason)
      if copyUp { try copyTree(from: place.borrowed, to: mount.borrowed) }
      try attach(mount, onto: place.borrowed, target)
    case .capture(let source, let recursive, let idMap):
      keep(try capture(source, recursive: recursive, idMap: idMap), as: source)
    case .enter(let directory):
      let place = try open(directory)
      try Syscall.changeDirectory(place.borrowed)
    case .bind(let source, let recursive, let cut, let change, let target):
      var first = change
      first.propagation = cut
      let mount = try tree(at: source, recursive: recursive)
      do throws(Errno) {
        try first.apply(to: mount.borrowed)
      } catch {
        let clears = !change.attributes.clear.union(change.recursiveAttributes.clear).isEmpty
        if error == .notPermitted, clears {
          reason = "a flag of the source's cannot be cleared in a user namespace: see mount_namespaces(7)"
        }
        throw error
      }
      let place = try open(target)
      try attach(mount, onto: place.borrowed, target, MountChange(propagation: change.propagation))
    case .change(let change, let target):
      let place = try open(target)
      try change.apply(to: place.borrowed)
    case .reconfigure(let parameters, let target):
      try reconfigure(parameters, at: target, reason: &reason)
    case .pivotRoot(let path):
      let root = try open(MountPoint(root: path, path: "/"))
      try Syscall.changeDirectory(root.borrowed)
      try Syscall.pivotRootToWorkingDirectory()
      try Syscall.detachMount(at: ".")
      try Syscall.changeDirectory("/")
    }
  }

  /// Opens a place without reading it, walking its path inside its root. `/` is this process's own root until a mount of
  /// that name is attached.
  package func open(_ place: MountPoint, resolve: ResolveFlags = []) throws(Errno) -> Descriptor {
    let flags: OpenFlags = place.followsLink ? .path : [.path, .noFollow]
    switch place.root {
    case "/" where !isConfinedToRoot:
      return try Syscall.open(place.path, flags, resolve: resolve.union(.noMagicLinks))
    case ".":
      return try Syscall.open(
        at: .workingDirectory,
        "." + place.path,
        [.path, .noFollow],
        resolve: [.noSymbolicLinks]
      )
    default:
      let root = try root(named: place.root)
      return try Syscall.open(
        at: root,
        place.path,
        flags,
        resolve: resolve.union([.inRoot, .noMagicLinks])
      )
    }
  }

  /// Whether `/` is a mount that was attached by that name.
  private var isConfinedToRoot: Bool { roots.contains { $0.name == "/" } }

  /// The mount that a name in the plan stands for; never a path of that name, which could lead elsewhere by now.
  private func root(named name: String) throws(Errno) -> FileDescriptor {
    guard let root = roots.last(where: { $0.name == name }) else { throw .badFileDescriptor }
    return root.mount
  }

  /// A detached copy of the tree at a source: the one that was captured, if it was.
  package mutating func tree(at source: MountPoint, recursive: Bool) throws(Errno) -> Descriptor {
    if source.isCaptured {
      guard let index = captured.firstIndex(where: { $0.name == source.root }) else { throw .badFileDescriptor }
      return Descriptor(owning: captured.remove(at: index).tree.rawValue)
    }
    if source.root == "/", source.followsLink, !isConfinedToRoot {
      return try Syscall.cloneTree(at: .workingDirectory, path: source.path, recursive: recursive)
    }
    let place = try open(source)
    return try Syscall.cloneTree(at: place.borrowed, recursive: recursive)
  }

  /// Keeps a detached copy of a tree, to be bound later by its name.
  package mutating func keep(_ tree: consuming Descriptor, as source: MountPoint) {
    captured.append((source.root, FileDescriptor(rawValue: tree.release())))
  }

  /// Sends the tree that was captured last to another process.
  package func handOverLastCapture(to channel: FileDescriptor) throws(Errno) {
    guard let tree = captured.last?.tree else { throw .badFileDescriptor }
    try Syscall.send([0], with: tree, over: channel)
  }

  /// Closes what is kept open: a mount that is open is busy, and its file system stays.
  package consuming func close() {
    for file in captured.map(\.tree) + roots.map(\.mount) { _ = Descriptor(owning: file.rawValue) }
  }

  /// Mounts a file system with a parameter that is too long for fsconfig(2), as lower layers of an overlay are: mount(2) looks for no path
  /// either, where its target is the working directory.
  private mutating func mountByPath(
    _ fileSystem: FileSystem,
    _ attributes: MountAttributes,
    over place: FileDescriptor,
    _ target: MountPoint
  ) throws(Errno) {
    let before = try Syscall.open(".", [.path, .directory])
    try Syscall.changeDirectory(place)
    defer { try? Syscall.changeDirectory(before.borrowed) }  // It was there a moment ago.
    try Syscall.mountOverWorkingDirectory(
      type: fileSystem.type,
      source: fileSystem.backing.name,
      options: fileSystem.parameters.filter { $0.key != "ro" }.map(\.option).text(separatedBy: ","),
      isReadOnly: fileSystem.parameters.contains { $0.key == "ro" }
    )
    let mount = try open(target)
    // What is on top there now is what was mounted, unless the path leads elsewhere by now.
    guard try Syscall.status(of: mount.borrowed).isMountRoot else { throw .noSuchFileOrDirectory }
    try MountChange(attributes: MountChange.Attributes(set: attributes)).apply(to: mount.borrowed)
    keepRoot(mount, target)
  }

  /// Moves a detached mount to its place, changes it there, and keeps it open if later paths are confined to it.
  private mutating func attach(
    _ mount: consuming Descriptor,
    onto place: FileDescriptor,
    _ target: MountPoint,
    _ change: MountChange = MountChange()
  ) throws(Errno) {
    do throws(Errno) {
      try Syscall.moveMount(mount.borrowed, onto: place)
    } catch {
      // mount(2) tells a directory from a file; move_mount(2) does not.
      let kinds = [try? Syscall.status(of: mount.borrowed).kind, try? Syscall.status(of: place).kind]
      throw error == .invalidArgument && kinds.count(where: { $0 == .directory }) == 1 ? .notDirectory : error
    }
    try change.apply(to: mount.borrowed)
    keepRoot(mount, target)
  }

  /// Keeps a mount open if later paths are confined to it.
  private mutating func keepRoot(_ mount: consuming Descriptor, _ target: MountPoint) {
    guard rootNames.contains(target.fullPath) else { return }
    roots.append((target.fullPath, FileDescriptor(rawValue: mount.release())))
  }

  private mutating func reconfigure(
    _ parameters: [FileSystem.Parameter],
    at target: MountPoint,
    reason: inout String?
  ) throws(Errno) {
    let place = try open(target)
    let context = try Syscall.pickFileSystem(of: place.borrowed)
    do throws(Errno) {
      for parameter in parameters {
        try Syscall.configure(context.borrowed, key: parameter.key, value: parameter.value)
      }
      try Syscall.reconfigureFileSystem(context.borrowed)
    } catch {
      reason = Syscall.failureMessage(of: context.borrowed)
      throw error
    }
  }
}

extension MountChange {
  /// Changes the mount that a descriptor is open in, first what is asked of all below it too.
  package func apply(to mount: FileDescriptor) throws(Errno) {
    var plain = MountAttributeRequest(set: attributes.set, clear: attributes.clear)
    var deep = MountAttributeRequest(set: recursiveAttributes.set, clear: recursiveAttributes.clear)
    if let propagation {
      if propagation.recursive { deep.propagation = propagation.type } else { plain.propagation = propagation.type }
    }
    if deep != MountAttributeRequest() { try Syscall.setAttributes(deep, of: mount, recursive: true) }
    if plain != MountAttributeRequest() { try Syscall.setAttributes(plain, of: mount, recursive: false) }
  }
}
