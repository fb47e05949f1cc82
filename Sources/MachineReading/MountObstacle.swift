import LinuxABI
import LinuxSyscalls
import MountExecution
import MountNamespace
import SystemPackage

/// Why a mount is left as it is.
struct MountObstacle: Error {
  var words: Prose

  init(_ words: Prose) { self.words = words }

  /// Runs a step whose failure is told by the kernel's error alone.
  static func step<Result: ~Copyable>(_ body: () throws(Errno) -> Result) throws(MountObstacle) -> Result {
    do throws(Errno) {
      return try body()
    } catch {
      throw MountObstacle("\(error)")
    }
  }
}

extension HeldMount {
  /// The mount of an entry, if the path of the entry leads to it; nil when it is gone.
  ///
  /// - Parameters:
  ///   - root: what the entry's path begins at.
  ///   - own: /proc/self, see `NamespaceVisit`.
  static func mount(
    of entry: MountEntry,
    beneath root: FileDescriptor,
    own: FileDescriptor
  ) throws(MountObstacle) -> HeldMount? {
    var obstacle: Prose = "another mount covers it: unmount that one first"
    do throws(Errno) {
      let mount = try HeldMount(at: entry.mountPoint, beneath: root)
      if try mount.isMount(of: entry) { return mount }
    } catch {
      obstacle = "its path does not lead to it: \(error)"
    }
    let isThere = try MountObstacle.step { () throws(Errno) in
      try MountTable.own(own).entries.contains { $0.id == entry.id }
    }
    if isThere { throw MountObstacle(obstacle) }
    return nil
  }

  /// Sees that nothing is mounted below it, which would go with it.
  func checkNothingBelow(own: FileDescriptor) throws(MountObstacle) {
    let child = try MountObstacle.step { () throws(Errno) in try firstChild(own: own) }
    guard let child else { return }
    throw MountObstacle("\(child.type) \(child.source) is mounted below it, at \(child.mountPoint): unmount that first")
  }

  private func firstChild(own: FileDescriptor) throws(Errno) -> MountEntry? {
    if let id = try Syscall.uniqueMountID(of: root.borrowed),
      let below = try? Syscall.mounts(ofNamespace: nil, below: id)
    {
      return try below.first.flatMap { child throws(Errno) in
        try MountTable.read(namespace: 0, only: [child], .place).entries.first
      }
    }
    // Before Linux 6.8.
    let id = try Syscall.mountID(of: root.borrowed)
    return try MountTable.own(own).entries.first { $0.parentID == id && $0.id != id }
  }
}

extension MountTable {
  /// The mounts that this process sees, from its directory in /proc.
  fileprivate static func own(_ directory: FileDescriptor) throws(Errno) -> MountTable {
    let file = try Syscall.open(at: directory, "mountinfo", [])
    return MountTable(mountinfo: try Syscall.readAll(file.borrowed))
  }
}
