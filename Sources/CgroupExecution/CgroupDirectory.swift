package import Cgroups
import LinuxABI
import LinuxSyscalls
package import SystemPackage

/// One directory of a container: its cgroup in one hierarchy.
package struct CgroupDirectory: Hashable, Sendable, CustomStringConvertible {
  /// The controllers with commas between, as in /proc/[pid]/cgroup; empty for version 2.
  package var controllers: String
  package var path: String

  package init(controllers: String, path: String) {
    self.controllers = controllers
    self.path = path
  }

  package var version: CgroupVersion { controllers.isEmpty ? .v2 : .v1 }

  /// Whether this is the hierarchy of a controller, in version 1.
  package func has(_ controller: String) -> Bool {
    controllers == controller
      || controllers.utf8.split(separator: UInt8(ascii: ",")).contains { $0.elementsEqual(controller.utf8) }
  }

  /// The directory as a line: `cpu,cpuacct:/sys/fs/cgroup/cpu,cpuacct/x`. A cgroup's name has no line break.
  package var description: String { "\(controllers):\(path)" }

  /// Reads a line of `description`'s form.
  package init?(_ line: some StringProtocol) {
    let fields = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard fields.count == 2, fields[1].hasPrefix("/") else { return nil }
    self.init(controllers: String(fields[0]), path: String(fields[1]))
  }

  /// The directory of a cgroup below this one; nil for a path that leads out of it.
  package func child(_ name: String) -> CgroupDirectory? {
    let parts = name.split(separator: "/").filter { $0 != "." }
    guard !parts.contains("..") else { return nil }
    return CgroupDirectory(controllers: controllers, path: ([path[...]] + parts).joined(separator: "/"))
  }

  // MARK: Files

  /// Reads a file as text.
  package func read(_ file: String) throws(Errno) -> String {
    String(decoding: try readFile("\(path)/\(file)"), as: UTF8.self)
  }

  /// Writes a file in one system call, as the kernel wants it.
  package func write(_ text: String, to file: String) throws(Errno) {
    let descriptor = try Syscall.open("\(path)/\(file)", .writeOnly)
    try Syscall.write(Array(text.utf8), to: descriptor.borrowed)
  }

  /// The number in a file; the largest for `max`.
  package func number(_ file: String) throws(Errno) -> UInt64 {
    let text = try read(file).filter { !$0.isWhitespace }
    if text == "max" { return .max }
    guard let number = UInt64(text) else { throw .invalidArgument }
    return number
  }
}

/// The whole of a small file, as most of the kernel's text files are: its end comes within a page or two.
func readFile(at directory: FileDescriptor = .workingDirectory, _ path: String) throws(Errno) -> [UInt8] {
  let file = try Syscall.open(at: directory, path, [])
  var all: [UInt8] = []
  while true {
    let part = try Syscall.read(file.borrowed, count: 4096)
    if part.isEmpty { return all }
    if all.isEmpty { all = part } else { all += part }
  }
}
