import Cgroups
import LinuxABI
import LinuxSyscalls
package import SystemPackage

/// Tells when the kernel kills processes of a container for want of memory.
package struct OOMNotice: ~Copyable {
  package enum Event: Hashable, Sendable {
    case outOfMemory
    /// The container's processes, or its cgroup, are gone: there is nothing more to come.
    case ended
    case nothing
  }

  private let descriptor: Descriptor
  /// The memory cgroup of version 1, which has an eventfd, or the cgroup of version 2, which has an inotify instance.
  private let directory: CgroupDirectory
  private var kills: UInt64

  /// What becomes readable when `next` has something to tell.
  package var waitable: FileDescriptor { descriptor.borrowed }

  package init(_ container: ContainerCgroup) throws(CgroupFailure) {
    guard let directory = container.version == .v1 ? container.directory("memory") : container.unified else {
      throw CgroupFailure("watch for want of memory", .noSuchFileOrDirectory, reason: "memory controller missing")
    }
    let kills = try container.oomKills() ?? 0
    let descriptor = try Self.open(directory)
    self.directory = directory
    self.kills = kills
    self.descriptor = descriptor
  }

  private static func open(_ directory: CgroupDirectory) throws(CgroupFailure) -> Descriptor {
    switch directory.version {
    case .v1: try register(directory)
    case .v2: try watch(directory)
    }
  }

  /// Registers an eventfd, the kernel's Documentation/admin-guide/cgroup-v1/memory.rst "OOM Control".
  private static func register(_ memory: CgroupDirectory) throws(CgroupFailure) -> Descriptor {
    try attempt("watch \(memory.path)/memory.oom_control") { () throws(Errno) in
      let control = try Syscall.open("\(memory.path)/memory.oom_control", [])
      let descriptor = try Syscall.eventDescriptor()
      try memory.write("\(descriptor.rawValue) \(control.rawValue)", to: "cgroup.event_control")
      return descriptor
    }
  }

  private static func watch(_ directory: CgroupDirectory) throws(CgroupFailure) -> Descriptor {
    try attempt("watch \(directory.path)/memory.events") { () throws(Errno) in
      let descriptor = try Syscall.watchDescriptor()
      for file in ["memory.events", "cgroup.events"] {
        _ = try Syscall.watch(descriptor.borrowed, "\(directory.path)/\(file)")
      }
      return descriptor
    }
  }

  /// Waits for the next event. `nothing` is a change that is none: ask again.
  package mutating func next() throws(CgroupFailure) -> Event {
    _ = try attempt("wait for want of memory") { () throws(Errno) in
      try Syscall.read(descriptor.borrowed, count: 4096)
    }
    switch directory.version {
    case .v1:
      // The removal of the cgroup is an event, too.
      let isThere = (try? directory.read("memory.oom_control")) != nil
      return isThere ? .outOfMemory : .ended
    case .v2:
      let now = try ContainerCgroup([directory]).oomKills()
      if let now, now > kills {
        kills = now
        return .outOfMemory
      }
      // A cgroup that is gone has no events.
      let events = (try? directory.read("cgroup.events")) ?? ""
      return now != nil && events.split(separator: "\n").contains("populated 1") ? .nothing : .ended
    }
  }
}

extension ContainerCgroup {
  /// How many processes the kernel has killed for want of memory; nil if it does not count.
  package func oomKills() throws(CgroupFailure) -> UInt64? {
    let directory: CgroupDirectory?
    let file: String
    switch version {
    case .v1: (directory, file) = (self.directory("memory"), "memory.oom_control")
    case .v2: (directory, file) = (unified, "memory.events")
    }
    guard let directory else { return nil }
    do throws(Errno) {
      let text = try directory.read(file)
      return FlatKeyed(text)["oom_kill"]
    } catch .noSuchFileOrDirectory, .removedCgroup {
      return nil
    } catch {
      throw CgroupFailure("read \(directory.path)/\(file)", error)
    }
  }
}
