import CLinux
package import LinuxABI
package import SystemPackage

/// How openat2(2) opens a file.
package struct OpenFlags: OptionSet, Sendable {
  package let rawValue: UInt64
  package init(rawValue: UInt64) { self.rawValue = rawValue }
  package init(arrayLiteral members: Self...) { rawValue = members.reduce(0) { $0 | $1.rawValue } }

  package static var writeOnly: Self { Self(rawValue: 0o1) }
  package static var readWrite: Self { Self(rawValue: 0o2) }
  package static var create: Self { Self(rawValue: 0o100) }
  package static var exclusive: Self { Self(rawValue: 0o200) }
  package static var truncate: Self { Self(rawValue: 0o1000) }
  /// Does not make a terminal that is opened the controlling one. The C constant is `O_NOCTTY`.
  package static var noTerminal: Self { Self(rawValue: 0o400) }
  package static var append: Self { Self(rawValue: 0o2000) }
  package static var nonBlocking: Self { Self(rawValue: 0o4000) }
  package static var directory: Self { Self(rawValue: UInt64(O_DIRECTORY)) }
  package static var noFollow: Self { Self(rawValue: UInt64(O_NOFOLLOW)) }
  /// A place in the tree and no more: nothing can be read through it. The C constant is `O_PATH`.
  package static var path: Self { Self(rawValue: 0o10000000) }
}

/// Which ways a path may not take, openat2(2) "RESOLVE_*".
package struct ResolveFlags: OptionSet, Sendable {
  package let rawValue: UInt64
  package init(rawValue: UInt64) { self.rawValue = rawValue }
  package init(arrayLiteral members: Self...) { rawValue = members.reduce(0) { $0 | $1.rawValue } }

  /// The corresponding C constant is `RESOLVE_NO_XDEV`.
  package static var noOtherMounts: Self { Self(rawValue: 0x1) }
  /// The corresponding C constant is `RESOLVE_NO_MAGICLINKS`.
  package static var noMagicLinks: Self { Self(rawValue: 0x2) }
  /// The corresponding C constant is `RESOLVE_NO_SYMLINKS`.
  package static var noSymbolicLinks: Self { Self(rawValue: 0x4) }
  /// The directory is the root for the path: `..` and absolute links stay in it. The C constant is `RESOLVE_IN_ROOT`.
  package static var inRoot: Self { Self(rawValue: 0x10) }
}

/// What statx(2) tells of a file.
package struct FileStatus: Hashable, Sendable {
  package var kind: FileKind
  package var permissions: UInt32
  package var userID: UInt32
  package var groupID: UInt32
  package var size: UInt64
  /// How many names it has; none for what is removed and still open.
  package var linkCount: UInt32
  /// The device that the file stands for.
  package var device: DeviceNumber
  /// The device of the file system that the file is on.
  package var fileSystem: DeviceNumber
  /// Its number in its file system; for a namespace, that of the namespace (namespaces(7)).
  package var inode: UInt64
  /// When its contents were last changed.
  package var modified: Timestamp
  /// Whether the file is the root of a mount.
  package var isMountRoot: Bool
}

/// Where a file is.
package struct FilePlace: Hashable, Sendable {
  /// The device of its file system.
  package var fileSystem: DeviceNumber
  /// Its mount, as /proc/PID/mountinfo numbers it.
  package var mountID: UInt64
}

/// An entry of a directory.
package struct DirectoryEntry: Hashable, Sendable {
  package var name: String
  package var kind: FileKind?
}

extension Syscall {
  /// Opens a path, always close-on-exec. The C function is `openat2`.
  package static func open(
    at directory: FileDescriptor = .workingDirectory,
    _ path: String,
    _ flags: OpenFlags,
    resolve: ResolveFlags = [],
    permissions: UInt32 = 0
  ) throws(Errno) -> Descriptor {
    var how = open_how()
    how.flags = flags.rawValue | UInt64(O_CLOEXEC)
    how.mode = flags.contains(.create) ? UInt64(permissions) : 0
    how.resolve = resolve.rawValue
    var answer = 0
    for _ in 0..<mostRepetitions {
      answer = unsafe path.withCString { unsafe linux_openat2(directory.rawValue, $0, &how) }
      // EAGAIN: a rename or mount raced with the walk of a confined path, openat2(2); it asks to try again.
      guard answer == -Int(EINTR) || (answer == -Int(EAGAIN) && !resolve.isEmpty) else { break }
    }
    return try checkDescriptor(answer)
  }

  /// What a descriptor is open on. The C function is `statx`.
  package static func status(of file: FileDescriptor) throws(Errno) -> FileStatus {
    try status(at: file, "", flags: 0x1000)
  }

  /// What a path names; with `followingLinks` false, a symbolic link itself. The C function is `statx`.
  package static func status(
    at directory: FileDescriptor = .workingDirectory,
    path: String,
    followingLinks: Bool = true
  ) throws(Errno) -> FileStatus {
    try status(at: directory, path, flags: followingLinks ? 0 : 0x100)
  }

  private static func status(
    at directory: FileDescriptor,
    _ path: String,
    flags: CInt
  ) throws(Errno) -> FileStatus {
    var record = CLinux.statx()
    try check(unsafe path.withCString { unsafe linux_statx(directory.rawValue, $0, flags, 0x7ff, &record) })
    guard let kind = FileKind(mode: UInt32(record.stx_mode)) else { throw .invalidArgument }
    return FileStatus(
      kind: kind,
      permissions: UInt32(record.stx_mode) & 0o7777,
      userID: record.stx_uid,
      groupID: record.stx_gid,
      size: record.stx_size,
      linkCount: record.stx_nlink,
      device: DeviceNumber(major: record.stx_rdev_major, minor: record.stx_rdev_minor),
      fileSystem: DeviceNumber(major: record.stx_dev_major, minor: record.stx_dev_minor),
      inode: record.stx_ino,
      modified: Timestamp(seconds: Int(record.stx_mtime.tv_sec), nanoseconds: Int(record.stx_mtime.tv_nsec)),
      isMountRoot: record.stx_attributes & 0x2000 != 0  // STATX_ATTR_MOUNT_ROOT
    )
  }

  /// Where a file is, from what the kernel has at hand: a server is not asked. The C function is `statx`, `AT_STATX_DONT_SYNC`.
  package static func place(at directory: FileDescriptor, _ path: String) throws(Errno) -> FilePlace {
    var record = CLinux.statx()
    let flags = CInt(0x4000 | 0x800)  // AT_STATX_DONT_SYNC, AT_NO_AUTOMOUNT
    try check(unsafe path.withCString { unsafe linux_statx(directory.rawValue, $0, flags, 0x1000, &record) })
    return FilePlace(
      fileSystem: DeviceNumber(major: record.stx_dev_major, minor: record.stx_dev_minor),
      mountID: record.stx_mnt_id
    )
  }

  /// The text of a symbolic link. The C function is `readlinkat`.
  package static func readLink(at directory: FileDescriptor, _ path: String) throws(Errno) -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let answer = unsafe path.withCString { path in
      unsafe buffer.withUnsafeMutableBytes { bytes -> Int in
        guard let base = unsafe bytes.bindMemory(to: CChar.self).baseAddress else { return -22 }
        return unsafe linux_readlinkat(directory.rawValue, path, base, UInt(bytes.count))
      }
    }
    return String(decoding: buffer.prefix(try check(answer)), as: UTF8.self)
  }

  /// Makes a directory. The C function is `mkdirat`.
  package static func makeDirectory(
    at directory: FileDescriptor,
    _ name: String,
    permissions: UInt32
  ) throws(Errno) {
    try check(unsafe name.withCString { unsafe linux_mkdirat(directory.rawValue, $0, permissions) })
  }

  /// Makes an empty file, a FIFO or a device. The C function is `mknodat`.
  package static func makeNode(
    at directory: FileDescriptor,
    _ name: String,
    kind: FileKind,
    permissions: UInt32,
    device: DeviceNumber = DeviceNumber(major: 0, minor: 0)
  ) throws(Errno) {
    try check(
      unsafe name.withCString { unsafe linux_mknodat(directory.rawValue, $0, kind.mode | permissions, device.encoded) }
    )
  }

  /// Gives a file another name in the same directory, in place of what had that name. The C function is `renameat2`.
  package static func rename(at directory: FileDescriptor, _ name: String, to newName: String) throws(Errno) {
    try rename(at: directory, name, to: newName, flags: 0)
  }

  /// Writes a file whole or not at all, in place of what had its name: in a file of another name that takes this one at the end.
  ///
  /// Others may be able to make files in the directory: nobody can foresee the other name, and what has it all the same is not opened.
  package static func replaceFile(
    at directory: FileDescriptor,
    _ name: String,
    by bytes: [UInt8],
    permissions: UInt32
  ) throws(Errno) {
    var random = SystemRandomNumberGenerator()
    let temporary = ".\(String(random.next(), radix: 16))"
    let flags: OpenFlags = [.writeOnly, .create, .exclusive, .noFollow]
    let file = try open(at: directory, temporary, flags, permissions: permissions)
    do throws(Errno) {
      try write(bytes, to: file.borrowed)
      try rename(at: directory, temporary, to: name)
    } catch {
      try? removeFile(at: directory, temporary)  // The failure before it is the one to tell.
      throw error
    }
  }

  /// Gives two files of a directory each other's names. The C function is `renameat2`, with `RENAME_EXCHANGE`.
  package static func exchange(at directory: FileDescriptor, _ name: String, _ otherName: String) throws(Errno) {
    try rename(at: directory, name, to: otherName, flags: LINUX_RENAME_EXCHANGE)
  }

  private static func rename(
    at directory: FileDescriptor,
    _ name: String,
    to newName: String,
    flags: UInt32
  ) throws(Errno) {
    let answer = unsafe name.withCString { name in
      unsafe newName.withCString { unsafe linux_renameat2(directory.rawValue, name, directory.rawValue, $0, flags) }
    }
    try check(answer)
  }

  /// Removes a name that is not a directory's. The C function is `unlinkat`.
  package static func removeFile(at directory: FileDescriptor, _ name: String) throws(Errno) {
    try check(unsafe name.withCString { unsafe linux_unlinkat(directory.rawValue, $0, 0) })
  }

  /// Takes the lock of an open file; waits while another holds it. It is held until the last copy of the descriptor is
  /// closed. The C function is `flock`, with `LOCK_EX`.
  package static func lock(_ file: FileDescriptor) throws(Errno) {
    try retrying { linux_flock(file.rawValue, 2) }
  }

  /// Gives back the lock of an open file. The C function is `flock`, with `LOCK_UN`.
  package static func unlock(_ file: FileDescriptor) throws(Errno) {
    try check(linux_flock(file.rawValue, 8))
  }

  /// A file without a name, in memory. The C function is `memfd_create`.
  package static func memoryFile(_ name: String, isSealable: Bool = false) throws(Errno) -> Descriptor {
    try checkDescriptor(unsafe name.withCString { unsafe linux_memfd_create($0, isSealable ? 3 : 1) })  // MFD_CLOEXEC
  }

  /// Forbids every change of a memory file, for good. The C function is `fcntl`, `F_ADD_SEALS`.
  package static func seal(_ file: FileDescriptor) throws(Errno) {
    try check(linux_fcntl(file.rawValue, 1033, 0xf))  // F_SEAL_SEAL, _SHRINK, _GROW, _WRITE
  }

  /// Moves the place of the next read or write to the start. The C function is `lseek`.
  package static func rewind(_ file: FileDescriptor) throws(Errno) { try check(linux_lseek(file.rawValue, 0, 0)) }

  /// Makes a symbolic link. The C function is `symlinkat`.
  package static func makeSymbolicLink(
    to target: String,
    at directory: FileDescriptor,
    _ name: String
  ) throws(Errno) {
    let answer = unsafe target.withCString { target in
      unsafe name.withCString { unsafe linux_symlinkat(target, directory.rawValue, $0) }
    }
    try check(answer)
  }

  /// Sets permission bits. The C function is `fchmod`.
  package static func setPermissions(_ permissions: UInt32, of file: FileDescriptor) throws(Errno) {
    try check(linux_fchmod(file.rawValue, permissions))
  }

  /// Sets the owner of a name, of a symbolic link itself. The C function is `fchownat`.
  package static func setOwner(
    user: UInt32,
    group: UInt32,
    at directory: FileDescriptor,
    _ name: String
  ) throws(Errno) {
    try check(unsafe name.withCString { unsafe linux_fchownat(directory.rawValue, $0, user, group, 0x100 | 0x1000) })
  }

  /// The entries of an open directory, without `.` and `..`. The C function is `getdents64`.
  ///
  /// - Parameter most: how many are read at most, of a directory that anybody fills.
  package static func entries(of directory: FileDescriptor, most: Int = .max) throws(Errno) -> [DirectoryEntry] {
    var entries: [DirectoryEntry] = []
    try forEachEntry(of: directory) { name, kind in
      if entries.count < most {
        entries.append(DirectoryEntry(name: String(decoding: name, as: UTF8.self), kind: kind))
      }
      return entries.count < most
    }
    return entries
  }

  /// The names of the directories in an open directory, without `.` and `..`. The C function is `getdents64`.
  package static func directoryNames(in directory: FileDescriptor) throws(Errno) -> [FileName] {
    var names: [FileName] = []
    try forEachEntry(of: directory) { name, kind in
      if kind == .directory { names.append(FileName(bytes: Array(name))) }
      return true
    }
    return names
  }

  /// Goes on until the body returns false.
  private static func forEachEntry(
    of directory: FileDescriptor,
    _ body: (ArraySlice<UInt8>, FileKind?) -> Bool
  ) throws(Errno) {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let answer = unsafe buffer.withUnsafeMutableBytes { bytes -> Int in
        guard let base = bytes.baseAddress else { return 0 }
        return unsafe linux_getdents64(directory.rawValue, base, UInt(bytes.count))
      }
      let count = try check(answer)
      guard count > 0 else { return }
      var offset = 0
      while offset < count {
        // struct linux_dirent64: u64 inode, s64 offset, u16 record length, u8 type, then the name.
        guard offset + 19 <= count else { throw .ioError }
        let length = Int(buffer[offset + 16]) | Int(buffer[offset + 17]) << 8
        guard length >= 19, offset + length <= count else { throw .ioError }
        let name = buffer[(offset + 19)..<(offset + length)].prefix { $0 != 0 }
        if name != [UInt8(ascii: ".")], name != [UInt8(ascii: "."), UInt8(ascii: ".")] {
          guard body(name, FileKind(mode: UInt32(buffer[offset + 18]) << 12)) else { return }
        }
        offset += length
      }
    }
  }
}
