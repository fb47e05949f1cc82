extension Resources {
  /// What holds after an update: what it gives, and the rest as it was. 0 is no value where it means "not set".
  package func updated(by update: Resources) -> Resources {
    var result = self
    if let devices = update.devices { result.devices = devices }
    if let memory = update.memory { result.memory = (result.memory ?? Memory()).updated(by: memory) }
    if let cpu = update.cpu { result.cpu = (result.cpu ?? CPU()).updated(by: cpu) }
    if let limit = update.pids?.limit { result.pids = PIDs(limit: limit) }
    if let blockIO = update.blockIO { result.blockIO = (result.blockIO ?? BlockIO()).updated(by: blockIO) }
    for limit in update.hugepageLimits ?? [] {
      result.hugepageLimits = (result.hugepageLimits ?? []).filter { $0.pageSize != limit.pageSize } + [limit]
    }
    if let network = update.network {
      var merged = result.network ?? Network()
      merged.classID = network.classID.given ?? merged.classID
      merged.priorities = network.priorities ?? merged.priorities
      result.network = merged
    }
    if let rdma = update.rdma { result.rdma = (result.rdma ?? [:]).merging(rdma) { $1 } }
    if let unified = update.unified { result.unified = (result.unified ?? [:]).merging(unified) { $1 } }
    return result
  }
}

extension Resources.Memory {
  fileprivate func updated(by update: Self) -> Self {
    var result = self
    result.limit = update.limit.given ?? limit
    result.reservation = update.reservation.given ?? reservation
    // Without a limit of memory, none of memory and swap is left either, unless it is asked for.
    result.swap = update.swap.given ?? (update.limit == -1 ? nil : swap)
    result.kernel = update.kernel.given ?? kernel
    result.kernelTCP = update.kernelTCP.given ?? kernelTCP
    result.swappiness = update.swappiness ?? swappiness
    result.disableOOMKiller = update.disableOOMKiller ?? disableOOMKiller
    result.useHierarchy = update.useHierarchy ?? useHierarchy
    result.checkBeforeUpdate = update.checkBeforeUpdate ?? checkBeforeUpdate
    return result
  }
}

extension Resources.CPU {
  fileprivate func updated(by update: Self) -> Self {
    var result = self
    // What is idle has no weight: shares from before are not to be set again with it.
    result.shares = update.shares.given ?? (update.idle == nil ? shares : nil)
    result.quota = update.quota.given ?? quota
    result.period = update.period.given ?? period
    result.burst = update.burst ?? burst
    result.realtimeRuntime = update.realtimeRuntime.given ?? realtimeRuntime
    result.realtimePeriod = update.realtimePeriod.given ?? realtimePeriod
    result.cpus = update.cpus.flatMap { $0.isEmpty ? nil : $0 } ?? cpus
    result.mems = update.mems.flatMap { $0.isEmpty ? nil : $0 } ?? mems
    result.idle = update.idle ?? idle
    return result
  }
}

extension Resources.BlockIO {
  fileprivate func updated(by update: Self) -> Self {
    var result = self
    result.weight = update.weight.given ?? weight
    result.leafWeight = update.leafWeight.given ?? leafWeight
    for entry in update.weightDevice ?? [] {
      let old = (result.weightDevice ?? []).last { $0.major == entry.major && $0.minor == entry.minor }
      var merged = entry
      merged.weight = entry.weight ?? old?.weight
      merged.leafWeight = entry.leafWeight ?? old?.leafWeight
      result.weightDevice =
        (result.weightDevice ?? []).filter { $0.major != entry.major || $0.minor != entry.minor } + [merged]
    }
    result.throttleReadBpsDevice = Self.merge(throttleReadBpsDevice, update.throttleReadBpsDevice)
    result.throttleWriteBpsDevice = Self.merge(throttleWriteBpsDevice, update.throttleWriteBpsDevice)
    result.throttleReadIOPSDevice = Self.merge(throttleReadIOPSDevice, update.throttleReadIOPSDevice)
    result.throttleWriteIOPSDevice = Self.merge(throttleWriteIOPSDevice, update.throttleWriteIOPSDevice)
    return result
  }

  /// The rates with those of some devices replaced.
  private static func merge(_ old: [Rate]?, _ new: [Rate]?) -> [Rate]? {
    guard let new else { return old }
    return (old ?? []).filter { rate in !new.contains { $0.major == rate.major && $0.minor == rate.minor } } + new
  }
}

extension Optional where Wrapped: FixedWidthInteger {
  /// The number, unless it is the 0 that means "not set".
  fileprivate var given: Wrapped? { self == 0 ? nil : self }
}
