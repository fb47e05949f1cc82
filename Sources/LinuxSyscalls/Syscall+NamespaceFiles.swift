import CLinux
package import SystemPackage

/// What a mount namespace tells of itself, ioctl_nsfs(2).
package struct MountNamespaceInfo: Hashable, Sendable {
  package var id: UInt64
  package var mountCount: Int
}

/// A mount namespace that was found, and what it tells of itself.
package struct FoundNamespace: ~Copyable {
  package let namespace: Descriptor
  package let info: MountNamespaceInfo

  /// Only the namespace, for its next owner.
  package consuming func descriptor() -> Descriptor { namespace }
}

extension Syscall {
  // _IO and _IOR of nsfs's letter, 0xb7.
  private static var getOwner: UInt { 0xb701 }
  private static var getParent: UInt { 0xb702 }
  private static var getType: UInt { 0xb703 }
  private static var getOwnerUserID: UInt { 0xb704 }
  private static var getMountInfo: UInt { 0x8010_b70a }
  private static var getNextMount: UInt { 0x8010_b70b }
  private static var getPreviousMount: UInt { 0x8010_b70c }

  /// The id of a mount namespace and the number of its mounts. The C function is `ioctl`, with `NS_MNT_GET_INFO`, Linux 6.12.
  package static func mountNamespaceInfo(_ namespace: FileDescriptor) throws(Errno) -> MountNamespaceInfo {
    var info = linux_mnt_ns_info()
    info.size = UInt32(MemoryLayout<linux_mnt_ns_info>.size)
    try check(unsafe linux_ioctl(namespace.rawValue, getMountInfo, &info))
    return MountNamespaceInfo(id: info.mnt_ns_id, mountCount: Int(info.nr_mounts))
  }

  /// The mount namespace after (or before) another by id; `ENOENT` after the last. The C function is `ioctl`, with
  /// `NS_MNT_GET_NEXT` or `NS_MNT_GET_PREV`, Linux 6.12.
  package static func neighbour(of namespace: FileDescriptor, before: Bool) throws(Errno) -> FoundNamespace {
    var info = linux_mnt_ns_info()
    info.size = UInt32(MemoryLayout<linux_mnt_ns_info>.size)
    let request = before ? getPreviousMount : getNextMount
    let found = try checkDescriptor(unsafe linux_ioctl(namespace.rawValue, request, &info))
    return FoundNamespace(
      namespace: found,
      info: MountNamespaceInfo(id: info.mnt_ns_id, mountCount: Int(info.nr_mounts))
    )
  }

  /// The CLONE_NEW flag of a namespace's type; `ENOTTY` of what is no namespace. The C function is `ioctl`, with `NS_GET_NSTYPE`.
  package static func cloneFlag(of namespace: FileDescriptor) throws(Errno) -> UInt64 {
    UInt64(try check(linux_ioctl_value(namespace.rawValue, getType, 0)))
  }

  /// The user namespace that owns a namespace; `EPERM` when it is above this process's. The C function is `ioctl`, with
  /// `NS_GET_USERNS`.
  package static func owner(of namespace: FileDescriptor) throws(Errno) -> Descriptor {
    try checkDescriptor(linux_ioctl_value(namespace.rawValue, getOwner, 0))
  }

  /// The user or PID namespace above one; `EPERM` when there is none, or when it is above this process's. The C function is `ioctl`,
  /// with `NS_GET_PARENT`.
  package static func parentNamespace(of namespace: FileDescriptor) throws(Errno) -> Descriptor {
    try checkDescriptor(linux_ioctl_value(namespace.rawValue, getParent, 0))
  }

  /// The user who made a user namespace. The C function is `ioctl`, with `NS_GET_OWNER_UID`.
  package static func ownerUserID(of namespace: FileDescriptor) throws(Errno) -> UInt32 {
    var user: UInt32 = 0
    try check(unsafe linux_ioctl(namespace.rawValue, getOwnerUserID, &user))
    return user
  }
}
