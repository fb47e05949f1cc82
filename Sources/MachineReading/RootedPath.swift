package import Instruments
package import LinuxABI
import LinuxSyscalls
import MountNamespace
package import SystemPackage

/// Paths as a process sees them, followed from outside: path_resolution(7) beneath its root.
package struct RootedPath: Sendable {
  private let process: Int32

  package init(process: Int32) { self.process = process }

  /// The path without links, as from the process's root; it must exist.
  package func resolve(_ path: String) throws(Errno) -> String {
    let root = try Syscall.open("/proc/\(process)/root", .path)
    let rootPath = try Syscall.readLink(at: .workingDirectory, root.borrowed.procPath)
    let found = try place(of: path, in: root).path
    return isPath(found, within: rootPath) ? MountNamespace.path(found, from: rootPath) : found
  }

  /// The path without links, as from the root of the mount namespace, whatever root the process has; and what it leads to. With
  /// `creating`, the last names of the path need not be there: directories are made of them.
  package func place(of path: String, creating: Bool = false) throws(Errno) -> (path: String, kind: FileKind) {
    do throws(Errno) {
      return try place(of: path, in: try Syscall.open("/proc/\(process)/root", .path))
    } catch {
      let names = MountNamespace.names(of: path)
      guard creating, error == .noSuchFileOrDirectory, let name = names.last else { throw error }
      let above = try place(of: "/" + names.dropLast().joined(separator: "/"), creating: true).path
      return (above == "/" ? "/" + name : above + "/" + name, .directory)
    }
  }

  /// The root of the process, as from that of its mount namespace.
  package var root: String? { try? Syscall.readLink(at: .workingDirectory, "/proc/\(process)/root") }

  private func place(of path: String, in root: borrowing Descriptor) throws(Errno) -> (path: String, kind: FileKind) {
    // What is this process's own may be a magic link too, as /proc/self/ns/mnt is.
    let resolve: ResolveFlags = process == Syscall.processID ? [] : .inRoot
    let file = try Syscall.open(at: root.borrowed, path, .path, resolve: resolve)
    let found = try Syscall.readLink(at: .workingDirectory, file.borrowed.procPath)
    // A namespace's file has a name, and no path.
    return (found.hasPrefix("/") ? found : normalized(path), try Syscall.status(of: file.borrowed).kind)
  }
}

extension Target {
  /// A path that a person wrote, as from the target's root; a relative one begins where this command works, and is nil for another
  /// target.
  package func absolute(_ path: String) -> String? {
    if path.hasPrefix("/") { return path }
    guard process == Syscall.processID, let directory = try? Syscall.workingDirectoryPath() else { return nil }
    return directory + "/" + path
  }
}

extension ProcessScan {
  /// The first process that works in one of some mounts, has it as root, runs from it or has a file of it open: what makes a
  /// umount(2) busy.
  package func user(ofMounts ids: Set<UInt64>) -> (mount: UInt64, process: NamespaceProcess, place: String)? {
    if ids.isEmpty { return nil }
    for facts in processes where facts.process.id != Syscall.processID {
      guard let process = try? Syscall.open("/proc/\(facts.process.id)", [.path, .directory]) else { continue }
      func mount(_ place: String) -> UInt64? {
        (try? Syscall.place(at: process.borrowed, place)).flatMap { ids.contains($0.mountID) ? $0.mountID : nil }
      }
      for (place, words) in [("cwd", "works in it"), ("root", "has it as its root"), ("exe", "runs from it")] {
        if let id = mount(place) { return (id, facts.process, words) }
      }
      guard let files = try? Syscall.open(at: process.borrowed, "fd", .directory),
        let entries = try? Syscall.entries(of: files.borrowed)
      else { continue }
      for entry in entries {
        if let id = mount("fd/\(entry.name)") { return (id, facts.process, "has a file of it open") }
      }
    }
    return nil
  }
}
