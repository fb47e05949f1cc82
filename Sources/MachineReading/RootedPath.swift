package import Instruments
import LinuxABI
import LinuxSyscalls
package import SystemPackage

/// Paths as a process sees them, followed from outside: path_resolution(7) beneath its root.
package struct RootedPath: Sendable {
  private let process: Int32

  package init(process: Int32) { self.process = process }

  /// The path without links, as from the process's root; it must exist.
  package func resolve(_ path: String) throws(Errno) -> String {
    let root = try Syscall.open("/proc/\(process)/root", .path)
    let file = try Syscall.open(at: root.borrowed, path, .path, resolve: .inRoot)
    let rootPath = try Syscall.readLink(at: .workingDirectory, root.borrowed.procPath)
    let found = try Syscall.readLink(at: .workingDirectory, file.borrowed.procPath)
    guard rootPath != "/", found.utf8.starts(with: rootPath.utf8) else { return found }
    let rest = found.utf8.dropFirst(rootPath.utf8.count)
    return rest.isEmpty ? "/" : String(Substring(rest))
  }
}

extension ProcessScan {
  /// The first process that works in a mount, has it as root, runs from it or has a file of it open: what makes a umount(2) busy.
  package func user(ofMount id: UInt64) -> (process: NamespaceProcess, place: String)? {
    for facts in processes where facts.process.id != Syscall.processID {
      guard let process = try? Syscall.open("/proc/\(facts.process.id)", [.path, .directory]) else { continue }
      func isThere(_ place: String) -> Bool {
        (try? Syscall.place(at: process.borrowed, place))?.mountID == id
      }
      for (place, words) in [("cwd", "works in it"), ("root", "has it as its root"), ("exe", "runs from it")]
      where isThere(place) {
        return (facts.process, words)
      }
      guard let files = try? Syscall.open(at: process.borrowed, "fd", .directory),
        let entries = try? Syscall.entries(of: files.borrowed)
      else { continue }
      if entries.contains(where: { isThere("fd/\($0.name)") }) { return (facts.process, "has a file of it open") }
    }
    return nil
  }
}
