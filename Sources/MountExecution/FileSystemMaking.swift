package import LinuxABI
package import LinuxSyscalls
package import MountNamespace
package import SystemPackage

/// Makes a file system and a detached mount of it; `reason` is the kernel's own words on a failure.
package func makeMount(
  of fileSystem: FileSystem,
  attributes: MountAttributes,
  reason: inout String?
) throws(Errno) -> Descriptor {
  switch fileSystem.backing {
  case .source(let source):
    return try makeMount(of: fileSystem, source: source, attributes: attributes, reason: &reason)
  case .image(let path):
    do throws(Errno) {
      // erofs reads a regular file itself since Linux 6.12; what cannot answers ENOTBLK.
      return try makeMount(of: fileSystem, source: path, attributes: attributes, reason: &reason)
    } catch {
      guard error == Errno(rawValue: 15) else { throw error }  // ENOTBLK
    }
    reason = nil
    let device = try LoopDevice(image: path, reason: &reason)
    return try makeMount(of: fileSystem, source: device.path, attributes: attributes, reason: &reason)
  }
}

private func makeMount(
  of fileSystem: FileSystem,
  source: String,
  attributes: MountAttributes,
  reason: inout String?
) throws(Errno) -> Descriptor {
  let context = try Syscall.openFileSystem(type: fileSystem.type)
  do throws(Errno) {
    try Syscall.configure(context.borrowed, key: "source", value: source)
    for parameter in fileSystem.parameters {
      try Syscall.configure(context.borrowed, key: parameter.key, value: parameter.value)
    }
    try Syscall.createFileSystem(context.borrowed)
    return try Syscall.mountFileSystem(context.borrowed, attributes: attributes)
  } catch {
    reason = Syscall.failureMessage(of: context.borrowed)
    throw error
  }
}

/// A read-only loop device over an image file; the kernel frees it with its last user, loop(4) `LO_FLAGS_AUTOCLEAR`.
private struct LoopDevice: ~Copyable {
  let path: String
  private let device: Descriptor

  init(image: String, reason: inout String?) throws(Errno) {
    let file = try Syscall.open(image, [])
    let control: Descriptor
    do throws(Errno) {
      control = try Syscall.open("/dev/loop-control", .readWrite)
    } catch {
      reason = "/dev/loop-control is needed for a loop device: modprobe loop"
      throw error
    }
    while true {
      let path = "/dev/loop\(try Syscall.freeLoopDevice(control: control.borrowed))"
      let device = try Syscall.open(path, .readWrite)
      do throws(Errno) {
        try Syscall.configureLoopDevice(device.borrowed, file: file.borrowed)
      } catch {
        if error == .resourceBusy { continue }  // Another process took the device that was free: ask again.
        throw error
      }
      self.path = path
      self.device = device
      return
    }
  }
}
