package import JSON

/// What is particular to Linux, config-linux.md.
package struct Linux: Encodable, Hashable, Sendable {
  package var namespaces: [Namespace]?
  package var uidMappings: [IDMappingSpec]?
  package var gidMappings: [IDMappingSpec]?
  package var timeOffsets: [String: TimeOffset]?
  package var sysctl: [String: String]?
  package var rootfsPropagation: String?
  package var maskedPaths: [String]?
  package var readonlyPaths: [String]?
  package var devices: [Device]?
  /// The host's interfaces that the container gets, by their names on the host.
  package var netDevices: [String: NetworkDevice]?
  package var cgroupsPath: String?
  package var resources: Resources?
  package var intelRdt: IntelRdt?
  package var memoryPolicy: MemoryPolicy?
  package var mountLabel: String?
  package var personality: Personality?
  package var seccomp: Seccomp?

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

  package init(_ json: inout JSONReader) {
    self.init(
      namespaces: json.objects("namespaces", Namespace.init),
      uidMappings: json.objects("uidMappings", IDMappingSpec.init),
      gidMappings: json.objects("gidMappings", IDMappingSpec.init),
      sysctl: json.texts("sysctl"),
      rootfsPropagation: json.string("rootfsPropagation").flatMap { $0.isEmpty ? nil : $0 },
      maskedPaths: json.strings("maskedPaths"),
      readonlyPaths: json.strings("readonlyPaths")
    )
    if let offsets = json.namedObjects("timeOffsets", TimeOffset.init) {
      timeOffsets = [:]
      for (clock, offset) in offsets { timeOffsets?[clock] = offset }
    }
    devices = json.objects("devices", Device.init)
    if let interfaces = json.namedObjects("netDevices", NetworkDevice.init) {
      netDevices = [:]
      for (name, device) in interfaces { netDevices?[name] = device }
    }
    cgroupsPath = json.string("cgroupsPath")
    resources = json.object("resources", Resources.init)
    intelRdt = json.object("intelRdt", IntelRdt.init)
    memoryPolicy = json.object("memoryPolicy", MemoryPolicy.init)
    mountLabel = json.string("mountLabel")
    personality = json.object("personality", Personality.init)
    seccomp = json.object("seccomp", Seccomp.init)
  }

  /// A namespace that is made, or with a path joined, config-linux.md "Namespaces".
  package struct Namespace: Encodable, Hashable, Sendable {
    package var type: String
    package var path: String?

    package init(type: String, path: String? = nil) {
      self.type = type
      self.path = path
    }

    package init(_ json: inout JSONReader) {
      self.init(type: json.required("type") ?? "", path: json.string("path"))
    }
  }

  /// How far a clock of a time namespace is from the host's, config-linux.md "Offset for Time Namespace".
  package struct TimeOffset: Encodable, Hashable, Sendable {
    package var secs: Int64?
    package var nanosecs: UInt32?

    package init(secs: Int64? = nil, nanosecs: UInt32? = nil) {
      self.secs = secs
      self.nanosecs = nanosecs
    }

    package init(_ json: inout JSONReader) {
      self.init(secs: json.integer("secs"), nanosecs: json.integer("nanosecs"))
    }
  }
}
