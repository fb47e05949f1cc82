import OCISpec

extension ResourceWrites {
  /// Writes memory limits, config-linux.md "Memory".
  mutating func add(_ memory: Resources.Memory, merged: Resources.Memory) {
    for (name, value) in [("limit", memory.limit), ("swap", memory.swap), ("reservation", memory.reservation)] {
      if let value, value < -1 {
        return problem("memory.\(name)", "\(value) is out of range: the least is -1, no limit")
      }
    }
    // The kernel has deprecated these limits, runtimes pass over them, and memory is hierarchical since Linux 5.11.
    if memory.kernel ?? 0 != 0 { ignore("memory.kernel") }
    if memory.kernelTCP ?? 0 != 0 { ignore("memory.kernelTCP") }
    if memory.useHierarchy == false { ignore("memory.useHierarchy") }
    switch version {
    case .v1: addVersion1(memory)
    case .v2: addVersion2(memory, merged: merged)
    }
  }

  private mutating func addVersion1(_ memory: Resources.Memory) {
    let limit = memory.limit ?? 0
    let swap = memory.swap ?? 0
    if limit != 0 { write("memory.limit_in_bytes", "\(limit)", "memory.limit") }
    if swap != 0 {
      write("memory.memsw.limit_in_bytes", "\(swap)", "memory.swap")
    } else if limit == -1 {
      // No limit of memory means none of memory and swap, where the kernel counts swap.
      write("memory.memsw.limit_in_bytes", "-1", "memory.limit", isOptional: true)
    }
    if let reservation = memory.reservation, reservation != 0 {
      write("memory.soft_limit_in_bytes", "\(reservation)", "memory.reservation")
    }
    if memory.disableOOMKiller == true { write("memory.oom_control", "1", "memory.disableOOMKiller") }
    // -1, which the field cannot hold, comes as the largest number: the kernel's own value.
    if let swappiness = memory.swappiness, swappiness != .max {
      if swappiness <= 100 {
        write("memory.swappiness", "\(swappiness)", "memory.swappiness")
      } else {
        problem("memory.swappiness", "invalid memory swappiness value: \(swappiness) (valid range is 0-100)")
      }
    }
  }

  private mutating func addVersion2(_ memory: Resources.Memory, merged: Resources.Memory) {
    if memory.disableOOMKiller == true { ignore("memory.disableOOMKiller") }
    if let swappiness = memory.swappiness, swappiness != .max { ignore("memory.swappiness") }
    if memory.limit ?? 0 != 0 || memory.swap ?? 0 != 0 { addSwap(merged) }
    if let limit = memory.limit, limit != 0 {
      let isChecked = merged.checkBeforeUpdate == true && limit > 0
      write("memory.max", Self.maximum(limit), "memory.limit", mustExceed: isChecked ? "memory.current" : nil)
    }
    if let reservation = memory.reservation, reservation != 0 {
      write("memory.low", Self.maximum(reservation), "memory.reservation")
    }
  }

  /// Writes the limit of swap alone, which version 2 has, from that of memory and swap together.
  private mutating func addSwap(_ memory: Resources.Memory) {
    let limit = memory.limit ?? 0
    let swap = memory.swap ?? 0
    switch (limit, swap) {
    case (-1, 0): write("memory.swap.max", "max", "memory.limit", isOptional: true)
    case (_, 0): break
    case (_, -1): write("memory.swap.max", "max", "memory.swap", isOptional: true)
    case (-1, _): write("memory.swap.max", "\(swap)", "memory.swap")
    case (0, _): problem("memory.swap", "unable to set swap limit without memory limit")
    case _ where swap < limit:
      problem("memory.swap", "memory+swap limit should be >= memory limit: \(swap) is less than \(limit)")
    default:
      // A kernel that counts no swap needs no limit that forbids it.
      write("memory.swap.max", "\(swap - limit)", "memory.swap", isOptional: swap == limit)
    }
  }

  private static func maximum(_ value: Int64) -> String { value == -1 ? "max" : "\(value)" }
}
