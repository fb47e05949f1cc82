package import JSON

/// What a container may use and how much of it, config-linux.md "Control groups"; also what `update` is given.
package struct Resources: Encodable, Hashable, Sendable {
  package var devices: [DeviceRule]?
  package var memory: Memory?
  package var cpu: CPU?
  package var pids: PIDs?
  package var blockIO: BlockIO?
  package var hugepageLimits: [HugepageLimit]?
  package var network: Network?
  package var rdma: [String: RDMA]?
  /// Files of a version 2 cgroup, and what is written to them.
  package var unified: [String: String]?

  package init() {}

  package init(_ json: inout JSONReader) {
    devices = json.objects("devices", DeviceRule.init)
    memory = json.object("memory", Memory.init)
    cpu = json.object("cpu", CPU.init)
    pids = json.object("pids", PIDs.init)
    blockIO = json.object("blockIO", BlockIO.init)
    hugepageLimits = json.objects("hugepageLimits", HugepageLimit.init)
    network = json.object("network", Network.init)
    if let entries = json.namedObjects("rdma", RDMA.init) {
      rdma = [:]
      for (device, limits) in entries { rdma?[device] = limits }
    }
    unified = json.texts("unified")
  }

  /// Which devices may be used, config-linux.md "Allowed Device list". A number that is absent stands for all.
  package struct DeviceRule: Encodable, Hashable, Sendable {
    package var allow: Bool
    /// `a` all, `b` block, `c` character; all if absent.
    package var type: String?
    package var major: Int64?
    package var minor: Int64?
    /// Of the letters `r`, `w` and `m`, for mknod.
    package var access: String?

    package init(allow: Bool, type: String? = nil, major: Int64? = nil, minor: Int64? = nil, access: String? = nil) {
      self.allow = allow
      self.type = type
      self.major = major
      self.minor = minor
      self.access = access
    }

    package init(_ json: inout JSONReader) {
      self.init(
        allow: json.bool("allow") ?? false,
        type: json.string("type"),
        major: json.integer("major"),
        minor: json.integer("minor"),
        access: json.string("access")
      )
    }
  }

  /// Limits in bytes, config-linux.md "Memory". -1 is no limit.
  package struct Memory: Encodable, Hashable, Sendable {
    package var limit: Int64?
    package var reservation: Int64?
    /// Of memory and swap together.
    package var swap: Int64?
    package var kernel: Int64?
    package var kernelTCP: Int64?
    package var swappiness: UInt64?
    package var disableOOMKiller: Bool?
    package var useHierarchy: Bool?
    package var checkBeforeUpdate: Bool?

    package init() {}

    package init(_ json: inout JSONReader) {
      limit = json.integer("limit")
      reservation = json.integer("reservation")
      swap = json.integer("swap")
      kernel = json.integer("kernel")
      kernelTCP = json.integer("kernelTCP")
      swappiness = json.integer("swappiness")
      disableOOMKiller = json.bool("disableOOMKiller")
      useHierarchy = json.bool("useHierarchy")
      checkBeforeUpdate = json.bool("checkBeforeUpdate")
    }
  }

  /// Shares and quotas of processor time, and which processors, config-linux.md "CPU". Times are in microseconds.
  package struct CPU: Encodable, Hashable, Sendable {
    package var shares: UInt64?
    package var quota: Int64?
    package var burst: UInt64?
    package var period: UInt64?
    package var realtimeRuntime: Int64?
    package var realtimePeriod: UInt64?
    package var cpus: String?
    package var mems: String?
    package var idle: Int64?

    package init() {}

    package init(_ json: inout JSONReader) {
      shares = json.integer("shares")
      quota = json.integer("quota")
      burst = json.integer("burst")
      period = json.integer("period")
      realtimeRuntime = json.integer("realtimeRuntime")
      realtimePeriod = json.integer("realtimePeriod")
      cpus = json.string("cpus")
      mems = json.string("mems")
      idle = json.integer("idle")
    }
  }
}
