import CLinux
package import LinuxABI
package import SystemPackage

/// A change of a mount's attributes and propagation in one call, mount_setattr(2).
package struct MountAttributeRequest: Hashable {
  package var set: MountAttributes
  package var clear: MountAttributes
  package var propagation: Propagation?
  /// The user namespace whose mappings an id-mapped mount takes; used with `.idMapped` in `set`.
  package var userNamespace: FileDescriptor?

  package init(
    set: MountAttributes = [],
    clear: MountAttributes = [],
    propagation: Propagation? = nil,
    userNamespace: FileDescriptor? = nil
  ) {
    self.set = set
    self.clear = clear
    self.propagation = propagation
    self.userNamespace = userNamespace
  }
}

/// What statmount(2) tells of how one mount propagates.
package struct MountPropagationRecord: Sendable {
  package var isShared: Bool
  package var isSlave: Bool
  package var mountPoint: String
}

extension Syscall {
  private static var emptyPath: UInt32 { 0x1000 }
  private static var recursive: UInt32 { 0x8000 }

  /// A detached copy of the mount (with `recursive`, of the tree of mounts) at a path. The C function is `open_tree`.
  package static func cloneTree(
    at directory: FileDescriptor,
    path: String = "",
    followingLinks: Bool = true,
    recursive isRecursive: Bool
  ) throws(Errno) -> Descriptor {
    let flags =
      UInt32(OPEN_TREE_CLONE) | UInt32(bitPattern: O_CLOEXEC) | emptyPath | (isRecursive ? recursive : 0)
      | (followingLinks ? 0 : 0x100)  // AT_SYMLINK_NOFOLLOW
    return try checkDescriptor(unsafe path.withCString { unsafe linux_open_tree(directory.rawValue, $0, flags) })
  }

  /// Attaches a detached mount, or moves an attached one, onto what `target` is open on. The C function is `move_mount`.
  package static func moveMount(_ mount: FileDescriptor, onto target: FileDescriptor) throws(Errno) {
    let flags = UInt32(MOVE_MOUNT_F_EMPTY_PATH) | UInt32(MOVE_MOUNT_T_EMPTY_PATH)
    try check(unsafe linux_move_mount(mount.rawValue, "", target.rawValue, "", flags))
  }

  /// Attaches a detached mount beneath the mount that `target` is open on: `MOVE_MOUNT_BENEATH`, Linux 6.5. The C function is
  /// `move_mount`.
  package static func moveMount(_ mount: FileDescriptor, beneath target: FileDescriptor) throws(Errno) {
    let flags = UInt32(MOVE_MOUNT_F_EMPTY_PATH) | UInt32(MOVE_MOUNT_T_EMPTY_PATH) | 0x200
    try check(unsafe linux_move_mount(mount.rawValue, "", target.rawValue, "", flags))
  }

  /// A configuration context for a new file system of a type. The C function is `fsopen`.
  package static func openFileSystem(type: String) throws(Errno) -> Descriptor {
    try checkDescriptor(unsafe type.withCString { unsafe linux_fsopen($0, UInt32(FSOPEN_CLOEXEC)) })
  }

  /// A context to reconfigure the file system of the mount that a descriptor is open on. The C function is `fspick`.
  package static func pickFileSystem(of mount: FileDescriptor) throws(Errno) -> Descriptor {
    try checkDescriptor(
      unsafe linux_fspick(mount.rawValue, "", UInt32(FSPICK_CLOEXEC) | UInt32(FSPICK_EMPTY_PATH))
    )
  }

  /// Sets a parameter: with a value a string, without one a flag. The C function is `fsconfig`.
  package static func configure(_ context: FileDescriptor, key: String, value: String?) throws(Errno) {
    let command = value == nil ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING
    let answer = unsafe key.withCString { key in
      guard let value else { return unsafe linux_fsconfig(context.rawValue, command.rawValue, key, nil, 0) }
      return unsafe value.withCString { unsafe linux_fsconfig(context.rawValue, command.rawValue, key, $0, 0) }
    }
    try check(answer)
  }

  /// Makes the file system that a context describes. The C function is `fsconfig`.
  package static func createFileSystem(_ context: FileDescriptor) throws(Errno) {
    try check(linux_fsconfig(context.rawValue, FSCONFIG_CMD_CREATE.rawValue, nil, nil, 0))
  }

  /// Applies a context's parameters to the file system that it was picked from. The C function is `fsconfig`.
  package static func reconfigureFileSystem(_ context: FileDescriptor) throws(Errno) {
    try check(linux_fsconfig(context.rawValue, FSCONFIG_CMD_RECONFIGURE.rawValue, nil, nil, 0))
  }

  /// A detached mount of a context's file system. The C function is `fsmount`.
  package static func mountFileSystem(
    _ context: FileDescriptor,
    attributes: MountAttributes
  ) throws(Errno) -> Descriptor {
    try checkDescriptor(
      linux_fsmount(context.rawValue, UInt32(FSMOUNT_CLOEXEC), UInt32(truncatingIfNeeded: attributes.rawValue))
    )
  }

  /// The kernel's own words on why a context failed, if it left any: `e No source specified`, fsopen(2) "Message retrieval".
  package static func failureMessage(of context: FileDescriptor) -> String? {
    var buffer = [UInt8](repeating: 0, count: 512)
    var last: String?
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { bytes -> Int in
        guard let base = bytes.baseAddress else { return 0 }
        return unsafe linux_read(context.rawValue, base, UInt(bytes.count))
      }
      guard count > 2 else { return last }
      last = String(decoding: buffer[2..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
  }

  /// Changes attributes and propagation of a mount, or of its whole tree. The C function is `mount_setattr`.
  package static func setAttributes(
    _ request: MountAttributeRequest,
    of mount: FileDescriptor,
    recursive isRecursive: Bool
  ) throws(Errno) {
    var record = mount_attr()
    record.attr_set = request.set.rawValue
    record.attr_clr = request.clear.rawValue
    record.propagation = request.propagation?.rawFlag ?? 0
    record.userns_fd = request.userNamespace.map { UInt64($0.rawValue) } ?? 0
    try check(
      unsafe linux_mount_setattr(mount.rawValue, "", emptyPath | (isRecursive ? recursive : 0), &record)
    )
  }

  /// Makes the working directory's mount the root mount and stacks the old root on top of it. The C function is `pivot_root`.
  package static func pivotRootToWorkingDirectory() throws(Errno) {
    try check(unsafe linux_pivot_root(".", "."))
  }

  /// Makes a directory what `/` means to this process and its children. The C function is `chroot`.
  package static func changeRoot(to path: String) throws(Errno) {
    try check(unsafe path.withCString { unsafe linux_chroot($0) })
  }

  /// Takes the mount at a path, and what is mounted below it, out of the namespace. The C function is `umount2`.
  package static func detachMount(at path: String) throws(Errno) {
    try check(unsafe path.withCString { unsafe linux_umount2($0, CInt(2 | 8)) })  // MNT_DETACH | UMOUNT_NOFOLLOW
  }

  /// How the mount that a descriptor is open in propagates. The C function is `statmount`; `ENOSYS` before Linux 6.8.
  package static func propagation(of file: FileDescriptor) throws(Errno) -> MountPropagationRecord {
    var record = CLinux.statx()
    try check(unsafe linux_statx(file.rawValue, "", CInt(emptyPath), 0x4000, &record))  // STATX_MNT_ID_UNIQUE
    var request = linux_mnt_id_req()
    request.size = UInt32(MemoryLayout<linux_mnt_id_req>.size)
    request.mnt_id = record.stx_mnt_id
    request.param = 2 | 0x10  // STATMOUNT_MNT_BASIC | STATMOUNT_MNT_POINT
    var buffer = [UInt8](repeating: 0, count: MemoryLayout<linux_statmount>.size + 4096)
    let answer = unsafe buffer.withUnsafeMutableBytes { bytes -> Int in
      guard let head = unsafe bytes.baseAddress?.assumingMemoryBound(to: linux_statmount.self) else { return -22 }
      return unsafe linux_statmount(&request, head, UInt(bytes.count))
    }
    try check(answer)
    let head = unsafe buffer.withUnsafeBytes { unsafe $0.loadUnaligned(as: linux_statmount.self) }
    let text = buffer[(MemoryLayout<linux_statmount>.size + Int(head.mnt_point))...].prefix { $0 != 0 }
    return MountPropagationRecord(
      isShared: head.mnt_propagation & Propagation.shared.rawFlag != 0,
      isSlave: head.mnt_propagation & Propagation.slave.rawFlag != 0,
      mountPoint: String(decoding: text, as: UTF8.self)
    )
  }

  /// How many mounts this process's namespace has, counted up to a number; 0 before Linux 6.8. The C function is
  /// `listmount`.
  package static func mountCount(atMost most: Int) -> Int {
    var request = linux_mnt_id_req()
    request.size = UInt32(MemoryLayout<linux_mnt_id_req>.size)
    request.mnt_id = .max  // LSMT_ROOT
    let ids = unsafe [UInt64](unsafeUninitializedCapacity: most) { buffer, count in
      guard let base = buffer.baseAddress else { return }
      count = max(0, unsafe linux_listmount(&request, base, UInt(most)))
    }
    return ids.count
  }

  /// The id of the mount that a descriptor is open in, as /proc/self/mountinfo numbers it; a server is not asked. The C function is
  /// `statx`, with `AT_STATX_DONT_SYNC`.
  package static func mountID(of file: FileDescriptor) throws(Errno) -> UInt64 {
    var record = CLinux.statx()
    try check(unsafe linux_statx(file.rawValue, "", CInt(emptyPath) | 0x4000, 0x1000, &record))  // STATX_MNT_ID
    return record.stx_mnt_id
  }

  /// The id of the mount that a descriptor is open in, which is never given again; nil before Linux 6.8. The C function is `statx`, with
  /// `AT_STATX_DONT_SYNC`.
  package static func uniqueMountID(of file: FileDescriptor) throws(Errno) -> UInt64? {
    var record = CLinux.statx()
    try check(unsafe linux_statx(file.rawValue, "", CInt(emptyPath) | 0x4000, 0x4000, &record))
    return record.stx_mask & 0x4000 != 0 ? record.stx_mnt_id : nil  // STATX_MNT_ID_UNIQUE
  }

  /// Whether a descriptor is open on the root of a mount; a server is not asked. The C function is `statx`, with
  /// `AT_STATX_DONT_SYNC`.
  package static func isMountRoot(_ file: FileDescriptor) throws(Errno) -> Bool {
    var record = CLinux.statx()
    try check(unsafe linux_statx(file.rawValue, "", CInt(emptyPath) | 0x4000, 0x1000, &record))
    return record.stx_attributes & 0x2000 != 0  // STATX_ATTR_MOUNT_ROOT
  }
}
