package import Cgroups

/// A driver's name for a major number, /proc/devices.
package struct DeviceDriver: Hashable, Sendable {
  package var isBlock: Bool
  package var major: UInt32
  package var name: String

  /// Reads /proc/devices, proc(5).
  package static func parse(_ text: String) -> [DeviceDriver] {
    var isBlock = false
    var drivers: [DeviceDriver] = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words == ["Block", "devices:"] { isBlock = true }
      guard words.count == 2, let major = UInt32(words[0]) else { continue }
      drivers.append(DeviceDriver(isBlock: isBlock, major: major, name: String(words[1])))
    }
    return drivers
  }
}

extension UnitProperty {
  /// A device policy as systemd knows one: nothing but a list, systemd.resource-control(5) "DeviceAllow=".
  ///
  /// Its list has no way to forbid some devices and allow all others, and names no minor number of any major one: of
  /// such policies it is not told.
  package static func devices(_ policy: DevicePolicy, drivers: [DeviceDriver]) -> [UnitProperty] {
    let allowed = DBusValue.array(
      of: "(ss)",
      policy.allowsByDefault ? [] : policy.exceptions.compactMap { rule($0, drivers) }
    )
    return [
      UnitProperty("DevicePolicy", .string(policy.allowsByDefault ? "auto" : "strict")),
      UnitProperty("DeviceAllow", allowed),
    ]
  }

  private static func rule(_ exception: DevicePolicy.Exception, _ drivers: [DeviceDriver]) -> DBusValue? {
    let match = exception.match
    let kind = match.isBlock ? "block" : "char"
    let node: String? =
      switch (match.major, match.minor) {
      case (let major?, let minor?): "/dev/\(kind)/\(major):\(minor)"
      case (let major?, nil):
        drivers.first { $0.isBlock == match.isBlock && $0.major == major }.map { "\(kind)-\($0.name)" }
      case (nil, nil): "\(kind)-*"
      case (nil, _?): nil
      }
    return node.map { .structure([.string($0), .string("\(exception.access)")]) }
  }
}
