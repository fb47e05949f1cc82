import CLinux
package import LinuxABI
package import SystemPackage

/// What statmount(2) tells of a mount.
package struct MountStatus: Sendable {
  package var id: UInt64 = 0
  package var oldID: UInt64 = 0
  package var parentOldID: UInt64 = 0
  package var major: UInt32 = 0
  package var minor: UInt32 = 0
  package var superblockFlags: UInt32 = 0
  package var attributes: MountAttributes = []
  package var propagationFlags: UInt64 = 0
  package var peerGroup: UInt64 = 0
  package var master: UInt64 = 0
  package var propagateFrom: UInt64 = 0
  package var root = ""
  package var mountPoint = ""
  package var type = ""
  package var subtype = ""
  package var source = ""
  package var options = ""
  /// The lines of the mount's id mappings, as /proc/PID/uid_map has them.
  package var userMappings: [String] = []
  package var groupMappings: [String] = []
}

/// Which parts of a `MountStatus` are asked for, statmount(2).
package struct MountStatusParts: OptionSet, Sendable {
  package let rawValue: UInt64
  package init(rawValue: UInt64) { self.rawValue = rawValue }

  package static var superblock: Self { Self(rawValue: 0x1) }
  package static var basic: Self { Self(rawValue: 0x2) }
  package static var propagateFrom: Self { Self(rawValue: 0x4) }
  package static var root: Self { Self(rawValue: 0x8) }
  package static var mountPoint: Self { Self(rawValue: 0x10) }
  package static var type: Self { Self(rawValue: 0x20) }
  package static var options: Self { Self(rawValue: 0x80) }
  package static var subtype: Self { Self(rawValue: 0x100) }
  package static var source: Self { Self(rawValue: 0x200) }
  package static var idMappings: Self { Self(rawValue: 0x2000 | 0x4000) }
  /// What a mount is and where: all but whom it receives from and its options, which take the longest.
  package static var place: Self { Self(rawValue: 0x1 | 0x2 | 0x8 | 0x10 | 0x20 | 0x100 | 0x200) }
  /// All that mountinfo tells, and the id mappings.
  package static var all: Self {
    Self(rawValue: 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x20 | 0x80 | 0x100 | 0x200 | 0x2000 | 0x4000)
  }
}

/// The numbers that statmount(2) tells of a mount: where it is, and whom it gives to and receives from.
package struct MountNumbers: Hashable, Sendable {
  package var id: UInt64
  package var oldID: UInt64
  package var parentID: UInt64
  package var major: UInt32
  package var minor: UInt32
  package var peerGroup: UInt64
  package var master: UInt64
  package var isIDMapped: Bool
}

/// The room of a file system, in bytes.
package struct FileSystemSpace: Hashable, Sendable {
  package var size: UInt64
  package var used: UInt64
  /// What users without privilege can still take.
  package var available: UInt64
}

extension Syscall {
  /// The room of the file system that a descriptor is open on. The C function is `fstatfs`.
  package static func space(of file: FileDescriptor) throws(Errno) -> FileSystemSpace {
    var space: [UInt64] = [0, 0, 0, 0]
    let answer = unsafe space.withUnsafeMutableBufferPointer { buffer -> Int in
      guard let base = buffer.baseAddress else { return 0 }
      return unsafe linux_fstatfs_space(file.rawValue, base)
    }
    try check(answer)
    return FileSystemSpace(
      size: space[0] &* space[1],
      used: space[0] &* (space[1] &- space[2]),
      available: space[0] &* space[3]
    )
  }

  /// The numbers of each of a namespace's mounts, without any text: a tenth of what a whole record costs; those that are gone by
  /// then are left out. The C function is `statmount`.
  package static func numbers(of ids: [UInt64], inNamespace namespace: UInt64?) throws(Errno) -> [MountNumbers] {
    var request = linux_mnt_id_req()
    request.size = UInt32(MemoryLayout<linux_mnt_id_req>.size)
    request.param = 0x1 | 0x2  // STATMOUNT_SB_BASIC, STATMOUNT_MNT_BASIC
    request.mnt_ns_id = namespace ?? 0
    let head = UnsafeMutablePointer<linux_statmount>.allocate(capacity: 1)
    defer { unsafe head.deallocate() }
    var found: [MountNumbers] = []
    found.reserveCapacity(ids.count)
    for id in ids {
      request.mnt_id = id
      let answer = unsafe linux_statmount(&request, head, UInt(MemoryLayout<linux_statmount>.size))
      if answer == -Int(Errno.noSuchFileOrDirectory.rawValue) { continue }
      try check(answer)
      found.append(
        MountNumbers(
          id: id,
          oldID: UInt64(unsafe head.pointee.mnt_id_old),
          parentID: unsafe head.pointee.mnt_parent_id,
          major: unsafe head.pointee.sb_dev_major,
          minor: unsafe head.pointee.sb_dev_minor,
          peerGroup: unsafe head.pointee.mnt_peer_group,
          master: unsafe head.pointee.mnt_master,
          isIDMapped: unsafe head.pointee.mnt_attr & MountAttributes.idMapped.rawValue != 0
        )
      )
    }
    return found
  }

  /// The ids of the mounts of a namespace, by its id, or of those below one of them; nil is this process's. The C function is
  /// `listmount`, Linux 6.8 (6.11 for another namespace).
  package static func mounts(ofNamespace namespace: UInt64?, below mount: UInt64? = nil) throws(Errno) -> [UInt64] {
    var ids: [UInt64] = []
    var request = linux_mnt_id_req()
    request.size = UInt32(MemoryLayout<linux_mnt_id_req>.size)
    request.mnt_id = mount ?? .max  // LSMT_ROOT
    request.mnt_ns_id = namespace ?? 0
    var page = [UInt64](repeating: 0, count: 4096)
    while true {
      let answer = unsafe page.withUnsafeMutableBufferPointer { buffer -> Int in
        guard let base = buffer.baseAddress else { return 0 }
        return unsafe linux_listmount(&request, base, UInt(buffer.count))
      }
      let count = try check(answer)
      ids += page[..<count]
      guard count == page.count, let last = ids.last else { return ids }
      request.param = last
    }
  }

  /// What there is to know of each of a namespace's mounts; those that are gone by then are left out. The C function is
  /// `statmount`, Linux 6.8 (6.11 for another namespace).
  package static func statuses(
    of ids: [UInt64],
    inNamespace namespace: UInt64?,
    _ parts: MountStatusParts,
    _ body: (MountStatus) throws(Errno) -> Void
  ) throws(Errno) {
    var request = linux_mnt_id_req()
    request.size = UInt32(MemoryLayout<linux_mnt_id_req>.size)
    request.param = parts.rawValue
    request.mnt_ns_id = namespace ?? 0
    var buffer = [UInt8](repeating: 0, count: 2048)
    for id in ids {
      request.mnt_id = id
      while true {
        let answer = unsafe buffer.withUnsafeMutableBytes { bytes -> Int in
          guard let head = unsafe bytes.baseAddress?.assumingMemoryBound(to: linux_statmount.self) else { return -22 }
          return unsafe linux_statmount(&request, head, UInt(bytes.count))
        }
        if answer == -Int(Errno.overflow.rawValue) {
          buffer = [UInt8](repeating: 0, count: buffer.count * 4)
          continue
        }
        if answer == -Int(Errno.noSuchFileOrDirectory.rawValue) { break }
        try check(answer)
        try body(status(buffer))
        break
      }
    }
  }

  private static func status(_ buffer: [UInt8]) -> MountStatus {
    let head = unsafe buffer.withUnsafeBytes { unsafe $0.loadUnaligned(as: linux_statmount.self) }
    let strings = MemoryLayout<linux_statmount>.size
    func text(_ part: MountStatusParts, _ offset: UInt32) -> String {
      guard head.mask & part.rawValue != 0 else { return "" }
      return String(decoding: buffer.dropFirst(strings + Int(offset)).prefix { $0 != 0 }, as: UTF8.self)
    }
    func texts(_ count: UInt32, _ offset: UInt32) -> [String] {
      guard count > 0 else { return [] }
      let parts = buffer.dropFirst(strings + Int(offset)).split(
        separator: 0,
        maxSplits: Int(count),
        omittingEmptySubsequences: false
      )
      return parts.prefix(Int(count)).map { String(decoding: $0, as: UTF8.self) }
    }
    var status = MountStatus()
    status.id = head.mnt_id
    status.oldID = UInt64(head.mnt_id_old)
    status.parentOldID = UInt64(head.mnt_parent_id_old)
    (status.major, status.minor) = (head.sb_dev_major, head.sb_dev_minor)
    status.superblockFlags = head.sb_flags
    status.attributes = MountAttributes(rawValue: head.mnt_attr)
    status.propagationFlags = head.mnt_propagation
    (status.peerGroup, status.master) = (head.mnt_peer_group, head.mnt_master)
    status.propagateFrom = head.mask & MountStatusParts.propagateFrom.rawValue != 0 ? head.propagate_from : 0
    status.root = text(.root, head.mnt_root)
    status.mountPoint = text(.mountPoint, head.mnt_point)
    status.type = text(.type, head.fs_type)
    status.subtype = text(.subtype, head.fs_subtype)
    status.source = text(.source, head.sb_source)
    status.options = text(.options, head.mnt_opts)
    if head.mask & 0x2000 != 0 { status.userMappings = texts(head.mnt_uidmap_num, head.mnt_uidmap) }
    if head.mask & 0x4000 != 0 { status.groupMappings = texts(head.mnt_gidmap_num, head.mnt_gidmap) }
    return status
  }
}
