import Cgroups
package import JSON
import LinuxABI
import LinuxSyscalls
import SystemPackage

/// What a container has used, in the form that runc gave to `events --stats`: names, units and order are its own.
package struct Statistics: Sendable {
  let container: ContainerCgroup

  package init(_ container: ContainerCgroup) { self.container = container }

  /// The statistics as the `data` of an event.
  package func value() throws(CgroupFailure) -> JSONValue {
    var all = JSONMembers()
    all.add("cpu", try processor().value)
    all.add("cpuset", try processorSet().value)
    all.add("memory", try memory().value)
    all.add("pids", try processes().value)
    all.add("blkio", try blockDevices().value)
    all.add("hugetlb", try hugePages().value)
    all.add("intel_rdt", .object([]))
    all.add("network_interfaces", .null)
    return all.value
  }

  /// A line of `events`.
  package func event(id: String) throws(CgroupFailure) -> String {
    var event = JSONMembers()
    event.add("type", .string("stats"))
    event.add("id", .string(id))
    event.add("data", try value())
    return event.value.text
  }

  // MARK: Reading

  /// The directory of a controller, named as in version 1; nil where the container has none.
  func directory(_ controller: String) -> CgroupDirectory? {
    container.version == .v2 ? container.unified : container.directory(controller)
  }

  /// A file's text; nil for a file that this kernel or this cgroup has not.
  func text(_ directory: CgroupDirectory, _ file: String) throws(CgroupFailure) -> String? {
    do throws(Errno) {
      return try directory.read(file)
    } catch .noSuchFileOrDirectory, .removedCgroup, .notSupported {
      return nil
    } catch {
      throw CgroupFailure("read \(directory.path)/\(file)", error)
    }
  }

  /// The number in a file, the largest for `max`; 0 for a file that is not there.
  func number(_ directory: CgroupDirectory, _ file: String) throws(CgroupFailure) -> UInt64 {
    guard let text = try text(directory, file)?.filter({ !$0.isWhitespace }) else { return 0 }
    return text == "max" ? .max : UInt64(text) ?? 0
  }

  func pressure(_ controller: String) throws(CgroupFailure) -> JSONValue? {
    guard container.version == .v2, let unified = container.unified else { return nil }
    return try text(unified, "\(controller).pressure").flatMap(JSONMembers.pressure)
  }

  // MARK: Processor time

  private func processor() throws(CgroupFailure) -> JSONMembers {
    var usage = JSONMembers()
    var throttling = JSONMembers()
    switch container.version {
    case .v1:
      if let directory = directory("cpuacct") { usage = try processorVersion1(directory) }
      if let directory = directory("cpu"), let text = try text(directory, "cpu.stat") {
        let stat = FlatKeyed(text)
        throttling.addUnlessZero("periods", stat["nr_periods"])
        throttling.addUnlessZero("throttledPeriods", stat["nr_throttled"])
        throttling.addUnlessZero("throttledTime", stat["throttled_time"])
      }
    case .v2:
      guard let unified = container.unified, let text = try text(unified, "cpu.stat") else { break }
      let stat = FlatKeyed(text)
      usage.addUnlessZero("total", stat["usage_usec"].map { $0 &* 1000 })
      usage.add("kernel", .number((stat["system_usec"] ?? 0) &* 1000))
      usage.add("user", .number((stat["user_usec"] ?? 0) &* 1000))
      throttling.addUnlessZero("periods", stat["nr_periods"])
      throttling.addUnlessZero("throttledPeriods", stat["nr_throttled"])
      throttling.addUnlessZero("throttledTime", stat["throttled_usec"].map { $0 &* 1000 })
    }
    var cpu = JSONMembers()
    cpu.addUnlessZero("usage", usage)
    cpu.addUnlessZero("throttling", throttling)
    if let pressure = try pressure("cpu") { cpu.add("psi", pressure) }
    return cpu
  }

  private func processorVersion1(_ directory: CgroupDirectory) throws(CgroupFailure) -> JSONMembers {
    var usage = JSONMembers()
    usage.addUnlessZero("total", try number(directory, "cpuacct.usage"))
    let perCPU = (try text(directory, "cpuacct.usage_percpu") ?? "").split(whereSeparator: \.isWhitespace)
    usage.addUnlessEmpty("percpu", perCPU.compactMap { UInt64($0) })
    // Lines of: processor, user time, system time.
    let rows = (try text(directory, "cpuacct.usage_all") ?? "").split(separator: "\n").dropFirst()
      .map { $0.split(separator: " ").compactMap { UInt64($0) } }.filter { $0.count >= 3 }
    usage.addUnlessEmpty("percpu_kernel", rows.map { $0[2] })
    usage.addUnlessEmpty("percpu_user", rows.map { $0[1] })
    // In ticks, of which Linux shows its programs a hundred in a second.
    let stat = FlatKeyed(try text(directory, "cpuacct.stat") ?? "")
    usage.add("kernel", .number((stat["system"] ?? 0) &* 10_000_000))
    usage.add("user", .number((stat["user"] ?? 0) &* 10_000_000))
    return usage
  }

  private func processorSet() throws(CgroupFailure) -> JSONMembers {
    var set = JSONMembers()
    // runc reads these of version 1 alone, and shows zeros elsewhere.
    let directory = container.version == .v1 ? directory("cpuset") : nil
    func read(_ name: String) throws(CgroupFailure) -> UInt64 {
      guard let directory else { return 0 }
      return try number(directory, "cpuset.\(name)")
    }
    func list(_ name: String) throws(CgroupFailure) -> [UInt64] {
      guard let directory else { return [] }
      return cpuList(try text(directory, "cpuset.\(name)") ?? "").map(UInt64.init)
    }
    set.addUnlessEmpty("cpus", try list("cpus"))
    set.add("cpu_exclusive", .number(try read("cpu_exclusive")))
    set.addUnlessEmpty("mems", try list("mems"))
    for name in [
      "mem_hardwall", "mem_exclusive", "memory_migrate", "memory_spread_page", "memory_spread_slab",
      "memory_pressure", "sched_load_balance",
    ] {
      set.add(name, .number(try read(name)))
    }
    var level: Int64 = 0
    if let directory, let text = try text(directory, "cpuset.sched_relax_domain_level") {
      level = Int64(text.filter { !$0.isWhitespace }) ?? 0
    }
    set.add("sched_relax_domain_level", .number(level))
    return set
  }

  // MARK: Processes

  private func processes() throws(CgroupFailure) -> JSONMembers {
    var pids = JSONMembers()
    guard let directory = directory("pids") else { return pids }
    if try text(directory, "pids.current") == nil {
      let processes = try text(directory, "cgroup.procs") ?? ""
      pids.addUnlessZero("current", UInt64(processes.split(separator: "\n").count))
      return pids
    }
    pids.addUnlessZero("current", try number(directory, "pids.current"))
    let limit = try number(directory, "pids.max")
    pids.addUnlessZero("limit", limit == .max ? 0 : limit)
    return pids
  }
}
