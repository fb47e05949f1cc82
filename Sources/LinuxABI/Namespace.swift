/// A type of Linux namespace: what a process may see apart from the rest of the machine.
///
/// The raw value is the OCI specification's name of the type (config-linux.md, "Namespaces").
package enum NamespaceType: String, CaseIterable, Hashable, Sendable, Codable {
  case user, mount, pid, network, ipc, uts, cgroup, time

  /// The flag of clone(2), unshare(2) and setns(2): `CLONE_NEWNS` for a mount namespace.
  package var cloneFlag: UInt64 {
    switch self {
    case .time: 0x80
    case .mount: 0x0002_0000
    case .cgroup: 0x0200_0000
    case .uts: 0x0400_0000
    case .ipc: 0x0800_0000
    case .user: 0x1000_0000
    case .pid: 0x2000_0000
    case .network: 0x4000_0000
    }
  }

  /// The name of the namespace's file in /proc/PID/ns, namespaces(7).
  package var procName: String {
    switch self {
    case .mount: "mnt"
    case .network: "net"
    case .user, .pid, .ipc, .uts, .cgroup, .time: rawValue
    }
  }

  /// The name that unshare(1) and nsenter(1) give to the type's option, without the dashes.
  package var unshareOption: String {
    self == .network ? "net" : rawValue
  }
}

/// A set of namespace types, as the flags of clone3(2).
///
/// Not Swift's `Set`: whose first use of a new element type searches the whole program for a conformance.
package struct NamespaceSet: Hashable, Sendable, ExpressibleByArrayLiteral {
  /// The flags of all members, as clone3(2) takes them.
  package private(set) var cloneFlags: UInt64 = 0

  package init(arrayLiteral types: NamespaceType...) { self.init(types) }

  package init(_ types: [NamespaceType]) {
    for type in types { insert(type) }
  }

  package var isEmpty: Bool { cloneFlags == 0 }

  /// The members in the order of `NamespaceType.allCases`.
  package var inOrder: [NamespaceType] { NamespaceType.allCases.filter(contains) }

  package func contains(_ type: NamespaceType) -> Bool { cloneFlags & type.cloneFlag != 0 }
  package mutating func insert(_ type: NamespaceType) { cloneFlags |= type.cloneFlag }
  package mutating func remove(_ type: NamespaceType) { cloneFlags &= ~type.cloneFlag }

  package func union(_ other: Self) -> Self {
    var result = self
    result.cloneFlags |= other.cloneFlags
    return result
  }

  package func removing(_ type: NamespaceType) -> Self {
    var result = self
    result.remove(type)
    return result
  }
}
