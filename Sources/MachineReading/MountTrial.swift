import LinuxABI
import LinuxSyscalls
package import MountNamespace
import NamespaceJoining
package import SystemPackage

/// Real namespaces in which a scenario is tried: the kernel's answer to what the model claims.
///
/// The process moves from one to the other; it must have one thread, and be root.
package final class MountTrial {
  /// A namespace of the trial.
  private final class Room {
    let name: String
    let mounts: Descriptor
    /// The user namespace that owns it; nil for the one that the trial runs in.
    let owner: Descriptor?
    var root: Descriptor

    init(name: String, mounts: consuming Descriptor, owner: consuming Descriptor?, root: consuming Descriptor) {
      self.name = name
      self.mounts = mounts
      self.owner = owner
      self.root = root
    }
  }

  private var rooms: [Room] = []
  /// What each trial begins with a copy of.
  private let home: Room
  private let proc: Descriptor
  private let directories: [String]

  /// Leaves the caller's mounts for a namespace with nothing but a tmpfs; each file system will have these directories.
  ///
  /// - Throws: what a system call failed with: EPERM without privilege, EINVAL when the root is not a mount that can be left.
  package init(directories: [String]) throws(Errno) {
    self.directories = directories
    let proc = try Syscall.open("/proc", .path)
    try Syscall.unshare([.mount])
    try Syscall.mount(.propagation(.private, recursive: true), at: "/")
    let stage = try Self.fileSystem([], directories)
    let target = try Syscall.open("/proc", .path)
    try Syscall.moveMount(stage.borrowed, onto: target.borrowed)
    try Syscall.changeDirectory(stage.borrowed)
    try Syscall.pivotRootToWorkingDirectory()
    try Syscall.detachMount(at: ".")
    try Syscall.changeRoot(to: ".")
    home = Room(
      name: "",
      mounts: try Syscall.open(at: proc.borrowed, "self/ns/mnt", []),
      owner: nil,
      root: try Syscall.open("/", .path)
    )
    self.proc = proc
  }

  /// Begins a trial: one namespace, `host`.
  package func begin() throws(Errno) {
    rooms.removeAll()
    try enter(home)
    try Syscall.unshare([.mount])
    let mounts = try Syscall.open(at: proc.borrowed, "self/ns/mnt", [])
    rooms.append(Room(name: "host", mounts: mounts, owner: nil, root: try Syscall.open("/", .path)))
  }

  /// Does an operation in a namespace; nil, or the kernel's refusal.
  package func apply(_ operation: Machine.Operation, in name: String) throws(Errno) -> Errno? {
    guard let room = rooms.first(where: { $0.name == name }) else { throw .invalidArgument }
    try enter(room)
    do throws(Errno) {
      try carryOut(operation, room)
      return nil
    } catch {
      return error
    }
  }

  private func carryOut(_ operation: Machine.Operation, _ room: Room) throws(Errno) {
    switch operation {
    case .mount(_, _, let attributes, let path):
      let fileSystem = try Self.fileSystem(attributes, directories)
      let target = try Syscall.open(path, .path)
      try Syscall.moveMount(fileSystem.borrowed, onto: target.borrowed)
    case .bind(let from, let recursive, let path): try Syscall.mount(.bind(from: from, recursive: recursive), at: path)
    case .move(let from, let path): try Syscall.mount(.move(from: from), at: path)
    case .moveBeneath(let from, let path): try Syscall.moveMount(from: from, to: path, .beneath)
    case .setGroup(let from, let path): try Syscall.moveMount(from: from, to: path, .setGroup)
    case .unmount(let path, let detach): try Syscall.unmount(path, detach: detach)
    case .setAttributes(let set, let clear, let recursive, let path):
      let times: MountAttributes = set.isDisjoint(with: .accessTimeModes) ? [] : .accessTimeModes
      try Syscall.setAttributes(set, clearing: clear.union(times), at: path, recursive: recursive)
    case .setPropagation(let type, let recursive, let path):
      try Syscall.mount(.propagation(type, recursive: recursive), at: path)
    case .pivotRoot(let path, let putOld):
      try Syscall.pivotRoot(to: path, putOld: putOld)
      room.root = try Syscall.open("/", .path)
    case .unshare(let name, let newUser): rooms.append(try copy(of: room, name: name, newUser: newUser))
    case .end:
      try enter(home)
      rooms.removeAll { $0 === room }
    }
  }

  /// The mounts of a namespace as a process in it sees them.
  package func table(of name: String) throws(Errno) -> MountTable {
    guard let room = rooms.first(where: { $0.name == name }) else { throw .invalidArgument }
    try enter(room)
    let file = try Syscall.open(at: proc.borrowed, "self/mountinfo", [])
    return MountTable(mountinfo: try Syscall.readAll(file.borrowed))
  }

  private func enter(_ room: Room) throws(Errno) {
    try OwnNamespace.enter(room.mounts.borrowed, type: .mount)
    try Self.stand(on: room.root.borrowed)
  }

  /// Makes a directory the root and the working directory.
  private static func stand(on root: FileDescriptor) throws(Errno) {
    try Syscall.changeDirectory(root)
    try Syscall.changeRoot(to: ".")
  }

  /// A copy of a namespace, made by a child that has the credentials of the namespace's owner.
  private func copy(of room: Room, name: String, newUser: Bool) throws(Errno) -> Room {
    let (ours, theirs) = try Syscall.messagePair()
    let (channel, other) = (FileDescriptor(rawValue: ours), FileDescriptor(rawValue: theirs))
    let (child, process): (Int32, FileDescriptor)
    switch try Syscall.clone(namespaces: []) {
    case .child: Self.becomeCopy(of: room, newUser: newUser, proc: proc.borrowed, telling: other, closing: channel)
    case .parent(let id, let handle): (child, process) = (id, FileDescriptor(rawValue: handle.release()))
    }
    try Syscall.close(other)
    defer {
      // The end of the channel is what the child waits for. Until it is gone, it holds every namespace that is open here.
      try? Syscall.close(channel)
      _ = try? Syscall.wait(for: process)
      try? Syscall.close(process)
    }
    let answer = try Syscall.read(channel, count: 4)
    guard answer.first == 0 else { throw Errno(rawValue: Int32(answer.first ?? UInt8(Errno.ioError.rawValue))) }
    let hasOwner = newUser || room.owner.borrowed != nil
    return Room(
      name: name,
      mounts: try Syscall.open(at: proc.borrowed, "\(child)/ns/mnt", []),
      owner: hasOwner ? try Syscall.open(at: proc.borrowed, "\(child)/ns/user", []) : nil,
      root: try Syscall.open(at: proc.borrowed, "\(child)/root", .path)
    )
  }

  /// Gives a new user namespace its root: without one, nothing in it could make a user namespace again, user_namespaces(7).
  private static func mapRoot(_ proc: FileDescriptor) throws(Errno) {
    for (name, text) in [("setgroups", "deny"), ("uid_map", "0 0 1"), ("gid_map", "0 0 1")] {
      let file = try Syscall.open(at: proc, "self/\(name)", .writeOnly)
      try Syscall.write(Array(text.utf8), to: file.borrowed)
    }
  }

  /// The child's part: tells how it went, and stays until its namespaces are open.
  private static func becomeCopy(
    of room: Room,
    newUser: Bool,
    proc: FileDescriptor,
    telling parent: FileDescriptor,
    closing other: FileDescriptor
  ) -> Never {
    var answer: UInt8 = 0
    do throws(Errno) {
      try Syscall.close(other)
      if let owner = room.owner.borrowed {
        try OwnNamespace.enter(owner, type: .user)
        try OwnNamespace.enter(room.mounts.borrowed, type: .mount)
        try stand(on: room.root.borrowed)
      }
      try Syscall.unshare(newUser ? [.user, .mount] : [.mount])
      if newUser { try mapRoot(proc) }
    } catch {
      answer = UInt8(truncatingIfNeeded: error.rawValue)
    }
    do throws(Errno) {
      try Syscall.write([answer], to: parent)
      _ = try Syscall.read(parent, count: 1)
    } catch {
      Syscall.exitNow(1)
    }
    Syscall.exitNow(0)
  }

  /// A detached tmpfs with the directories.
  private static func fileSystem(_ attributes: MountAttributes, _ directories: [String]) throws(Errno) -> Descriptor {
    let context = try Syscall.openFileSystem(type: "tmpfs")
    try Syscall.createFileSystem(context.borrowed)
    let mount = try Syscall.mountFileSystem(context.borrowed, attributes: [])
    for directory in directories {
      try Syscall.makeDirectory(at: mount.borrowed, String(directory.dropFirst()), permissions: 0o755)
    }
    if !attributes.isEmpty {
      let clear: MountAttributes = attributes.isDisjoint(with: .accessTimeModes) ? [] : .accessTimeModes
      try Syscall.setAttributes(
        MountAttributeRequest(set: attributes, clear: clear),
        of: mount.borrowed,
        recursive: false
      )
    }
    return mount
  }
}
