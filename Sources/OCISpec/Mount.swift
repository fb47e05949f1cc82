/// A mount beyond the root, config.md "Mounts".
package struct Mount: Codable, Hashable, Sendable {
  package var destination: String
  package var type: String?
  package var source: String?
  package var options: [String]?
  package var uidMappings: [IDMappingSpec]?
  package var gidMappings: [IDMappingSpec]?

  package init(
    destination: String,
    type: String? = nil,
    source: String? = nil,
    options: [String]? = nil,
    uidMappings: [IDMappingSpec]? = nil,
    gidMappings: [IDMappingSpec]? = nil
  ) {
    self.destination = destination
    self.type = type
    self.source = source
    self.options = options
    self.uidMappings = uidMappings
    self.gidMappings = gidMappings
  }
}

/// A range of ids and what they stand for outside, config-linux.md "User namespace mappings".
package struct IDMappingSpec: Codable, Hashable, Sendable {
  package var containerID: UInt32
  package var hostID: UInt32
  package var size: UInt32

  package init(containerID: UInt32, hostID: UInt32, size: UInt32) {
    self.containerID = containerID
    self.hostID = hostID
    self.size = size
  }
}
