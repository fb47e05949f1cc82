import ContainerPlan
import LinuxABI
import LinuxSyscalls
import MountExecution
import MountNamespace
import SystemPackage

/// Carries out the steps that make a container's root, in its mount namespace.
struct RootMaking: ~Copyable {
  private var executor: MountExecutor
  /// The first read-only empty directory that hides another: the others are copies of its mount.
  private var emptyDirectory: FileDescriptor?

  init(plan: ContainerPlan) {
    executor = MountExecutor(roots: plan.roots)
  }

  mutating func execute(_ operation: MountOperation) throws(InitFailure) {
    do throws(MountFailure) {
      try executor.execute(operation)
    } catch {
      throw InitFailure(.mount, error.operation.summary, error.errno, reason: error.reason)
    }
  }

  mutating func execute(_ step: RootStep) throws(InitFailure) {
    if case .mount(let operation) = step { return try execute(operation) }
    do throws(Errno) {
      try perform(step)
    } catch {
      throw InitFailure(.mount, step.summary, error)
    }
  }

  private mutating func perform(_ step: RootStep) throws(Errno) {
    switch step {
    case .mount: break
    case .makeDirectory(let place):
      _ = try makeDirectories(place.root, MountNamespace.names(of: place.path))
    case .makeFile(let place):
      try inParent(of: place) { (directory, name) throws(Errno) in
        try ignoring(.fileExists) { () throws(Errno) in
          try Syscall.makeNode(at: directory, name, kind: .regular, permissions: 0o644)
        }
      }
    case .makeSymbolicLink(let text, let place):
      try inParent(of: place) { (directory, name) throws(Errno) in
        try ignoring(.fileExists) { () throws(Errno) in
          try Syscall.makeSymbolicLink(to: text, at: directory, name)
        }
      }
    case .makeDevice(let device, let permissions, let place):
      try inParent(of: place) { (directory, name) throws(Errno) in
        try Self.makeDevice(device, permissions: permissions, at: directory, name)
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

  // MARK: Files and directories

  /// Opens a directory in a root, making what is missing of it, each name beneath the handle of the one before.
  private mutating func makeDirectories(_ root: String, _ names: [String]) throws(Errno) -> Descriptor {
    var path = "/"
    var directory = try executor.open(MountPoint(root: root, path: "/"))
    for name in names {
      path = path == "/" ? "/" + name : path + "/" + name
      do throws(Errno) {
        directory = try executor.open(MountPoint(root: root, path: path))
      } catch {
        guard error == .noSuchFileOrDirectory else { throw error }
        try ignoring(.fileExists) { [directory = directory.borrowed] () throws(Errno) in
          try Syscall.makeDirectory(at: directory, name, permissions: 0o755)
        }
        directory = try Syscall.open(
          at: directory.borrowed,
          name,
          [.path, .directory, .noFollow],
          resolve: .noSymbolicLinks
        )
      }
    }
    return directory
  }

  private mutating func inParent(
    of place: MountPoint,
    _ body: (FileDescriptor, String) throws(Errno) -> Void
  ) throws(Errno) {
    var names = MountNamespace.names(of: place.path)
    guard let name = names.popLast() else { throw .invalidArgument }
    let directory = try makeDirectories(place.root, names)
    try body(directory.borrowed, name)
  }

  private static func makeDevice(
    _ device: DeviceNumber,
    permissions: UInt32,
    at directory: FileDescriptor,
    _ name: String
  ) throws(Errno) {
    let mask = Syscall.setFileCreationMask(0)
    defer { Syscall.setFileCreationMask(mask) }
    try Syscall.makeNode(at: directory, name, kind: .characterDevice, permissions: permissions, device: device)
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

  // MARK: Masked and read-only paths

  private mutating func mask(_ place: MountPoint) throws(Errno) {
    let target = try executor.open(place, resolve: .noSymbolicLinks)
    if try Syscall.status(of: target.borrowed).kind == .directory {
      let cover = try emptyCover()
      try Syscall.moveMount(cover.borrowed, onto: target.borrowed)
      if emptyDirectory == nil { emptyDirectory = FileDescriptor(rawValue: cover.release()) }
    } else {
      let null = try nullDevice()
      let cover = try Syscall.cloneTree(at: null.borrowed, recursive: false)
      try Syscall.moveMount(cover.borrowed, onto: target.borrowed)
    }
  }

  /// The null device of the container's /dev or of the host's, and truly that: CVE-2025-31133 put a link in its place.
  private mutating func nullDevice() throws(Errno) -> Descriptor {
    let null = try Syscall.open("/dev/null", [.path, .noFollow], resolve: .noSymbolicLinks)
    let status = try Syscall.status(of: null.borrowed)
    guard status.kind == .characterDevice, status.device == DeviceNumber(major: 1, minor: 3) else {
      throw .noSuchAddressOrDevice
    }
    return null
  }

  /// An empty directory for what is masked: a new one the first time, and a copy of that mount from then on.
  private mutating func emptyCover() throws(Errno) -> Descriptor {
    if let emptyDirectory { return try Syscall.cloneTree(at: emptyDirectory, recursive: false) }
    var reason: String?
    let parameters = [FileSystem.Parameter("mode", "0555"), FileSystem.Parameter("ro")]
    return try makeMount(
      of: FileSystem(type: "tmpfs", parameters: parameters),
      attributes: .readOnly,
      reason: &reason
    )
  }

  /// A read-only copy of what is there, over itself; what was forbidden on it stays so.
  private mutating func makeReadOnly(_ place: MountPoint) throws(Errno) {
    let target = try executor.open(place, resolve: .noSymbolicLinks)
    let copy = try Syscall.cloneTree(at: target.borrowed, recursive: true)
    try Syscall.setAttributes(MountAttributeRequest(set: .readOnly), of: copy.borrowed, recursive: true)
    try Syscall.moveMount(copy.borrowed, onto: target.borrowed)
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
