/// What a path names, from the file type bits of inode(7)'s mode.
package enum FileKind: Hashable, Sendable {
  case regular, directory, symbolicLink, characterDevice, blockDevice, fifo, socket

  /// The kind that a mode's type bits tell, or nil for bits that Linux does not use.
  package init?(mode: UInt32) {
    switch mode & 0o170000 {
    case 0o100000: self = .regular
    case 0o040000: self = .directory
    case 0o120000: self = .symbolicLink
    case 0o020000: self = .characterDevice
    case 0o060000: self = .blockDevice
    case 0o010000: self = .fifo
    case 0o140000: self = .socket
    default: return nil
    }
  }

  /// The type bits, as mknod(2) takes them.
  package var mode: UInt32 {
    switch self {
    case .regular: 0o100000
    case .directory: 0o040000
    case .symbolicLink: 0o120000
    case .characterDevice: 0o020000
    case .blockDevice: 0o060000
    case .fifo: 0o010000
    case .socket: 0o140000
    }
  }

  /// What it is, in words that go into a sentence.
  package var words: String {
    switch self {
    case .regular: "a regular file"
    case .directory: "a directory"
    case .symbolicLink: "a symbolic link"
    case .characterDevice: "a character device"
    case .blockDevice: "a block device"
    case .fifo: "a FIFO"
    case .socket: "a socket"
    }
  }
}

/// A device's numbers, makedev(3).
package struct DeviceNumber: Hashable, Sendable, Codable {
  package var major: UInt32
  package var minor: UInt32

  package init(major: UInt32, minor: UInt32) {
    self.major = major
    self.minor = minor
  }

  /// Reads `8:1`, as mountinfo has it.
  package init?(text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let major = UInt32(parts[0]), let minor = UInt32(parts[1]) else { return nil }
    self.init(major: major, minor: minor)
  }

  /// The number as mknod(2) takes it on Linux.
  package var encoded: UInt32 { (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12) }
}

/// The version of a running kernel, as uname(2) tells it.
package struct KernelVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
  package var major: Int
  package var minor: Int

  package init(major: Int, minor: Int) {
    self.major = major
    self.minor = minor
  }

  /// Reads the first two numbers of a release: `6.1.0-18-amd64`.
  package init?(release: String) {
    let parts = release.split(whereSeparator: { !$0.isNumber })
    guard parts.count >= 2, let major = Int(parts[0]), let minor = Int(parts[1]) else { return nil }
    self.init(major: major, minor: minor)
  }

  package static func < (left: Self, right: Self) -> Bool {
    (left.major, left.minor) < (right.major, right.minor)
  }

  package var description: String { "\(major).\(minor)" }
}
