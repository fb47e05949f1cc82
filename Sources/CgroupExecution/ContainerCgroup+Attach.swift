import Cgroups
import LinuxABI
import LinuxSyscalls
package import SystemPackage

/// The cgroups of a container, open for a process that is to be put in them.
///
/// The cheapest way in has two halves. A child is born in the cgroup of version 2: `Syscall.clone(namespaces:into:)` with
/// `birthplace`. Into those of version 1 it goes itself, by `enter` right after the clone: a thread that moves itself
/// alone needs no lock on every process of the machine, which costs a whole RCU grace period (up to 20 ms) otherwise.
/// Both must come before a cgroup namespace is unshared, whose root is where the process then is.
package struct CgroupAttachment: ~Copyable {
  private var unified: Descriptor?
  private var tasks: [(file: CInt, path: String)] = []

  fileprivate init() {}

  deinit { for task in tasks { _ = Descriptor(owning: task.file) } }

  fileprivate mutating func open(_ directory: CgroupDirectory) throws(CgroupFailure) {
    switch directory.version {
    case .v1:
      let path = "\(directory.path)/tasks"
      let file = try attempt("open \(path)") { () throws(Errno) in try Syscall.open(path, .writeOnly) }
      tasks.append((file.release(), path))
    case .v2:
      unified = try attempt("open \(directory.path)") { () throws(Errno) in
        try Syscall.open(directory.path, [.path, .directory])
      }
    }
  }

  /// The directory of version 2, to be born in.
  package var birthplace: FileDescriptor? {
    switch unified {
    case .some(let descriptor): descriptor.borrowed
    case .none: nil
    }
  }

  /// Moves this process, which must have one thread, into the cgroups of version 1.
  package func enter() throws(CgroupFailure) {
    for task in tasks {
      try attempt("write 0 to \(task.path)") { () throws(Errno) in
        try Syscall.write([UInt8(ascii: "0")], to: FileDescriptor(rawValue: task.file))
      }
    }
  }
}

extension ContainerCgroup {
  /// Opens the cgroups for a child that is going to be made.
  package func openAttachment() throws(CgroupFailure) -> CgroupAttachment {
    var attachment = CgroupAttachment()
    for directory in directories { try attachment.open(directory) }
    return attachment
  }

  /// Moves another process into every cgroup of the container.
  package func attach(_ process: Int32) throws(CgroupFailure) {
    for directory in directories { try directory.attach(process) }
  }
}

extension CgroupDirectory {
  /// Moves a process into the cgroup.
  package func attach(_ process: Int32) throws(CgroupFailure) {
    try attempt("write \(process) to \(path)/cgroup.procs") { () throws(Errno) in
      for _ in 0..<5 {
        do throws(Errno) {
          return try write("\(process)", to: "cgroup.procs")
        } catch .invalidArgument {
          // A process that is being born is refused for a moment (TASK_NEW).
          Syscall.sleep(microseconds: 30_000)
        }
      }
      try write("\(process)", to: "cgroup.procs")
    }
  }
}
