import Cgroups
import JSON
import LinuxABI
import LinuxSyscalls
import SystemPackage

extension Statistics {
  func memory() throws(CgroupFailure) -> JSONMembers {
    var memory = JSONMembers()
    guard let directory = directory("memory"), let text = try text(directory, "memory.stat") else { return memory }
    let stat = FlatKeyed(text)
    switch directory.version {
    case .v1:
      memory.addUnlessZero("cache", stat["cache"])
      for (name, prefix) in [
        ("usage", "memory"), ("swap", "memory.memsw"), ("kernel", "memory.kmem"), ("kernelTCP", "memory.kmem.tcp"),
      ] {
        var entry = MemoryUse()
        entry.limit = try number(directory, "\(prefix).limit_in_bytes")
        entry.usage = try number(directory, "\(prefix).usage_in_bytes")
        entry.most = try number(directory, "\(prefix).max_usage_in_bytes")
        entry.failures = try number(directory, "\(prefix).failcnt")
        memory.addUnlessZero(name, entry.members)
      }
    case .v2:
      memory.addUnlessZero("cache", stat["file"])
      let usage = try self.usage(directory, "memory")
      var swap = try self.usage(directory, "memory.swap")
      memory.addUnlessZero("usage", usage.members)
      // Version 1 counts memory and swap together, and so does this form.
      swap.usage &+= usage.usage
      if swap.limit != .max { swap.limit &+= usage.limit }
      swap.most = 0
      memory.addUnlessZero("swap", swap.members)
    }
    var raw = JSONMembers()
    for entry in stat.entries.sorted(by: { $0.key < $1.key }) { raw.add(entry.key, .number(entry.value)) }
    if !stat.entries.isEmpty { memory.add("raw", raw.value) }
    if let pressure = try pressure("memory") { memory.add("psi", pressure) }
    return memory
  }

  private func usage(_ directory: CgroupDirectory, _ prefix: String) throws(CgroupFailure) -> MemoryUse {
    var entry = MemoryUse()
    entry.limit = try number(directory, "\(prefix).max")
    entry.usage = try number(directory, "\(prefix).current")
    entry.most = try number(directory, "\(prefix).peak")
    return entry
  }

  private struct MemoryUse {
    var limit: UInt64 = 0
    var usage: UInt64 = 0
    var most: UInt64 = 0
    var failures: UInt64 = 0

    var members: JSONMembers {
      var members = JSONMembers()
      members.add("limit", .number(limit))
      members.addUnlessZero("usage", usage)
      members.addUnlessZero("max", most)
      members.add("failcnt", .number(failures))
      return members
    }
  }

  // MARK: Huge pages

  func hugePages() throws(CgroupFailure) -> JSONMembers {
    var all = JSONMembers()
    guard let directory = directory("hugetlb") ?? container.unified else { return all }
    for size in try Self.hugePageSizes() {
      let prefix = "hugetlb.\(size)"
      let isVersion1 = directory.version == .v1
      let file = isVersion1 ? "usage_in_bytes" : "current"
      let hasReservations = try text(directory, "\(prefix).rsvd.\(file)") != nil
      let counted = hasReservations ? "\(prefix).rsvd" : prefix
      guard try text(directory, "\(counted).\(file)") != nil else { continue }
      var entry = JSONMembers()
      entry.addUnlessZero("usage", try number(directory, "\(counted).\(file)"))
      if isVersion1 {
        entry.addUnlessZero("max", try number(directory, "\(counted).max_usage_in_bytes"))
        entry.add("failcnt", .number(try number(directory, "\(counted).failcnt")))
      } else {
        let events = FlatKeyed(try text(directory, "\(prefix).events") ?? "")
        entry.add("failcnt", .number(events["max"] ?? 0))
      }
      all.add(size, entry.value)
    }
    return all
  }

  /// The sizes that the kernel has, in the words of its files: `hugepages-2048kB` is `2MB`.
  private static func hugePageSizes() throws(CgroupFailure) -> [String] {
    let path = "/sys/kernel/mm/hugepages"
    do throws(Errno) {
      let directory = try Syscall.open(path, .directory)
      return try Syscall.entries(of: directory.borrowed).compactMap { hugePageSize($0.name) }.sorted()
    } catch .noSuchFileOrDirectory {
      return []
    } catch {
      throw CgroupFailure("read \(path)", error)
    }
  }
}
