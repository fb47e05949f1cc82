package import LinuxABI
package import SystemPackage

extension Machine {
  /// One thing that a process in a namespace does to mounts. Paths are absolute, as the process sees them.
  package enum Operation: Hashable, Sendable {
    /// Makes a file system and attaches it: mount(2).
    case mount(type: String, source: String, attributes: MountAttributes = [], at: String)
    /// Attaches a copy of a mount, or of a tree of mounts: mount(2) MS_BIND, MS_REC.
    case bind(from: String, recursive: Bool, at: String)
    /// Moves a mount with all below it: mount(2) MS_MOVE.
    case move(from: String, to: String)
    /// Moves a mount beneath the top mount at a place: move_mount(2) MOVE_MOUNT_BENEATH.
    case moveBeneath(from: String, to: String)
    /// Makes a mount a peer, and a slave, as another is: move_mount(2) MOVE_MOUNT_SET_GROUP.
    case setGroup(from: String, to: String)
    /// Unmounts: umount(2); with `detach` the whole tree below, MNT_DETACH.
    case unmount(at: String, detach: Bool)
    /// Sets and clears attributes, all in one call: mount_setattr(2).
    case setAttributes(set: MountAttributes, clear: MountAttributes, recursive: Bool, at: String)
    /// Changes the propagation type: mount(2) MS_SHARED and its like.
    case setPropagation(Propagation, recursive: Bool, at: String)
    /// Makes a mount the root, and puts the old root at a directory below it: pivot_root(2).
    case pivotRoot(to: String, putOld: String)
    /// Makes a namespace with a copy of all mounts: unshare(2) CLONE_NEWNS, with `newUser` CLONE_NEWUSER too.
    case unshare(as: String, newUser: Bool)
    /// The last process leaves, and the namespace ends.
    case end
  }

  /// What an operation did to one mount.
  package struct Effect: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
      case attached, detached, moved, changed
    }
    /// Why it happened: the words for a person, and the section of the manual that has the rule.
    package enum Cause: Hashable, Sendable {
      /// It is what was asked for.
      case asked
      /// The parent is a peer, in this group, of the mount where it was asked for.
      case peer(group: Int)
      /// The parent receives, as a slave, from this group.
      case slave(of: Int)
      /// It stayed on top: a mount arrived beneath it, or went from beneath it.
      case shifted
      /// The group that it received from, as a slave, is gone, with its last member.
      case orphaned(group: Int)
    }
    package var kind: Kind
    package var mount: Int
    package var namespace: Int
    /// Where it is, or was, as from the root of the namespace; nil when that root does not reach it.
    package var path: String?
    package var cause: Cause
  }

  /// The kernel's refusal of an operation; the machine is as it was.
  package struct Refusal: Error, Hashable, Sendable {
    package var errno: Errno
    /// Why, in words for a person, without a full stop.
    package var reason: String

    package init(errno: Errno, reason: String) {
      self.errno = errno
      self.reason = reason
    }
  }
}
