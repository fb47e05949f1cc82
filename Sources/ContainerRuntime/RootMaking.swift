import ContainerPlan
import LinuxABI
import LinuxSyscalls
import MountExecution
import MountNamespace
import SystemPackage

/// Carries out the steps that make a container's root, in its mount namespace.
struct RootMaking: ~Copyable {
  var executor: MountExecutor
  /// The first read-only empty directory that hides another: the others are copies of its mount.
  var emptyDirectory: FileDescriptor?
  /// The same for files: the first null device that hides one.
  var nullFile: FileDescriptor?

  /// The directory that was made last, because it was missing.
  private var newDirectory: MountPoint?

  /// What the plan calls the container's root.
  private let rootName: String
  /// The null device, if it was captured.
  let capturedNull: MountPoint?

  init(plan: ContainerPlan) {
    rootName = plan.rootName
    capturedNull = plan.nullDevice
    executor = MountExecutor(roots: plan.roots)
  }

  mutating func execute(_ operation: MountOperation) throws(InitFailure) {
    var operation = operation
    if case .mount(var fileSystem, let attributes, let copyUp, let target) = operation, target == newDirectory {
      // Only a directory of the image's has permissions that mean something.
      fileSystem.inheritsPermissions = false
      operation = .mount(fileSystem, attributes: attributes, copyUp: copyUp, at: target)
    }
    do throws(MountFailure) {
      try executor.execute(operation)
    } catch {
      throw InitFailure(.mount, "\(error.operation.summary)", error.errno, reason: error.reason.map { "\($0)" })
    }
  }

  mutating func execute(_ step: RootStep) throws(InitFailure) {
    if case .mount(let operation) = step { return try execute(operation) }
    do throws(Errno) {
      try perform(step)
    } catch {
      throw InitFailure(.mount, "\(step.summary)", error)
    }
  }

  private mutating func perform(_ step: RootStep) throws(Errno) {
    switch step {
    case .mount, .captureMapped, .runHooks, .enterCgroupNamespace: break
    case .moveRoot(let path):
      let root = try Syscall.open("/", [.path, .directory])
      let directory = try executor.open(MountPoint(root: path, path: "/"))
      try Syscall.changeDirectory(directory.borrowed)
      try Syscall.moveMount(directory.borrowed, onto: root.borrowed)
      try removeHostViews(besides: directory.borrowed)
      try Syscall.changeRoot(to: ".")
    case .changeRoot(let path):
      let directory = try executor.open(MountPoint(root: path, path: "/"))
      try Syscall.changeDirectory(directory.borrowed)
      try Syscall.changeRoot(to: ".")
    case .makeDirectory(let place, let permissions):
      if (try? executor.open(place)) != nil { return }
      let names = place.path.split(separator: "/").map(String.init)
      _ = try makeDirectory(place.root, names, permissions: permissions)
      newDirectory = place
    case .makeFile(let place):
      try makeFile(place)
    case .makeSymbolicLink(let text, let place):
      try inParent(of: place) { (directory, name) throws(Errno) in
        try ignoring(.fileExists) { () throws(Errno) in
          try Syscall.makeSymbolicLink(to: text, at: directory, name)
        }
      }
    case .makeDevice(let node, let place):
      try inParent(of: place) { (directory, name) throws(Errno) in
        try Self.makeDevice(node, at: directory, name)
      }
    case .copyFile(let source, let place):
      try inParent(of: place) { (directory, name) throws(Errno) in
        try Self.copyFile(source, to: directory, name)
      }
    case .copyAttributes(let source, let place):
      try inParent(of: place) { (directory, name) throws(Errno) in
        let status = try Syscall.status(path: source)
        try ignoring(.invalidArgument) { () throws(Errno) in
          try Syscall.setOwner(user: status.userID, group: status.groupID, at: directory, name)
        }
        let target = try Syscall.open(at: directory, name, [.directory, .noFollow])
        try Syscall.setPermissions(status.permissions, of: target.borrowed)
      }
    case .mask(let place):
      try ignoring(.noSuchFileOrDirectory) { () throws(Errno) in try mask(place) }
    case .makeReadOnly(let place):
      try ignoring(.noSuchFileOrDirectory) { () throws(Errno) in try makeReadOnly(place) }
    }
  }

  /// Takes a copy of a tree, has its ids mapped, and keeps it to be bound.
  mutating func capture(
    _ source: MountPoint,
    as tree: MountPoint,
    recursive: Bool,
    _ map: (FileDescriptor) throws(Errno) -> Void
  ) throws(Errno) {
    let copy = try executor.tree(at: source, recursive: recursive)
    try map(copy.borrowed)
    executor.keep(copy, as: tree)
  }

  /// Attaches what was captured where a copy of this mount namespace has it, over the directory that will be the root.
  borrowing func layOutCaptures() throws(Errno) { try executor.layOutCaptures(over: rootName) }

  /// Closes the captures, which the process has by now.
  consuming func close() { executor.close() }

  /// Takes what was captured from there.
  mutating func takeLaidOutCaptures() throws(Errno) { try executor.takeLaidOutCaptures() }

  /// Makes the container's root the working directory, wherever it is by now.
  mutating func enterRoot() throws(InitFailure) {
    try attempt(.hook, "cd to the container's root") { () throws(Errno) in
      let directory = try executor.open(MountPoint(root: rootName, path: "/"))
      try Syscall.changeDirectory(directory.borrowed)
    }
  }

  // MARK: Files and directories

  /// Opens a directory in a root, making what is missing of it.
  private mutating func openMakingDirectories(
    _ root: String,
    _ names: [String],
    links: Int = 0
  ) throws(Errno) -> Descriptor {
    do throws(Errno) {
      return try executor.open(MountPoint(root: root, names: names))
    } catch {
      guard error == .noSuchFileOrDirectory else { throw error }
    }
    return try makeDirectory(root, names, links: links)
  }

  /// Makes a directory that is missing, and those above it, each beneath the handle of the one above.
  ///
  /// A symbolic link that leads nowhere is followed all the same: what it names is made, inside the root.
  private mutating func makeDirectory(
    _ root: String,
    _ names: [String],
    permissions: UInt32 = 0o755,
    links: Int = 0
  ) throws(Errno) -> Descriptor {
    guard let name = names.last else { throw .noSuchFileOrDirectory }
    let directory = try openMakingDirectories(root, Array(names.dropLast()), links: links)
    // Now that the one above is there, this is too.
    if name == ".." { return try executor.open(MountPoint(root: root, names: names)) }
    if let way = try followed(name, in: directory.borrowed, names.dropLast(), links: links) {
      return try openMakingDirectories(root, way, links: links + 1)
    }
    try ignoring(.fileExists) { () throws(Errno) in
      let mask = Syscall.setFileCreationMask(0)
      defer { Syscall.setFileCreationMask(mask) }
      try Syscall.makeDirectory(at: directory.borrowed, name, permissions: permissions)
    }
    return try Syscall.open(
      at: directory.borrowed,
      name,
      [.path, .directory, .noFollow],
      resolve: .noSymbolicLinks
    )
  }

  /// The names that a symbolic link in a directory stands for, from the root on; nil if the name is none.
  private func followed(
    _ name: String,
    in directory: FileDescriptor,
    _ path: ArraySlice<String>,
    links: Int
  ) throws(Errno) -> [String]? {
    guard let text = try? Syscall.readLink(at: directory, name) else { return nil }
    if links == 40 { throw .tooManySymbolicLinkLevels }
    // `..` stays: only the kernel knows what it means behind links, and keeps it in the root.
    let names = text.split(separator: "/").map(String.init).filter { $0 != "." }
    return text.hasPrefix("/") ? names : path + names
  }

  /// Makes an empty file unless something is there; a symbolic link that leads nowhere is followed.
  private mutating func makeFile(_ place: MountPoint, links: Int = 0) throws(Errno) {
    if (try? executor.open(place)) != nil { return }
    var names = place.path.split(separator: "/").map(String.init)
    guard let name = names.popLast() else { throw .invalidArgument }
    let directory = try openMakingDirectories(place.root, names)
    if place.followsLink,
      let way = try followed(name, in: directory.borrowed, names[...], links: links)
    {
      let target = MountPoint(root: place.root, names: way)
      return try makeFile(target, links: links + 1)
    }
    try ignoring(.fileExists) { () throws(Errno) in
      try Syscall.makeNode(at: directory.borrowed, name, kind: .regular, permissions: 0o644)
    }
  }

  private mutating func inParent(
    of place: MountPoint,
    _ body: (FileDescriptor, String) throws(Errno) -> Void
  ) throws(Errno) {
    var names = place.path.split(separator: "/").map(String.init)
    guard let name = names.popLast() else { throw .invalidArgument }
    let directory = try openMakingDirectories(place.root, names)
    try body(directory.borrowed, name)
  }

  private static func makeDevice(
    _ node: DeviceNode,
    at directory: FileDescriptor,
    _ name: String
  ) throws(Errno) {
    let mask = Syscall.setFileCreationMask(0)
    defer { Syscall.setFileCreationMask(mask) }
    do throws(Errno) {
      try Syscall.makeNode(
        at: directory,
        name,
        kind: node.kind,
        permissions: node.permissions,
        device: node.number
      )
    } catch {
      // A root that brings its own devices: the same one may stay.
      guard error == .fileExists else { throw error }
      let there = try Syscall.status(at: directory, path: name, followingLinks: false)
      guard there.kind == node.kind, there.kind == .fifo || there.device == node.number else { throw error }
    }
    if node.userID != 0 || node.groupID != 0 {
      try Syscall.setOwner(user: node.userID, group: node.groupID, at: directory, name)
    }
  }

  private static func copyFile(_ source: String, to directory: FileDescriptor, _ name: String) throws(Errno) {
    let from = try Syscall.open(source, [])
    let status = try Syscall.status(of: from.borrowed)
    let to = try Syscall.open(
      at: directory,
      name,
      [.writeOnly, .create, .exclusive, .noFollow],
      permissions: 0o600
    )
    try Syscall.copy(from: from.borrowed, to: to.borrowed)
    // A user namespace has no id for an owner that it does not map.
    try ignoring(.invalidArgument) { () throws(Errno) in
      try Syscall.setOwner(user: status.userID, group: status.groupID, at: directory, name)
    }
    try Syscall.setPermissions(status.permissions, of: to.borrowed)
  }
}

extension MountPoint {
  fileprivate init(root: String, names: [String]) {
    self.init(root: root, path: "/" + names.text(separatedBy: "/"))
  }
}

/// Runs a call whose one expected error means that there is nothing to do.
private func ignoring(_ expected: Errno, _ call: () throws(Errno) -> Void) throws(Errno) {
  do throws(Errno) {
    try call()
  } catch {
    guard error == expected else { throw error }
  }
}
