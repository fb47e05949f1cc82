/// A range of ids inside a user namespace and the ids outside that they stand for, user_namespaces(7).
package struct IDMapping: Hashable, Sendable, Codable {
  package var containerID: UInt32
  package var hostID: UInt32
  package var size: UInt32

  package init(containerID: UInt32, hostID: UInt32, size: UInt32) {
    self.containerID = containerID
    self.hostID = hostID
    self.size = size
  }

  /// Whether the id inside is one of the range's.
  package func contains(_ id: UInt32) -> Bool { id >= containerID && id - containerID < size }
}

/// The two maps of a user namespace.
package struct IDMappings: Hashable, Sendable, Codable {
  package var users: [IDMapping]
  package var groups: [IDMapping]

  package init(users: [IDMapping], groups: [IDMapping]) {
    self.users = users
    self.groups = groups
  }
}

extension [IDMapping] {
  /// The lines of /proc/PID/uid_map and gid_map.
  package var procText: String {
    map { "\($0.containerID) \($0.hostID) \($0.size)\n" }.joined()
  }

  /// Reads the lines of /proc/PID/uid_map and gid_map.
  package init(procText bytes: [UInt8]) {
    self.init()
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let numbers = line.split(separator: " ").compactMap { UInt32($0) }
      if numbers.count == 3 { append(IDMapping(containerID: numbers[0], hostID: numbers[1], size: numbers[2])) }
    }
  }

  /// Whether an id inside has an id outside.
  package func maps(_ id: UInt32) -> Bool { contains { $0.contains(id) } }
}
