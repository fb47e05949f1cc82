/// What a mount permits, apart from its file system: mount_setattr(2)'s `MOUNT_ATTR_*`.
package struct MountAttributes: OptionSet, Hashable, Sendable {
  package let rawValue: UInt64
  package init(rawValue: UInt64) { self.rawValue = rawValue }
  package init(arrayLiteral members: Self...) { rawValue = members.reduce(0) { $0 | $1.rawValue } }

  /// The corresponding C constant is `MOUNT_ATTR_RDONLY`.
  package static var readOnly: Self { Self(rawValue: 0x1) }
  /// The corresponding C constant is `MOUNT_ATTR_NOSUID`.
  package static var noSetUserID: Self { Self(rawValue: 0x2) }
  /// The corresponding C constant is `MOUNT_ATTR_NODEV`.
  package static var noDevices: Self { Self(rawValue: 0x4) }
  /// The corresponding C constant is `MOUNT_ATTR_NOEXEC`.
  package static var noExecution: Self { Self(rawValue: 0x8) }
  /// The corresponding C constant is `MOUNT_ATTR_NOATIME`.
  package static var noAccessTime: Self { Self(rawValue: 0x10) }
  /// The corresponding C constant is `MOUNT_ATTR_STRICTATIME`.
  package static var strictAccessTime: Self { Self(rawValue: 0x20) }
  /// The field of access-time modes; all of its bits clear is `relatime`. The C constant is `MOUNT_ATTR__ATIME`.
  package static var accessTimeModes: Self { Self(rawValue: 0x70) }
  /// The corresponding C constant is `MOUNT_ATTR_NODIRATIME`.
  package static var noDirectoryAccessTime: Self { Self(rawValue: 0x80) }
  /// The corresponding C constant is `MOUNT_ATTR_IDMAP`.
  package static var idMapped: Self { Self(rawValue: 0x10_0000) }
  /// The corresponding C constant is `MOUNT_ATTR_NOSYMFOLLOW`.
  package static var noSymbolicLinks: Self { Self(rawValue: 0x20_0000) }
}

extension MountAttributes: CustomStringConvertible, Codable {
  private static var names: [(Self, String)] {
    [
      (.readOnly, "ro"), (.noSetUserID, "nosuid"), (.noDevices, "nodev"), (.noExecution, "noexec"),
      (.noAccessTime, "noatime"), (.strictAccessTime, "strictatime"), (.noDirectoryAccessTime, "nodiratime"),
      (.noSymbolicLinks, "nosymfollow"),
    ]
  }

  /// The attribute that an option of mount(8) sets; none for any other option.
  package init(optionName: String) {
    self = Self.names.first { $0.1 == optionName }?.0 ?? []
  }

  /// The options of mount(8) that set these attributes, in a fixed order.
  package var optionNames: [String] { Self.names.compactMap { contains($0.0) ? $0.1 : nil } }

  /// The options of mount(8) that clear these attributes, in a fixed order.
  package var clearingOptionNames: [String] {
    var rest = self
    var names: [String] = []
    if contains(.accessTimeModes) {
      names.append("relatime")
      rest.subtract(.accessTimeModes)
    }
    return names + rest.optionNames.map(Self.opposite)
  }

  private static func opposite(_ name: String) -> String {
    switch name {
    case "ro": "rw"
    case "strictatime": "nostrictatime"
    default: String(name.dropFirst(2))
    }
  }

  package var description: String { optionNames.joined(separator: ",") }

  package init(from decoder: any Decoder) throws {
    let names = try decoder.singleValueContainer().decode([String].self)
    self = Self(Self.names.filter { names.contains($0.1) }.map(\.0))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(optionNames)
  }
}

/// How mounts and unmounts travel between a mount and its peers, mount_namespaces(7) "Shared subtrees".
package enum Propagation: String, CaseIterable, Hashable, Sendable, Codable {
  case `private`, slave, shared, unbindable

  /// The value that mount_setattr(2) takes: `MS_PRIVATE` and its like.
  package var rawFlag: UInt64 {
    switch self {
    case .unbindable: 1 << 17
    case .private: 1 << 18
    case .slave: 1 << 19
    case .shared: 1 << 20
    }
  }
}
