import LinuxABI
import LinuxSyscalls
import SystemPackage

/// Who calls berth, by number.
package struct CallerIDs: Hashable, Sendable {
  package var userID: UInt32
  package var groupID: UInt32

  package static func probe() -> Self { Self(userID: Syscall.effectiveUserID, groupID: Syscall.effectiveGroupID) }
}

/// Writes a file that must not be there yet.
package func writeNewFile(at path: String, _ text: String) throws(RuntimeFailure) {
  do throws(Errno) {
    let file = try Syscall.open(path, [.writeOnly, .create, .exclusive], permissions: 0o666)
    try Syscall.write(Array(text.utf8), to: file.borrowed)
  } catch {
    let advice: Prose =
      error == .fileExists ? "\n  it is left as it is: remove it first, or choose another directory" : ""
    throw RuntimeFailure("write \(path): \(error)\(advice)")
  }
}
