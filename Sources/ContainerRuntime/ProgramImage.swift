import LinuxABI
import LinuxSyscalls
import SystemPackage

/// The file of the running program.
package enum ProgramImage {
  /// Sees to it that nobody in a container can write to berth's own file.
  ///
  /// A process that is on its way into a container still runs berth, and what is in there may open its /proc/PID/exe and
  /// write to it once berth has ended: CVE-2019-5736. So berth runs from a read-only mount of its file that nobody else
  /// has; where mounts are not permitted, from a sealed copy, if the caller may write to the file at all.
  ///
  /// Returns when the program runs so already; else it starts itself anew.
  package static func seal(arguments: [String]) throws(RuntimeFailure) {
    try attempt("run from a read-only mount of berth's own file (/proc/self/exe)") { () throws(Errno) in
      let image = try Syscall.open("/proc/self/exe", .path)
      if try Syscall.isOnReadOnlyMount(image.borrowed) { return }
      guard let mount = try readOnlyMount(of: image.borrowed) else {
        if isWritable() { try start(try copy(), arguments) }
        return
      }
      try start(mount, arguments)
    }
  }

  /// Replaces this program; comes back only to throw.
  private static func start(_ image: consuming Descriptor, _ arguments: [String]) throws(Errno) {
    try Syscall.execute(image.borrowed, arguments: arguments, environment: Syscall.environment())
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
