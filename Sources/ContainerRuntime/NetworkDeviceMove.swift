import ContainerPlan
import LinuxABI
import LinuxSyscalls
import NamespaceJoining
import SystemPackage

/// Takes interfaces of the host into a container's network namespace, config-linux.md "Network Devices".
struct NetworkDeviceMove: ~Copyable {
  private let outside: Descriptor
  private let inside: Descriptor
  private let namespace: FileDescriptor

  /// - Parameter namespace: the container's network namespace, an nsfs descriptor.
  init(into namespace: FileDescriptor, as program: SealedProgram) throws(InitFailure) {
    let outside = try attempt(.network, "open the network of the host") { () throws(Errno) in try Syscall.routeSocket()
    }
    // A socket stays with the namespace that it was made in: this process is there for no longer than that.
    let inside = try attempt(.network, "open the network of the container") { () throws(Errno) in
      let own = try Syscall.open("/proc/self/ns/net", [])
      try program.join(namespace, type: .network)
      let socket: Result<CInt, Errno>
      do throws(Errno) {
        socket = .success(try Syscall.routeSocket().release())
      } catch {
        socket = .failure(error)
      }
      try OwnNamespace.enter(own.borrowed, type: .network)
      return Descriptor(owning: try socket.get())
    }
    self.namespace = namespace
    self.outside = outside
    self.inside = inside
  }

  /// Moves interfaces into the network namespace of a process.
  static func move(
    _ devices: [NetworkDevicePlan],
    toNetworkOf processID: Int32,
    as program: SealedProgram
  ) throws(InitFailure) {
    if devices.isEmpty { return }
    let namespace = try attempt(.network, "open the network namespace of the container") { () throws(Errno) in
      try Syscall.open("/proc/\(processID)/ns/net", [])
    }
    let move = try NetworkDeviceMove(into: namespace.borrowed, as: program)
    for device in devices { try move.move(device) }
  }

  /// Moves an interface, with its permanent addresses that are valid everywhere, and brings it up.
  func move(_ device: NetworkDevicePlan) throws(InitFailure) {
    let place = "linux.netDevices.\(device.hostName)"
    let index = try attempt(.network, "\(place): find it on the host") { () throws(Errno) in
      try Self.index(of: device.hostName, outside.borrowed)
    }
    let addresses = try attempt(.network, "\(place): read its addresses") { () throws(Errno) in
      try Self.addresses(of: index, outside.borrowed)
    }
    // On its way an interface is brought down, and so loses its addresses. The name is given in the same step.
    try attempt(.network, "\(place): move it into the container as \(device.name)") { () throws(Errno) in
      let attributes: [RouteMessage.Attribute] = [
        .number(28, UInt32(namespace.rawValue)), .text(3, device.name),  // IFLA_NET_NS_FD, IFLA_IFNAME
      ]
      _ = try Syscall.ask(
        RouteMessage(.newLink, [.request, .acknowledge], head: RouteMessage.linkHead(index: index), attributes),
        outside.borrowed
      )
    }
    try settle(device, place, addresses)
  }

  private func settle(
    _ device: NetworkDevicePlan,
    _ place: String,
    _ addresses: [RouteMessage]
  ) throws(InitFailure) {
    // Another number may be its own in the container.
    let index = try attempt(.network, "\(place): find it in the container as \(device.name)") { () throws(Errno) in
      try Self.index(of: device.name, inside.borrowed)
    }
    for address in addresses {
      try attempt(.network, "\(place): give it its address") { () throws(Errno) in
        _ = try Syscall.ask(Self.addition(of: address, to: index), inside.borrowed)
      }
    }
    try attempt(.network, "\(place): bring it up") { () throws(Errno) in
      let head = RouteMessage.linkHead(index: index, flags: 1, changing: 1)  // IFF_UP
      _ = try Syscall.ask(RouteMessage(.newLink, [.request, .acknowledge], head: head), inside.borrowed)
    }
  }

  private static func index(of name: String, _ socket: FileDescriptor) throws(Errno) -> UInt32 {
    let request = RouteMessage(
      .getLink,
      [.request, .acknowledge],
      head: RouteMessage.linkHead(),
      [.text(3, name)]  // IFLA_IFNAME
    )
    guard let link = try Syscall.ask(request, socket).first else { throw Errno(rawValue: 19) }  // ENODEV
    return link.number(at: 4)
  }

  /// An interface's addresses that the container keeps: permanent ones, IFA_F_PERMANENT, of RT_SCOPE_UNIVERSE.
  private static func addresses(of index: UInt32, _ socket: FileDescriptor) throws(Errno) -> [RouteMessage] {
    let request = RouteMessage(.getAddress, [.request, .dump], head: [UInt8](repeating: 0, count: 8))
    return try Syscall.ask(request, socket).filter { address in
      // struct ifaddrmsg: u8 family, prefix length, flags, scope; u32 index.
      address.number(at: 4) == index && address.head[3] == 0 && flags(of: address) & 0x80 != 0
    }
  }

  private static func flags(of address: RouteMessage) -> UInt32 {
    address.value(8).map { RouteMessage.number($0) } ?? UInt32(address.head[2])  // IFA_FLAGS
  }

  private static func addition(of address: RouteMessage, to index: UInt32) -> RouteMessage {
    let head = Array(address.head[..<2]) + [0, 0] + (0..<4).map { UInt8(truncatingIfNeeded: index >> ($0 * 8)) }
    // IFA_ADDRESS, IFA_LOCAL, IFA_BROADCAST; the label is made of the old name, and the rest is the kernel's.
    var attributes = address.attributes.filter { [1, 2, 4].contains($0.kind) }
    attributes.append(.number(8, flags(of: address) & 0x200))  // IFA_F_NOPREFIXROUTE
    return RouteMessage(.newAddress, [.request, .acknowledge, .create, .exclusive], head: head, attributes)
  }
}
