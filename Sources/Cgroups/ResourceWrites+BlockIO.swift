import OCISpec

extension ResourceWrites {
  /// Writes weights and rates of block devices, config-linux.md "Block IO".
  mutating func add(_ blockIO: Resources.BlockIO) {
    if let weight = blockIO.weight, weight != 0 { addWeight(weight, device: nil, "blockIO.weight") }
    if let weight = blockIO.leafWeight, weight != 0 { addLeafWeight(weight, device: nil, "blockIO.leafWeight") }
    for (index, entry) in (blockIO.weightDevice ?? []).enumerated() {
      let place = "blockIO.weightDevice[\(index)]"
      let device = "\(entry.major):\(entry.minor)"
      if let weight = entry.weight, weight != 0 { addWeight(weight, device: device, "\(place).weight") }
      if let weight = entry.leafWeight, weight != 0 { addLeafWeight(weight, device: device, "\(place).leafWeight") }
    }
    addRates(blockIO.throttleReadBpsDevice, "read_bps", "rbps", "throttleReadBpsDevice")
    addRates(blockIO.throttleWriteBpsDevice, "write_bps", "wbps", "throttleWriteBpsDevice")
    addRates(blockIO.throttleReadIOPSDevice, "read_iops", "riops", "throttleReadIOPSDevice")
    addRates(blockIO.throttleWriteIOPSDevice, "write_iops", "wiops", "throttleWriteIOPSDevice")
  }

  /// Writes a weight of 10 to 1000: of all devices, or of one. The BFQ scheduler counts, if the kernel has it.
  private mutating func addWeight(_ weight: UInt16, device: String?, _ place: String) {
    guard (10...1000).contains(weight) else {
      return problem(place, "\(weight) is out of range: a weight is 10 to 1000")
    }
    let prefix = device.map { "\($0) " } ?? ""
    switch version {
    case .v1:
      let suffix = device == nil ? "weight" : "weight_device"
      write(
        "blkio.\(suffix)",
        "\(prefix)\(weight)",
        place,
        alternative: .init("blkio.bfq.\(suffix)", "\(prefix)\(weight)")
      )
    case .v2:
      // io.weight goes from 1 to 10000. Where neither is there, weights of single devices have no meaning.
      let scaled = 1 + (UInt32(weight) - 10) * 9999 / 990
      write(
        "io.bfq.weight",
        "\(prefix)\(weight)",
        place,
        alternative: .init("io.weight", "\(prefix)\(scaled)"),
        isOptional: device != nil
      )
    }
  }

  private mutating func addLeafWeight(_ weight: UInt16, device: String?, _ place: String) {
    guard version == .v1 else { return ignore(place) }
    write(
      device == nil ? "blkio.leaf_weight" : "blkio.leaf_weight_device",
      (device.map { "\($0) " } ?? "") + "\(weight)",
      place
    )
  }

  private mutating func addRates(_ rates: [Resources.BlockIO.Rate]?, _ file: String, _ key: String, _ place: String) {
    for (index, rate) in (rates ?? []).enumerated() {
      let device = "\(rate.major):\(rate.minor)"
      let place = "blockIO.\(place)[\(index)]"
      switch version {
      case .v1: write("blkio.throttle.\(file)_device", "\(device) \(rate.rate)", place)
      // 0 removes the limit in version 1; version 2 has a word for it.
      case .v2: write("io.max", "\(device) \(key)=\(rate.rate == 0 ? "max" : "\(rate.rate)")", place)
      }
    }
  }
}
