/// A line of /proc/[pid]/cgroup, cgroups(7): where a process is in one hierarchy.
package struct CgroupMembership: Hashable, Sendable {
  /// The controllers with commas between, `name=x` for a hierarchy without one; empty for version 2.
  package var controllers: String
  package var path: String

  package init(controllers: String, path: String) {
    self.controllers = controllers
    self.path = path
  }

  /// Reads the lines. It is part of every start, so that it goes by bytes: by characters it takes five times as long.
  package static func parse(_ text: [UInt8]) -> [Self] {
    text.split(separator: UInt8(ascii: "\n")).compactMap { line in
      guard let first = line.firstIndex(of: UInt8(ascii: ":")),
        let second = line[(first + 1)...].firstIndex(of: UInt8(ascii: ":"))
      else { return nil }
      return Self(
        controllers: String(decoding: line[(first + 1)..<second], as: UTF8.self),
        path: String(decoding: line[(second + 1)...], as: UTF8.self)
      )
    }
  }
}
