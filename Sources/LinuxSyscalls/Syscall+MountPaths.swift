import CLinux
package import LinuxABI
package import SystemPackage

// Mounts by path, as mount(8) and umount(8) ask for them: what a trial of the model does.
extension Syscall {
  /// What mount(2) does with a path, apart from a new file system.
  package enum MountVerb: Sendable {
    case bind(from: String, recursive: Bool)
    case move(from: String)
    case propagation(Propagation, recursive: Bool)

    fileprivate var source: String? {
      switch self {
      case .bind(let from, _), .move(let from): from
      case .propagation: nil
      }
    }

    fileprivate var flags: UInt {
      switch self {
      case .bind(_, let recursive): 0x1000 | (recursive ? 0x4000 : 0)  // MS_BIND, MS_REC
      case .move: 0x2000  // MS_MOVE
      case .propagation(let type, let recursive): UInt(type.rawFlag) | (recursive ? 0x4000 : 0)
      }
    }
  }

  /// Binds, moves, or changes the propagation of what is at a path. The C function is `mount`.
  package static func mount(_ verb: MountVerb, at path: String) throws(Errno) {
    let answer = unsafe path.withCString { path in
      guard let source = verb.source else { return unsafe linux_mount(nil, path, nil, verb.flags, nil) }
      return unsafe source.withCString { unsafe linux_mount($0, path, nil, verb.flags, nil) }
    }
    try check(answer)
  }

  /// Makes a file system and mounts it over the working directory, with its options in one text of less than a page. The C function is
  /// `mount`.
  package static func mountOverWorkingDirectory(
    type: String,
    source: String,
    options: String,
    isReadOnly: Bool
  ) throws(Errno) {
    // mount(2) reads a page, and leaves out what is behind it.
    guard options.utf8.count < 4096 else { throw Errno(rawValue: 7) }  // E2BIG
    let answer = unsafe type.withCString { type in
      unsafe source.withCString { source in
        unsafe options.withCString { unsafe linux_mount(source, ".", type, isReadOnly ? 1 : 0, $0) }  // MS_RDONLY
      }
    }
    try check(answer)
  }

  /// What move_mount(2) does with two paths, beyond what mount(2) can.
  package enum MoveVerb: UInt32, Sendable {
    /// Puts the mount beneath the top one: `MOVE_MOUNT_BENEATH`, Linux 6.5.
    case beneath = 0x200
    /// Gives the second the peers and the master of the first: `MOVE_MOUNT_SET_GROUP`, Linux 5.15.
    case setGroup = 0x100
  }

  /// Moves a mount beneath another, or lets one join another's peer group. The C function is `move_mount`.
  package static func moveMount(from: String, to path: String, _ verb: MoveVerb) throws(Errno) {
    let answer = unsafe from.withCString { from in
      unsafe path.withCString { unsafe linux_move_mount(-100, from, -100, $0, verb.rawValue) }  // AT_FDCWD
    }
    try check(answer)
  }

  /// Unmounts what is at a path; with `detach` all below it too, busy or not. The C function is `umount2`.
  package static func unmount(_ path: String, detach: Bool) throws(Errno) {
    try check(unsafe path.withCString { unsafe linux_umount2($0, detach ? 2 : 0) })  // MNT_DETACH
  }

  /// Makes a mount the root, and puts the old root at a directory below it. The C function is `pivot_root`.
  package static func pivotRoot(to path: String, putOld: String) throws(Errno) {
    let answer = unsafe path.withCString { path in unsafe putOld.withCString { unsafe linux_pivot_root(path, $0) } }
    try check(answer)
  }

  /// Sets and clears attributes of the mount at a path, or of all below it too. The C function is `mount_setattr`.
  package static func setAttributes(
    _ set: MountAttributes,
    clearing clear: MountAttributes,
    at path: String,
    recursive: Bool
  ) throws(Errno) {
    var record = mount_attr()
    record.attr_set = set.rawValue
    record.attr_clr = clear.rawValue
    // AT_FDCWD, AT_RECURSIVE
    try check(unsafe path.withCString { unsafe linux_mount_setattr(-100, $0, recursive ? 0x8000 : 0, &record) })
  }
}
