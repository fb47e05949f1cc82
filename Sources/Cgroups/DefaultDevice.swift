/// A device that every container may use, config-linux.md "Default Devices", and what runtimes add to them.
package struct DefaultDevice: Hashable, Sendable {
  /// The device's file, for those that the specification names.
  package var path: String?
  package var match: DeviceMatch
  package var access: DeviceAccess

  private static func character(
    _ path: String?,
    _ major: UInt32?,
    _ minor: UInt32?,
    _ access: DeviceAccess = .all
  ) -> Self {
    Self(path: path, match: DeviceMatch(isBlock: false, major: major, minor: minor), access: access)
  }

  /// Nodes of any device may be made, which gives no way to use them.
  package static var all: [Self] {
    [
      character(nil, nil, nil, .mknod),
      Self(path: nil, match: DeviceMatch(isBlock: true, major: nil, minor: nil), access: .mknod),
      character("/dev/null", 1, 3),
      character("/dev/zero", 1, 5),
      character("/dev/full", 1, 7),
      character("/dev/random", 1, 8),
      character("/dev/urandom", 1, 9),
      character("/dev/tty", 5, 0),
      // The terminals of /dev/pts, the console among them, and /dev/pts/ptmx.
      character(nil, 136, nil),
      character(nil, 5, 2),
      // /dev/net/tun: Docker's users rely on it.
      character(nil, 10, 200),
    ]
  }
}
