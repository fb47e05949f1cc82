/// What is particular to Linux, config-linux.md.
package struct Linux: Codable, Hashable, Sendable {
  package var namespaces: [Namespace]?
  package var uidMappings: [IDMappingSpec]?
  package var gidMappings: [IDMappingSpec]?
  package var timeOffsets: [String: TimeOffset]?
  package var sysctl: [String: String]?
  package var rootfsPropagation: String?
  package var maskedPaths: [String]?
  package var readonlyPaths: [String]?

  package init(
    namespaces: [Namespace]? = nil,
    uidMappings: [IDMappingSpec]? = nil,
    gidMappings: [IDMappingSpec]? = nil,
    timeOffsets: [String: TimeOffset]? = nil,
    sysctl: [String: String]? = nil,
    rootfsPropagation: String? = nil,
    maskedPaths: [String]? = nil,
    readonlyPaths: [String]? = nil
  ) {
    self.namespaces = namespaces
    self.uidMappings = uidMappings
    self.gidMappings = gidMappings
    self.timeOffsets = timeOffsets
    self.sysctl = sysctl
    self.rootfsPropagation = rootfsPropagation
    self.maskedPaths = maskedPaths
    self.readonlyPaths = readonlyPaths
  }

  /// A namespace that is made, or with a path joined, config-linux.md "Namespaces".
  package struct Namespace: Codable, Hashable, Sendable {
    package var type: String
    package var path: String?

    package init(type: String, path: String? = nil) {
      self.type = type
      self.path = path
    }
  }

  /// How far a clock of a time namespace is from the host's, config-linux.md "Offset for Time Namespace".
  package struct TimeOffset: Codable, Hashable, Sendable {
    package var secs: Int64?
    package var nanosecs: UInt32?

    package init(secs: Int64? = nil, nanosecs: UInt32? = nil) {
      self.secs = secs
      self.nanosecs = nanosecs
    }
  }
}
