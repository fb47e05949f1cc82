package import LinuxABI

/// What one option string of a mount means, config.md "Linux mount options".
package enum MountOption: Hashable, Sendable {
  /// Sets an attribute of the mount.
  case set(MountAttributes)
  /// Clears an attribute of the mount.
  case clear(MountAttributes)
  /// Sets an attribute of the mount and of all below it.
  case setRecursively(MountAttributes)
  /// Clears an attribute of the mount and of all below it.
  case clearRecursively(MountAttributes)
  /// Sets how mounts travel to and from the mount.
  case propagation(Propagation, recursive: Bool)
  /// Makes a copy of a mount, or of a tree of mounts.
  case bind(recursive: Bool)
  /// Changes a mount that is there.
  case remount
  /// A flag that belongs to the file system and not to the mount: fsconfig(2) knows it by this name.
  case fileSystemFlag(String)
  /// Maps ids of the mount, or of all below it too.
  case idMap(recursive: Bool)
  /// Fills a tmpfs with what it covers, an extension of runc.
  case copyUp
  /// Binds a symbolic link itself instead of what it leads to, an extension of crun.
  case sourceLinkItself
  /// Mounts on a symbolic link itself instead of what it leads to, an extension of crun.
  case destinationLinkItself
  /// Makes a copy of the source if that is a symbolic link, instead of a mount, an extension of crun.
  case copyLink
  /// Accepted, without effect: a default, or what the kernel's descriptor-based mount calls have no word for.
  case ignored

  /// The meaning of every option string that is not a file system's own.
  ///
  /// The one table of them: parsing, error suggestions and `berth features` read it.
  package static let table: [(name: String, meaning: MountOption)] = {
    var table: [(name: String, meaning: MountOption)] = [
      ("bind", .bind(recursive: false)), ("rbind", .bind(recursive: true)), ("remount", .remount),
      ("idmap", .idMap(recursive: false)), ("ridmap", .idMap(recursive: true)), ("tmpcopyup", .copyUp),
      ("src-nofollow", .sourceLinkItself), ("dest-nofollow", .destinationLinkItself), ("copy-symlink", .copyLink),
      ("relatime", .clear(.accessTimeModes)), ("rrelatime", .clearRecursively(.accessTimeModes)),
    ]
    for name in ["defaults", "silent", "loud", "iversion", "noiversion", "norelatime", "rnorelatime"] {
      table.append((name, .ignored))
    }
    for flag in ["async", "dirsync", "lazytime", "mand", "nolazytime", "nomand", "sync"] {
      table.append((flag, .fileSystemFlag(flag)))
    }
    for type in Propagation.allCases {
      table.append((type.rawValue, .propagation(type, recursive: false)))
      table.append(("r" + type.rawValue, .propagation(type, recursive: true)))
    }
    for (name, opposite, attribute) in attributes {
      table.append((name, .set(attribute)))
      table.append((opposite, .clear(attribute)))
      table.append(("r" + name, .setRecursively(attribute)))
      table.append(("r" + opposite, .clearRecursively(attribute)))
    }
    return table
  }()

  private static var attributes: [(String, String, MountAttributes)] {
    [
      ("ro", "rw", .readOnly), ("nosuid", "suid", .noSetUserID), ("nodev", "dev", .noDevices),
      ("noexec", "exec", .noExecution), ("noatime", "atime", .noAccessTime),
      ("strictatime", "nostrictatime", .strictAccessTime), ("nodiratime", "diratime", .noDirectoryAccessTime),
      ("nosymfollow", "symfollow", .noSymbolicLinks),
    ]
  }

  /// Reads an option string; nil for what the table does not have.
  package init?(_ name: String) {
    guard let entry = Self.table.first(where: { $0.name == name }) else { return nil }
    self = entry.meaning
  }

  /// The known option that is nearest to a misspelt one, if any is near enough to be meant.
  package static func nearest(to name: String) -> String? {
    nearestName(to: name, among: table.map(\.name))
  }
}
