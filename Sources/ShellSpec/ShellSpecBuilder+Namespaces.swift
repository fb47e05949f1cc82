import ContainerPlan
import LinuxABI
import MountNamespace
import OCISpec

extension ShellSpecBuilder {
  /// Which namespaces are new, entered, or the host's.
  mutating func buildNamespaces() throws(ShellUsageError) {
    created = options.added.union([.mount, .pid, .uts])
    if options.mapsRoot || options.mapsUser { created.insert(.user) }
    if options.time != nil { created.insert(.time) }
    for name in options.shared {
      created.remove(try namespaceType(name, "--share \(name)", allowed: [.mount, .pid, .uts]))
    }
    var joined: [Linux.Namespace] = []
    for text in options.joined {
      let namespace = try join(text)
      joined.append(namespace.spec)
      created.remove(namespace.type)
    }
    let joinsUser = joined.contains { $0.type == NamespaceType.user.rawValue }
    if !facts.caller.isPrivileged, !joinsUser, !created.isEmpty { created.insert(.user) }
    linux.namespaces = created.inOrder.map { Linux.Namespace(type: $0.rawValue) } + joined
    spec.hostname = try options.hostname.map { name throws(ShellUsageError) in try hostName(name, "--hostname \(name)")
    }
    if spec.hostname == nil, let name = options.name, created.contains(.uts) {
      spec.hostname = try hostName(name, "--name \(name)")
    }
    spec.domainname = options.domainname
    if created.contains(.user) { try buildIDMappings() }
    try buildClocks()
    try buildKernelParameters()
  }

  private func namespaceType(
    _ name: String,
    _ flag: String,
    allowed: [NamespaceType] = NamespaceType.allCases
  ) throws(ShellUsageError) -> NamespaceType {
    let type = NamespaceType(rawValue: name) ?? NamespaceType.allCases.first { $0.procName == name }
    if let type, allowed.contains(type) { return type }
    let names = allowed.map(\.unshareOption)
    let hint = nearestName(to: name, among: names).map { "; did you mean \($0)?" } ?? ""
    throw error(flag, "\"\(name)\" is none of the namespaces \(names.joined(separator: ", "))\(hint)")
  }

  private func join(_ text: String) throws(ShellUsageError) -> (type: NamespaceType, spec: Linux.Namespace) {
    let flag = "--join \(text)"
    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
    guard parts.count == 2 else {
      throw error(flag, "this is not TYPE=PID or TYPE=PATH, for example --join net=1234")
    }
    let type = try namespaceType(parts[0], flag)
    let path =
      UInt32(digits: parts[1][...]).map { "/proc/\($0)/ns/\(type.procName)" }
      ?? absolute(parts[1], facts.caller.workingDirectory)
    return (type, Linux.Namespace(type: type.rawValue, path: path))
  }

  private func hostName(_ name: String, _ flag: String) throws(ShellUsageError) -> String {
    if name.isEmpty || name.contains("/") { throw error(flag, "this is not a host name") }
    return name
  }

  // MARK: Ids

  /// Which ids the user namespace has: all of the caller's where that is permitted, else the caller and the subordinate ids.
  private mutating func buildIDMappings() throws(ShellUsageError) {
    if options.mapsRoot, options.mapsUser {
      throw error("--map-user", "the caller is either root inside, or itself: not --map-root too")
    }
    let caller = facts.caller
    if caller.isPrivileged, !options.mapsRoot, !options.mapsUser, let own = caller.idMappings {
      linux.uidMappings = own.users.map(IDMappingSpec.init)
      linux.gidMappings = own.groups.map(IDMappingSpec.init)
      return
    }
    let hasTools = caller.mappingTools != nil
    linux.uidMappings = mappings(
      of: caller.userID,
      to: options.mapsUser ? caller.userID : 0,
      rest: hasTools ? caller.subordinateUsers : []
    )
    linux.gidMappings = mappings(
      of: caller.groupID,
      to: options.mapsUser ? caller.groupID : 0,
      rest: hasTools ? caller.subordinateGroups : []
    )
  }

  /// One id inside stands for the caller; the other ids inside, from 0 up, for the subordinate ones in turn.
  private func mappings(of caller: UInt32, to inside: UInt32, rest: [IDRange]) -> [IDMappingSpec] {
    var mappings = [IDMappingSpec(containerID: inside, hostID: caller, size: 1)]
    var next: UInt32 = 0
    for range in rest {
      var range = range
      while range.count > 0 {
        if next == inside { next += 1 }
        let size = next < inside ? min(range.count, inside - next) : range.count
        mappings.append(IDMappingSpec(containerID: next, hostID: range.start, size: size))
        // The last range may end at the last id of all.
        next &+= size
        range = IDRange(start: range.start &+ size, count: range.count - size)
      }
    }
    return mappings.sorted { $0.containerID < $1.containerID }
  }

  // MARK: Clocks and kernel parameters

  /// Reads SECONDS for both clocks, or monotonic=SECONDS,boottime=SECONDS.
  private mutating func buildClocks() throws(ShellUsageError) {
    guard let text = options.time else { return }
    let flag = "--time=\(text)"
    var offsets: [String: Linux.TimeOffset] = [:]
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let pair = part.split(separator: "=", maxSplits: 1)
      let clocks = pair.count == 2 ? [String(pair[0])] : ["monotonic", "boottime"]
      guard let last = pair.last, let seconds = Int64(last) else {
        throw error(flag, "this is neither SECONDS nor monotonic=SECONDS,boottime=SECONDS")
      }
      for clock in clocks {
        guard clock == "monotonic" || clock == "boottime" else {
          throw error(flag, "\"\(clock)\" is not a clock of a time namespace: monotonic and boottime are")
        }
        if seconds != 0 { offsets[clock] = Linux.TimeOffset(secs: seconds, nanosecs: 0) }
      }
    }
    linux.timeOffsets = offsets.isEmpty ? nil : offsets
  }

  private mutating func buildKernelParameters() throws(ShellUsageError) {
    for text in options.kernelParameters {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, !parts[0].isEmpty else {
        throw error("--sysctl \(text)", "this is not NAME=VALUE, for example --sysctl net.ipv4.ip_forward=1")
      }
      linux.sysctl = (linux.sysctl ?? [:]).merging([parts[0]: parts[1]]) { $1 }
    }
  }
}

extension IDMappingSpec {
  init(_ mapping: IDMapping) {
    self.init(containerID: mapping.containerID, hostID: mapping.hostID, size: mapping.size)
  }
}
