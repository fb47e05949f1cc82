package import Cgroups
import LinuxABI

extension UnitProperty {
  /// The limits among writes to a cgroup that systemd has properties for, systemd.resource-control(5).
  ///
  /// systemd writes what it knows again whenever it reloads; the rest it leaves alone.
  package static func limits(_ writes: [CgroupWrite], version: CgroupVersion) -> [UnitProperty] {
    let files = writes.map { ($0.file, $0.text) }
    let limits = files.flatMap { file, text in
      switch version {
      case .v1: version1(file, text)
      case .v2: version2(file, text)
      }
    }
    return limits + (version == .v1 ? quota(version1: files) : [])
  }

  private static func version1(_ file: String, _ text: String) -> [UnitProperty] {
    switch file {
    case "cpu.shares": number("CPUShares", text)
    case "memory.limit_in_bytes": number("MemoryLimit", text)
    case "blkio.weight": number("BlockIOWeight", text)
    case "pids.max": number("TasksMax", text)
    default: []
    }
  }

  private static func version2(_ file: String, _ text: String) -> [UnitProperty] {
    switch file {
    case "cpu.weight": number("CPUWeight", text)
    case "cpu.max":
      quota(version2: text.split(separator: " "))
    case "cpuset.cpus": bits("AllowedCPUs", text)
    case "cpuset.mems": bits("AllowedMemoryNodes", text)
    case "io.weight": number("IOWeight", text)
    case "memory.min": number("MemoryMin", text)
    case "memory.low": number("MemoryLow", text)
    case "memory.high": number("MemoryHigh", text)
    case "memory.max": number("MemoryMax", text)
    case "memory.swap.max": number("MemorySwapMax", text)
    case "pids.max": number("TasksMax", text)
    default: []
    }
  }

  /// A number of a file; `max`, and -1 of version 1, are systemd's "infinity".
  private static func number(_ name: String, _ text: String) -> [UnitProperty] {
    if text == "max" || text == "-1" { return [UnitProperty(name, .uint64(.max))] }
    return UInt64(text).map { [UnitProperty(name, .uint64($0))] } ?? []
  }

  // MARK: Processors

  private static func quota(version1 files: [(String, String)]) -> [UnitProperty] {
    let quota = files.last { $0.0 == "cpu.cfs_quota_us" }?.1
    let period = files.last { $0.0 == "cpu.cfs_period_us" }?.1
    return self.quota(quota.flatMap(Int64.init), period: period.flatMap(UInt64.init))
  }

  private static func quota(version2 words: [Substring]) -> [UnitProperty] {
    guard let first = words.first else { return [] }
    return quota(first == "max" ? -1 : Int64(first), period: words.count > 1 ? UInt64(words[1]) : nil)
  }

  /// A quota in each period, which systemd wants for each second.
  private static func quota(_ quota: Int64?, period: UInt64?) -> [UnitProperty] {
    var properties: [UnitProperty] = []
    if let period, period > 0 { properties.append(UnitProperty("CPUQuotaPeriodUSec", .uint64(period))) }
    guard let quota else { return properties }
    var second = UInt64.max
    if quota > 0 {
      let (product, isTooLarge) = UInt64(quota).multipliedReportingOverflow(by: 1_000_000)
      guard !isTooLarge else { return properties }
      // systemd keeps whole percents: what is cut off would be taken from the container.
      let step: UInt64 = 10_000
      second = (product / max(period ?? 100_000, 1) + step - 1) / step * step
    }
    return properties + [UnitProperty("CPUQuotaPerSecUSec", .uint64(second))]
  }

  /// A list such as `0-3,5` as bits, the first processor being the lowest bit of the first byte.
  private static func bits(_ name: String, _ list: String) -> [UnitProperty] {
    guard let numbers = NumberList(list) else { return [] }
    var bytes = numbers.words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
    while bytes.last == 0 { bytes.removeLast() }
    return [UnitProperty(name, .bytes(bytes))]
  }
}
