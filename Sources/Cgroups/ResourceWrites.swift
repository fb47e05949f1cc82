package import JSON
package import OCISpec

/// What `linux.resources` asks for, as writes to the files of one version of cgroups; devices are `DevicePolicy`.
///
/// A value that is 0 and means "not set" in the specification is not written, so that `update` leaves it as it is.
/// The order of the writes is that of their effect where nothing is set yet. Some limits bound each other (quota and
/// burst, memory and swap), so that the kernel refuses one until the other is written: who writes them tries a
/// write that is refused with EINVAL again after the others.
package struct ResourceWrites: Hashable, Sendable {
  package private(set) var writes: [CgroupWrite] = []
  /// What cannot be written anywhere, with its place.
  package private(set) var problems: [JSONProblem] = []
  /// Places that this version of cgroups has nothing for, and that runtimes pass over.
  package private(set) var ignored: [String] = []

  let version: CgroupVersion

  /// - Parameter previous: for an update, what the container was given so far: some files take two values at once.
  package init(_ resources: Resources, version: CgroupVersion, previous: Resources? = nil) {
    self.version = version
    let merged = previous?.updated(by: resources) ?? resources
    if let pids = resources.pids { add(pids) }
    if let memory = resources.memory { add(memory, merged: merged.memory ?? memory) }
    if let blockIO = resources.blockIO { add(blockIO) }
    if let cpu = resources.cpu {
      addProcessors(cpu)
      add(cpu, merged: merged.cpu ?? cpu)
    }
    if let limits = resources.hugepageLimits { add(limits) }
    if let rdma = resources.rdma { add(rdma) }
    if let network = resources.network { add(network) }
    if let unified = resources.unified, !unified.isEmpty { add(unified) }
  }

  static var root: String { "linux.resources" }

  mutating func write(
    _ file: String,
    _ text: String,
    _ place: String,
    alternative: CgroupWrite.Alternative? = nil,
    isOptional: Bool = false,
    mustExceed: String? = nil
  ) {
    writes.append(
      CgroupWrite(
        file,
        text,
        place: "\(Self.root).\(place)",
        alternative: alternative,
        isOptional: isOptional,
        mustExceed: mustExceed
      )
    )
  }

  mutating func problem(_ place: String, _ message: String) {
    problems.append(JSONProblem("\(Self.root).\(place)", message))
  }

  mutating func ignore(_ place: String) { ignored.append("\(Self.root).\(place)") }

  // MARK: The simple controllers

  private mutating func add(_ pids: Resources.PIDs) {
    guard let limit = pids.limit else { return }
    // 0 tasks cannot be: as runc and systemd take it, the one that is there and no other.
    write("pids.max", limit < 0 ? "max" : "\(max(limit, 1))", "pids.limit")
  }

  private mutating func add(_ limits: [Resources.HugepageLimit]) {
    let suffix = version == .v1 ? "limit_in_bytes" : "max"
    for (index, limit) in limits.enumerated() {
      guard Self.isPageSize(limit.pageSize) else {
        problem(
          "hugepageLimits[\(index)].pageSize",
          "\"\(limit.pageSize)\" is not a page size such as 64KB, 2MB or 1GB"
        )
        continue
      }
      let place = "hugepageLimits[\(index)].limit"
      write("hugetlb.\(limit.pageSize).\(suffix)", "\(limit.limit)", place)
      // Reservations count since Linux 5.7, config-linux.md "Huge page limits".
      write("hugetlb.\(limit.pageSize).rsvd.\(suffix)", "\(limit.limit)", place, isOptional: true)
    }
  }

  /// Whether a page size is of the specification's form: a number without leading zeros, and KB, MB or GB.
  private static func isPageSize(_ text: String) -> Bool {
    let number = text.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    let unit = text.utf8.dropFirst(number.count)
    return !number.isEmpty && number.first != UInt8(ascii: "0")
      && ["KB", "MB", "GB"].contains { $0.utf8.elementsEqual(unit) }
  }

  private mutating func add(_ devices: [String: Resources.RDMA]) {
    for device in devices.keys.sorted() {
      guard let limits = devices[device] else { continue }
      var text = device
      if let handles = limits.hcaHandles { text += " hca_handle=\(handles)" }
      if let objects = limits.hcaObjects { text += " hca_object=\(objects)" }
      write("rdma.max", text, "rdma.\(device)")
    }
  }

  private mutating func add(_ network: Resources.Network) {
    guard version == .v1 else {
      if network.classID ?? 0 != 0 { ignore("network.classID") }
      if !(network.priorities ?? []).isEmpty { ignore("network.priorities") }
      return
    }
    if let classID = network.classID, classID != 0 { write("net_cls.classid", "\(classID)", "network.classID") }
    for (index, priority) in (network.priorities ?? []).enumerated() {
      write("net_prio.ifpriomap", "\(priority.name) \(priority.priority)", "network.priorities[\(index)]")
    }
  }

  private mutating func add(_ files: [String: String]) {
    guard version == .v2 else { return problem("unified", "invalid configuration: cgroup v1 has no unified resources") }
    for file in files.keys.sorted() {
      guard !file.contains("/") else {
        problem("unified.\(file)", "unified resource \"\(file)\" must be a file name (no slashes)")
        continue
      }
      guard file.contains("."), let text = files[file] else {
        problem("unified.\(file)", "unified resource \"\(file)\" must be in the form CONTROLLER.PARAMETER")
        continue
      }
      // A file such as io.max takes one line at a time.
      for line in text.split(separator: "\n") { write(file, String(line), "unified.\(file)") }
    }
  }
}
