package import LinuxABI
import LinuxSyscalls
package import SystemPackage

/// This process running from a program that nobody can write to: who goes into namespaces of others has one, for there is no other way
/// to `setns(2)`.
///
/// A process that enters a namespace still runs berth, and who is in there may open its /proc/PID/exe, and write to the file once berth
/// has ended: CVE-2019-5736. So berth starts itself anew from a read-only mount of its file that nobody else has; where mounts are not
/// permitted, from a sealed copy, if the caller may write to the file at all. And since what is in there could trace it, and find its
/// descriptors, it is not dumpable from then on: CVE-2016-9962.
///
/// (The commands that start containers do the first half before libc starts, in Sources/CLinux/Start.c, where it costs less. What is
/// forgotten there is made up for here.)
package struct SealedProgram: Hashable, Sendable {
  private init() {}

  /// What `seal` does, in words.
  package static var operation: Prose { "run from a read-only mount of berth's own file (/proc/self/exe)" }

  /// Returns when the program runs so already; else it starts itself anew, with the same words. So it comes before all that is not to
  /// be done twice.
  package static func seal() throws(Errno) -> SealedProgram {
    let image = try Syscall.open("/proc/self/exe", .path)
    if try Syscall.isOnReadOnlyMount(image.borrowed) { return SealedProgram() }
    if let mount = try readOnlyMount(of: image.borrowed) { try start(mount) }
    if isWritable() { try start(try copy()) }
    return SealedProgram()
  }

  /// Replaces this program; comes back only to throw.
  private static func start(_ image: consuming Descriptor) throws(Errno) { try Syscall.executeAgain(image.borrowed) }

  /// Moves this process into a namespace, setns(2).
  package func join(_ namespace: FileDescriptor, type: NamespaceType) throws(Errno) {
    try Syscall.setDumpable(false)
    try Syscall.join(namespace, type: type)
  }

  /// Moves this process into namespaces of the process that a pidfd stands for, all or none, setns(2).
  package func join(_ process: FileDescriptor, namespaces: NamespaceSet) throws(Errno) {
    try Syscall.setDumpable(false)
    try Syscall.join(process, namespaces: namespaces)
  }

  /// A detached read-only mount of the file; nil without the privilege for one.
  private static func readOnlyMount(of image: FileDescriptor) throws(Errno) -> Descriptor? {
    do throws(Errno) {
      let mount = try Syscall.cloneTree(at: image, recursive: false)
      try Syscall.setAttributes(MountAttributeRequest(set: .readOnly), of: mount.borrowed, recursive: false)
      return mount
    } catch {
      guard error == .notPermitted else { throw error }
      return nil
    }
  }

  /// Whether this caller could write to the file if it did not run: the kernel's answer then is ETXTBSY.
  private static func isWritable() -> Bool {
    do throws(Errno) {
      _ = try Syscall.open("/proc/self/exe", .writeOnly)
      return true
    } catch {
      return error == .textFileBusy
    }
  }

  /// A copy of the file in memory that nothing can change.
  private static func copy() throws(Errno) -> Descriptor {
    let source = try Syscall.open("/proc/self/exe", [])
    let copy = try Syscall.memoryFile("berth", isSealable: true)
    try Syscall.copy(from: source.borrowed, to: copy.borrowed)
    try Syscall.seal(copy.borrowed)
    return copy
  }
}
