import ContainerPlan
import LinuxABI
import LinuxSyscalls
import MountExecution
import MountNamespace
import SystemPackage

/// Masked and read-only paths.
extension RootMaking {
  mutating func mask(_ place: MountPoint) throws(Errno) {
    let target = try executor.open(place)
    if try Syscall.status(of: target.borrowed).kind == .directory {
      let cover = try emptyCover()
      try Syscall.moveMount(cover.borrowed, onto: target.borrowed)
      if emptyDirectory == nil { emptyDirectory = FileDescriptor(rawValue: cover.release()) }
    } else {
      let cover = try nullCover()
      try Syscall.moveMount(cover.borrowed, onto: target.borrowed)
      if nullFile == nil { nullFile = FileDescriptor(rawValue: cover.release()) }
    }
  }

  /// The null device for what is masked: read-only the first time, and a copy of that mount from then on. Private, so that
  /// nothing which the host puts over its own gets through.
  private mutating func nullCover() throws(Errno) -> Descriptor {
    if let nullFile { return try Syscall.cloneTree(at: nullFile, recursive: false) }
    let cover = try nullDevice()
    let request = MountAttributeRequest(set: .readOnly, propagation: .private)
    try Syscall.setAttributes(request, of: cover.borrowed, recursive: false)
    return cover
  }

  /// A mount of the null device that was captured, or of the one of the container's /dev or of the host's; and truly
  /// that: CVE-2025-31133 put a link in its place.
  private mutating func nullDevice() throws(Errno) -> Descriptor {
    if let capturedNull {
      let null = try executor.tree(at: capturedNull, recursive: false)
      try Self.checkNullDevice(null.borrowed)
      return null
    }
    let null = try Syscall.open("/dev/null", [.path, .noFollow], resolve: .noSymbolicLinks)
    try Self.checkNullDevice(null.borrowed)
    return try Syscall.cloneTree(at: null.borrowed, recursive: false)
  }

  private static func checkNullDevice(_ file: FileDescriptor) throws(Errno) {
    let status = try Syscall.status(of: file)
    guard status.kind == .characterDevice, status.device == DeviceNumber(major: 1, minor: 3) else {
      throw .noSuchAddressOrDevice
    }
  }

  /// An empty directory for what is masked: a new one the first time, and a copy of that mount from then on.
  private mutating func emptyCover() throws(Errno) -> Descriptor {
    if let emptyDirectory { return try Syscall.cloneTree(at: emptyDirectory, recursive: false) }
    var reason: String?
    let parameters = [FileSystem.Parameter("mode", "0555"), FileSystem.Parameter("ro")]
    return try makeMount(
      of: FileSystem(type: "tmpfs", parameters: parameters),
      attributes: .readOnly,
      reason: &reason
    )
  }

  /// A read-only copy of what is there, over itself; what was forbidden on it stays so, and what is mounted below is as it was.
  mutating func makeReadOnly(_ place: MountPoint) throws(Errno) {
    let target = try executor.open(place)
    let copy = try Syscall.cloneTree(at: target.borrowed, recursive: true)
    try Syscall.setAttributes(MountAttributeRequest(set: .readOnly), of: copy.borrowed, recursive: false)
    try Syscall.moveMount(copy.borrowed, onto: target.borrowed)
  }
}
