package import JSON

/// A mount beyond the root, config.md "Mounts".
package struct Mount: Encodable, Hashable, Sendable {
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

  package init(_ json: inout JSONReader) {
    self.init(
      destination: json.required("destination") ?? "",
      type: json.string("type"),
      source: json.string("source"),
      options: json.strings("options"),
      uidMappings: json.objects("uidMappings", IDMappingSpec.init),
      gidMappings: json.objects("gidMappings", IDMappingSpec.init)
    )
  }
}

/// A range of ids and what they stand for outside, config-linux.md "User namespace mappings".
package struct IDMappingSpec: Encodable, Hashable, Sendable {
  package var containerID: UInt32
  package var hostID: UInt32
  package var size: UInt32

  package init(containerID: UInt32, hostID: UInt32, size: UInt32) {
    self.containerID = containerID
    self.hostID = hostID
    self.size = size
  }

  package init(_ json: inout JSONReader) {
    self.init(
      containerID: json.integer("containerID") ?? 0,
      hostID: json.integer("hostID") ?? 0,
      size: json.integer("size") ?? 0
    )
  }
}
