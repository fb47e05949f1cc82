import LinuxABI
import LinuxSyscalls
import MountNamespace
import SystemPackage

/// What the usual place of the state depends on.
package struct StateDirectoryFacts: Sendable {
  package var userID: UInt32
  package var environment: [String]

  package static func probe() -> Self {
    Self(userID: Syscall.effectiveUserID, environment: Syscall.environment())
  }

  /// Whether this is a user namespace below the machine's first, which alone maps all ids onto themselves.
  package var isInUserNamespace: Bool {
    guard let map = try? Syscall.contents(of: "/proc/self/uid_map") else { return false }  // A kernel without them.
    return String(decoding: map, as: UTF8.self).split(whereSeparator: \.isWhitespace) != ["0", "0", "4294967295"]
  }
}

/// A path that still leads there from another working directory, without `.` and `..`.
package func absolutePath(_ path: String) throws(RuntimeFailure) -> String {
  if path.utf8.first == UInt8(ascii: "/") { return isNormal(path) ? path : normalized(path) }
  let directory = try attempt("getcwd") { () throws(Errno) in try Syscall.workingDirectoryPath() }
  return normalized(directory + "/" + path)
}

/// Whether an absolute path has no part that is empty or begins with a dot: then there is nothing to normalize.
private func isNormal(_ path: String) -> Bool {
  var last: UInt8 = 0
  for byte in path.utf8 {
    if last == UInt8(ascii: "/"), byte == last || byte == UInt8(ascii: ".") { return false }
    last = byte
  }
  return true
}
