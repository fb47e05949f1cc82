import Glibc
import OCISpec

extension ResourceWrites {
  /// Writes shares and quotas of processor time, config-linux.md "CPU".
  mutating func add(_ cpu: Resources.CPU, merged: Resources.CPU) {
    switch version {
    case .v1: addVersion1(cpu)
    case .v2: addVersion2(cpu, merged: merged)
    }
  }

  /// Writes which processors and memory nodes are used.
  mutating func addProcessors(_ cpu: Resources.CPU) {
    if let cpus = cpu.cpus, !cpus.isEmpty { write("cpuset.cpus", cpus, "cpu.cpus") }
    if let mems = cpu.mems, !mems.isEmpty { write("cpuset.mems", mems, "cpu.mems") }
  }

  private mutating func addVersion1(_ cpu: Resources.CPU) {
    if let shares = cpu.shares, shares != 0 {
      // The kernel cuts them without a word (MIN_SHARES and MAX_SHARES of kernel/sched/sched.h).
      if shares < 2 {
        problem("cpu.shares", "the minimum allowed cpu-shares is 2")
      } else if shares > 262_144 {
        problem("cpu.shares", "the maximum allowed cpu-shares is 262144")
      } else {
        write("cpu.shares", "\(shares)", "cpu.shares")
      }
    }
    if let period = cpu.period, period != 0 { write("cpu.cfs_period_us", "\(period)", "cpu.period") }
    if let burst = cpu.burst { write("cpu.cfs_burst_us", "\(burst)", "cpu.burst", isOptional: true) }
    if let quota = cpu.quota, quota != 0 { write("cpu.cfs_quota_us", "\(quota)", "cpu.quota") }
    if let idle = cpu.idle { write("cpu.idle", "\(idle)", "cpu.idle") }
    if let period = cpu.realtimePeriod, period != 0 {
      write("cpu.rt_period_us", "\(period)", "cpu.realtimePeriod")
    }
    if let runtime = cpu.realtimeRuntime, runtime != 0 {
      write("cpu.rt_runtime_us", "\(runtime)", "cpu.realtimeRuntime")
    }
  }

  private mutating func addVersion2(_ cpu: Resources.CPU, merged: Resources.CPU) {
    if cpu.realtimePeriod ?? 0 != 0 { ignore("cpu.realtimePeriod") }
    if cpu.realtimeRuntime ?? 0 != 0 { ignore("cpu.realtimeRuntime") }
    if let shares = cpu.shares, shares != 0 { write("cpu.weight", "\(Self.weight(shares: shares))", "cpu.shares") }
    if let idle = cpu.idle { write("cpu.idle", "\(idle)", "cpu.idle") }
    if let burst = cpu.burst { write("cpu.max.burst", "\(burst)", "cpu.burst") }
    guard cpu.quota ?? 0 != 0 || cpu.period ?? 0 != 0 else { return }
    let quota = merged.quota ?? 0
    let period = merged.period ?? 0
    // Without a period, the kernel keeps the one that it has.
    let text = (quota > 0 ? "\(quota)" : "max") + (period > 0 ? " \(period)" : "")
    write("cpu.max", text, cpu.quota ?? 0 != 0 ? "cpu.quota" : "cpu.period")
  }

  /// The weight of version 2 for shares of version 1: the least, the default and the most meet their like.
  ///
  /// The curve is the one that runc, crun and systemd agreed on in 2025: 2 is 1, 1024 is 100, 262144 is 10000.
  static func weight(shares: UInt64) -> UInt64 {
    if shares <= 2 { return 1 }
    if shares >= 262_144 { return 10_000 }
    let logarithm = log2(Double(shares))
    let exponent = (logarithm * logarithm + 125 * logarithm) / 612 - 7.0 / 34
    return UInt64(pow(10, exponent).rounded(.up))
  }
}
