package import JSON

extension Linux {
  /// A device that the container has, config-linux.md "Devices".
  package struct Device: Encodable, Hashable, Sendable {
    /// `c`, `u`, `b` or `p`, mknod(1).
    package var type: String
    package var path: String
    package var major: Int64?
    package var minor: Int64?
    package var fileMode: UInt32?
    package var uid: UInt32?
    package var gid: UInt32?

    package init(_ json: inout JSONReader) {
      type = json.required("type") ?? ""
      path = json.required("path") ?? ""
      major = json.integer("major")
      minor = json.integer("minor")
      fileMode = json.integer("fileMode")
      uid = json.integer("uid")
      gid = json.integer("gid")
    }
  }

  /// An interface of the host that moves into the container, config-linux.md "Network Devices".
  package struct NetworkDevice: Encodable, Hashable, Sendable {
    /// Its name there; without one, that of the host.
    package var name: String?

    package init(name: String? = nil) { self.name = name }

    package init(_ json: inout JSONReader) { name = json.string("name") }
  }

  /// Cache and memory bandwidth by resctrl, config-linux.md "IntelRdt".
  package struct IntelRdt: Encodable, Hashable, Sendable {
    package var closID: String?
    package var schemata: [String]?
    package var l3CacheSchema: String?
    package var memBwSchema: String?
    package var enableMonitoring: Bool?

    package init(_ json: inout JSONReader) {
      closID = json.string("closID")
      schemata = json.strings("schemata")
      l3CacheSchema = json.string("l3CacheSchema")
      memBwSchema = json.string("memBwSchema")
      enableMonitoring = json.bool("enableMonitoring")
    }
  }

  /// On which nodes memory is taken, set_mempolicy(2).
  package struct MemoryPolicy: Encodable, Hashable, Sendable {
    package var mode: String
    package var nodes: String?
    package var flags: [String]?

    package init(_ json: inout JSONReader) {
      mode = json.string("mode") ?? ""  // The plan tells, with those that there are.
      nodes = json.string("nodes")
      flags = json.strings("flags")
    }
  }

  /// The execution domain, personality(2).
  package struct Personality: Encodable, Hashable, Sendable {
    package var domain: String
    package var flags: [String]?

    package init(_ json: inout JSONReader) {
      domain = json.required("domain") ?? ""
      flags = json.strings("flags")
    }
  }
}
