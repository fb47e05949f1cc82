package import JSON

extension Resources {
  /// How many tasks there may be, config-linux.md "PIDs". -1 is no limit.
  package struct PIDs: Encodable, Hashable, Sendable {
    package var limit: Int64?

    package init(limit: Int64? = nil) { self.limit = limit }

    package init(_ json: inout JSONReader) { self.init(limit: json.integer("limit")) }
  }

  /// Weights and rates of block devices, config-linux.md "Block IO".
  package struct BlockIO: Encodable, Hashable, Sendable {
    package var weight: UInt16?
    package var leafWeight: UInt16?
    package var weightDevice: [Weight]?
    package var throttleReadBpsDevice: [Rate]?
    package var throttleWriteBpsDevice: [Rate]?
    package var throttleReadIOPSDevice: [Rate]?
    package var throttleWriteIOPSDevice: [Rate]?

    package init() {}

    package init(_ json: inout JSONReader) {
      weight = json.integer("weight")
      leafWeight = json.integer("leafWeight")
      weightDevice = json.objects("weightDevice", Weight.init)
      throttleReadBpsDevice = json.objects("throttleReadBpsDevice", Rate.init)
      throttleWriteBpsDevice = json.objects("throttleWriteBpsDevice", Rate.init)
      throttleReadIOPSDevice = json.objects("throttleReadIOPSDevice", Rate.init)
      throttleWriteIOPSDevice = json.objects("throttleWriteIOPSDevice", Rate.init)
    }

    /// The weight of one device.
    package struct Weight: Encodable, Hashable, Sendable {
      package var major: Int64
      package var minor: Int64
      package var weight: UInt16?
      package var leafWeight: UInt16?

      package init(major: Int64, minor: Int64, weight: UInt16? = nil, leafWeight: UInt16? = nil) {
        self.major = major
        self.minor = minor
        self.weight = weight
        self.leafWeight = leafWeight
      }

      package init(_ json: inout JSONReader) {
        self.init(
          major: json.required("major", as: Int64.self) ?? 0,
          minor: json.required("minor", as: Int64.self) ?? 0,
          weight: json.integer("weight"),
          leafWeight: json.integer("leafWeight")
        )
      }
    }

    /// The rate that one device may be used with: bytes or operations in a second.
    package struct Rate: Encodable, Hashable, Sendable {
      package var major: Int64
      package var minor: Int64
      package var rate: UInt64

      package init(major: Int64, minor: Int64, rate: UInt64) {
        self.major = major
        self.minor = minor
        self.rate = rate
      }

      package init(_ json: inout JSONReader) {
        self.init(
          major: json.required("major", as: Int64.self) ?? 0,
          minor: json.required("minor", as: Int64.self) ?? 0,
          rate: json.required("rate", as: UInt64.self) ?? 0
        )
      }
    }
  }

  /// How much of huge pages of one size, config-linux.md "Huge page limits".
  package struct HugepageLimit: Encodable, Hashable, Sendable {
    /// `64KB`, `2MB` or `1GB`.
    package var pageSize: String
    package var limit: UInt64

    package init(pageSize: String, limit: UInt64) {
      self.pageSize = pageSize
      self.limit = limit
    }

    package init(_ json: inout JSONReader) {
      self.init(pageSize: json.required("pageSize") ?? "", limit: json.required("limit", as: UInt64.self) ?? 0)
    }
  }

  /// How packets are marked, config-linux.md "Network".
  package struct Network: Encodable, Hashable, Sendable {
    package var classID: UInt32?
    package var priorities: [Priority]?

    package init() {}

    package init(_ json: inout JSONReader) {
      classID = json.integer("classID")
      priorities = json.objects("priorities", Priority.init)
    }

    /// The priority of packets that leave by one interface.
    package struct Priority: Encodable, Hashable, Sendable {
      package var name: String
      package var priority: UInt32

      package init(name: String, priority: UInt32) {
        self.name = name
        self.priority = priority
      }

      package init(_ json: inout JSONReader) {
        self.init(name: json.required("name") ?? "", priority: json.required("priority", as: UInt32.self) ?? 0)
      }
    }
  }

  /// Limits of one RDMA device, config-linux.md "RDMA".
  package struct RDMA: Encodable, Hashable, Sendable {
    package var hcaHandles: UInt32?
    package var hcaObjects: UInt32?

    package init(hcaHandles: UInt32? = nil, hcaObjects: UInt32? = nil) {
      self.hcaHandles = hcaHandles
      self.hcaObjects = hcaObjects
    }

    package init(_ json: inout JSONReader) {
      self.init(hcaHandles: json.integer("hcaHandles"), hcaObjects: json.integer("hcaObjects"))
    }
  }
}
