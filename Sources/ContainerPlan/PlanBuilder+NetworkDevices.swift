import LinuxABI
import OCISpec

/// An interface of the host that the container gets.
package struct NetworkDevicePlan: Hashable, Sendable {
  package var hostName: String
  /// Its name in the container.
  package var name: String

  package init(hostName: String, name: String) {
    self.hostName = hostName
    self.name = name
  }
}

extension PlanBuilder {
  /// The interfaces that move into the container, config-linux.md "Network Devices".
  mutating func planNetworkDevices() {
    guard let devices = spec.linux?.netDevices, !devices.isEmpty else { return }
    if !plan.created.contains(.network), !plan.joined.contains(where: { $0.type == .network }) {
      problem("linux.netDevices", "an interface can only be moved into a network namespace of the container's")
    }
    if !host.caller.isPrivileged || host.caller.isRootless {
      problem("linux.netDevices", "only root can take an interface from the host")
    }
    var names: [String] = []
    for (hostName, device) in devices.sorted(by: { $0.key < $1.key }) {
      let path = "linux.netDevices.\(hostName)"
      let name = device.name.flatMap { $0.isEmpty ? nil : $0 } ?? hostName
      if !Self.isInterfaceName(hostName) { problem(path, "\"\(hostName)\" cannot be the name of an interface") }
      if name != hostName, !Self.isInterfaceName(name) {
        problem("\(path).name", "\"\(name)\" cannot be the name of an interface")
      }
      if names.contains(name) || name == "lo" {
        problem("\(path).name", "there is an interface \(name) in the container already")
      }
      names.append(name)
      plan.networkDevices.append(NetworkDevicePlan(hostName: hostName, name: name))
    }
  }

  /// What the kernel takes as a name, netdevice(7): 15 bytes, no slash, colon or space. With % it would choose a number.
  private static func isInterfaceName(_ name: String) -> Bool {
    guard (1...15).contains(name.utf8.count), name != ".", name != ".." else { return false }
    return name.utf8.allSatisfy { byte in
      byte > 0x20 && byte != 0x7f && ![UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "%")].contains(byte)
    }
  }
}
