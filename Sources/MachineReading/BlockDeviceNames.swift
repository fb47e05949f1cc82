import LinuxABI
import LinuxSyscalls

/// What udev(7) calls the block devices, by the links of a directory of /dev/disk: `by-label`, `by-uuid` and so on.
package enum BlockDeviceNames {
  /// The names, by the devices' numbers as mountinfo writes them. Empty where there is no such directory.
  package static func read(_ directory: String) -> [String: String] {
    guard let links = try? Syscall.open("/dev/disk/" + directory, .directory),
      let entries = try? Syscall.entries(of: links.borrowed)
    else { return [:] }
    var names: [String: String] = [:]
    for entry in entries {
      // A link whose device is gone names nothing.
      guard let status = try? Syscall.status(path: "/dev/disk/\(directory)/\(entry.name)"), status.kind == .blockDevice
      else {
        continue
      }
      names["\(status.device.major):\(status.device.minor)"] = unescaped(entry.name)
    }
    return names
  }

  /// A name without the escapes that udev makes of other than plain characters: `\x20`.
  private static func unescaped(_ name: String) -> String {
    var bytes: [UInt8] = []
    var rest = Substring(name)
    while let character = rest.popFirst() {
      guard character == "\\", rest.first == "x", let byte = UInt8(rest.dropFirst().prefix(2), radix: 16) else {
        bytes += Array(String(character).utf8)
        continue
      }
      bytes.append(byte)
      rest = rest.dropFirst(3)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
