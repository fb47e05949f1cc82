/// A mount of a hierarchy of cgroups, from a line of /proc/[pid]/mountinfo.
package struct CgroupMount: Hashable, Sendable {
  package var version: CgroupVersion
  package var mountPoint: String
  /// The cgroup that the mount shows as its root.
  package var root: String
  /// The options of version 1, which name the controllers.
  package var options: [String]

  /// Reads a line; nil if it is of another file system.
  package init?(mountinfo line: String) {
    let fields = line.split(separator: " ")
    guard let separator = fields.firstIndex(of: "-"), separator >= 6, fields.count >= separator + 4 else { return nil }
    switch fields[separator + 1] {
    case "cgroup": version = .v1
    case "cgroup2": version = .v2
    default: return nil
    }
    root = Self.unescape(fields[3])
    mountPoint = Self.unescape(fields[4])
    options = fields[separator + 3].split(separator: ",").map(String.init)
  }

  /// Whether this is the hierarchy with these controllers, in the form of /proc/[pid]/cgroup.
  package func controls(_ controllers: String) -> Bool {
    if controllers.isEmpty { return version == .v2 }
    return version == .v1 && controllers.split(separator: ",").allSatisfy { options.contains(String($0)) }
  }

  /// A cgroup's path as the mount shows it; outside of what it shows, its root.
  package func path(of cgroup: String) -> String {
    if root == "/" { return cgroup }
    if cgroup == root || !cgroup.hasPrefix(root + "/") { return "/" }
    return String(cgroup.dropFirst(root.count))
  }

  /// Undoes the octal escapes of proc(5).
  private static func unescape(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), rest.count >= 3,
        let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
      {
        bytes.append(code)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
