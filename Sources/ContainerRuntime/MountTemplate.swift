import LinuxABI
import LinuxSyscalls
import MountExecution
import MountNamespace
import SystemPackage

/// A mount namespace with one empty directory in it, kept as what the mount namespaces of containers are copies of.
///
/// A new mount namespace is a copy of its maker's, mount by mount, and the copies are then taken away one by one: on a
/// host with thousands of mounts that is most of a container's start. What a container needs of them is captured before,
/// as detached trees (`ContainerPlan.captures`), so its process can enter this namespace, copy that, and move the trees in.
///
/// No process keeps it: its file, /proc/PID/ns/mnt of the short-lived process that made it, is bound to `DIRECTORY/ns`
/// below the directory of states (namespaces(7), "The /proc/pid/ns/ directory"). It stays until the machine ends, or
/// `umount` of that file and then of the directory; without it, the next start on a host with many mounts makes it anew.
///
/// - A start makes it under a lock, and only what is whole is bound: another sees nothing, or all of it.
/// - The directory is bound to itself and unbindable: copies of the host's tree leave it out. With the namespace's file in
///   them, the kernel would refuse them to a namespace made later (ELOOP: a namespace must not hold itself).
/// - Nothing ever runs in it, and what it holds is read-only.
/// - Propagation is that of the captured trees: slaves of the same peers, wherever they are attached.
///
/// Whatever fails here, the start goes the plain way. Since Linux 6.18 each CPU numbers namespaces by itself, so the kernel
/// may take the new one for older than the one that is to hold it, and refuse: another start then makes the template.
enum MountTemplate {
  /// From how many mounts on the template pays: each costs a start about 1.5 us.
  static var leastMounts: Int { 400 }

  /// The template, if the host has so many mounts that it is worth it; nil leaves the plain way.
  static func open(below root: String) -> Descriptor? {
    // Before Linux 6.8 there is no way to count that is worth it.
    guard Syscall.mountCount(atMost: leastMounts) == leastMounts else { return nil }
    // The name is none that a container can have, and `list` passes over it.
    let directory = "\(root)/.template,mount"
    if let template = pinned(in: directory) { return template }
    return try? makeOnce(in: directory, below: root)
  }

  /// The namespace that is bound to the file, if one is.
  private static func pinned(in directory: String) -> Descriptor? {
    guard let file = try? Syscall.open(directory + "/ns", .noFollow),
      (try? Syscall.fileSystemMagic(of: file.borrowed)) == 0x6e73_6673  // NSFS_MAGIC
    else { return nil }
    return file
  }

  private static func makeOnce(in path: String, below root: String) throws(Errno) -> Descriptor? {
    try Syscall.makeDirectories(root)
    try? Syscall.makeDirectory(at: .workingDirectory, path, permissions: 0o700)  // It may be there.
    let directory = try Syscall.open(root, .directory)
    try Syscall.lock(directory.borrowed)
    if let template = pinned(in: path) { return template }
    try hideFromCopies(path)
    let holder = try Syscall.open(path, [.directory, .noFollow])
    try? Syscall.makeNode(at: holder.borrowed, "ns", kind: .regular, permissions: 0o600)  // It may be there.
    let place = try Syscall.open(at: holder.borrowed, "ns", [.path, .noFollow])
    let namespace = try make()
    let mount = try Syscall.cloneTree(at: namespace.borrowed, recursive: false)
    try Syscall.moveMount(mount.borrowed, onto: place.borrowed)
    return namespace
  }

  /// Makes a directory an unbindable mount of its own, unless an earlier start has done so.
  private static func hideFromCopies(_ path: String) throws(Errno) {
    let directory = try Syscall.open(path, [.path, .directory, .noFollow])
    if try !Syscall.status(of: directory.borrowed).isMountRoot {
      let mount = try Syscall.cloneTree(at: directory.borrowed, recursive: false)
      try Syscall.moveMount(mount.borrowed, onto: directory.borrowed)
    }
    // Only now: a shared place takes no mount that is unbindable, and makes shared what it takes.
    let mount = try Syscall.open(path, [.path, .directory, .noFollow])
    try Syscall.setAttributes(MountAttributeRequest(propagation: .unbindable), of: mount.borrowed, recursive: false)
  }

  /// A new namespace with an empty read-only root; a short-lived child makes it, the descriptor keeps it.
  private static func make() throws(Errno) -> Descriptor {
    let (near, far) = try Syscall.messagePair()
    let here = Descriptor(owning: near)
    let there = Descriptor(owning: far)
    switch try Syscall.clone(namespaces: [.mount]) {
    case .child:
      _ = consume here
      let isDone = (try? becomeEmpty()) != nil
      if isDone { try? Syscall.write([1], to: there.borrowed) }  // A parent that is gone needs no answer.
      if isDone { _ = try? Syscall.read(there.borrowed, count: 1) }  // Returns when the parent's end is closed.
      Syscall.exitNow(0)
    case .parent(let childID, let process):
      _ = consume there
      defer {
        // The child is ours and unreaped: neither can fail.
        try? Syscall.send(Signal.kill, to: process.borrowed)
        _ = try? Syscall.wait(for: process.borrowed)
      }
      guard try !Syscall.read(here.borrowed, count: 1).isEmpty else { throw .noChildProcess }
      return try Syscall.open("/proc/\(childID)/ns/mnt", [])
    }
  }

  /// Exchanges all mounts of this process's namespace for an empty directory.
  private static func becomeEmpty() throws(Errno) {
    let root = try Syscall.open("/", [.path, .directory])
    try Syscall.setAttributes(MountAttributeRequest(propagation: .private), of: root.borrowed, recursive: true)
    var reason: String?
    let parameters = [FileSystem.Parameter("mode", "0555"), FileSystem.Parameter("ro")]
    let empty = try makeMount(
      of: FileSystem(type: "tmpfs", source: "berth", parameters: parameters),
      attributes: [.readOnly, .noSetUserID, .noDevices, .noExecution],
      reason: &reason
    )
    try Syscall.moveMount(empty.borrowed, onto: root.borrowed)
    try Syscall.changeDirectory(empty.borrowed)
    try Syscall.pivotRootToWorkingDirectory()
    try Syscall.detachMount(at: ".")
  }
}
