/// Where a D-Bus server listens, D-Bus specification "Server Addresses".
package struct DBusAddress: Hashable, Sendable {
  /// The socket's path.
  package var path: String
  /// Whether a bus is there, which passes messages on; or else systemd itself.
  package var isBus: Bool

  /// Where systemd can be asked, the best first: its own socket needs no bus, and is root's or the user's alone.
  ///
  /// - Parameter isOfUser: whether it is the user's own systemd, or the system's.
  package static func all(isOfUser: Bool, environment: [String]) -> [DBusAddress] {
    guard isOfUser else {
      return [
        DBusAddress(path: "/run/systemd/private", isBus: false),
        DBusAddress(path: "/run/dbus/system_bus_socket", isBus: true),
      ]
    }
    var addresses: [DBusAddress] = []
    let directory = value(of: "XDG_RUNTIME_DIR", environment)
    if let directory { addresses.append(DBusAddress(path: directory + "/systemd/private", isBus: false)) }
    for address in value(of: "DBUS_SESSION_BUS_ADDRESS", environment)?.split(separator: ";") ?? [] {
      if let path = unixPath(address) { addresses.append(DBusAddress(path: path, isBus: true)) }
    }
    if let directory { addresses.append(DBusAddress(path: directory + "/bus", isBus: true)) }
    return addresses
  }

  private static func value(of name: String, _ environment: [String]) -> String? {
    let value = environment.last { $0.hasPrefix(name + "=") }?.dropFirst(name.count + 1)
    return value?.isEmpty ?? true ? nil : value.map(String.init)
  }

  /// The path in an address such as `unix:path=/run/user/1000/bus,guid=...`; bytes may be escaped as `%2f`.
  private static func unixPath(_ address: Substring) -> String? {
    guard address.hasPrefix("unix:") else { return nil }
    let entries = address.dropFirst("unix:".count).split(separator: ",")
    guard let path = entries.first(where: { $0.hasPrefix("path=") })?.dropFirst("path=".count) else { return nil }
    var bytes: [UInt8] = []
    var rest = Array(path.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), let escaped = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
        bytes.append(escaped)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
