/// A line of /proc/[pid]/cgroup, cgroups(7): where a process is in one hierarchy.
package struct CgroupMembership: Hashable, Sendable {
  /// The controllers with commas between, `name=x` for a hierarchy without one; empty for version 2.
  package var controllers: String
  package var path: String

  package init(controllers: String, path: String) {
    self.controllers = controllers
    self.path = path
  }

  package static func parse(_ text: String) -> [Self] {
    text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { return nil }
      return Self(controllers: String(fields[1]), path: String(fields[2]))
    }
  }
}
