package import ContainerPlan
import LinuxABI
import LinuxSyscalls
package import SystemPackage

extension Caller {
  /// Reads who calls berth and what they may do; for a container, not what it does not take over from the caller.
  package static func probe(forContainer: Bool = false) throws(Errno) -> Caller {
    let sets = try Syscall.capabilities()
    var bounding: UInt64 = 0
    for number in 0..<64 where !forContainer {
      guard let isThere = Syscall.boundingSetContains(number) else { break }
      if isThere { bounding |= 1 << UInt64(number) }
    }
    var caller = Caller(
      userID: Syscall.effectiveUserID,
      groupID: Syscall.effectiveGroupID,
      groups: try Syscall.groups(),
      capabilities: CapabilitySets(
        bounding: CapabilitySet(rawValue: bounding),
        effective: sets.effective,
        permitted: sets.permitted,
        inheritable: sets.inheritable
      ),
      workingDirectory: try Syscall.workingDirectoryPath(),
      environment: Syscall.environment(),
      terminal: forContainer ? nil : terminal()
    )
    caller.isRootless = caller.userID != 0 || forContainer && isInUserNamespace
    return caller
  }

  /// Whether whoever calls berth has no privilege over the whole machine.
  static func probeIsRootless() -> Bool { Syscall.effectiveUserID != 0 || isInUserNamespace }

  /// Whether this is not the user namespace that has every id, user_namespaces(7).
  private static var isInUserNamespace: Bool {
    // A kernel without user namespaces has no such file, and no other namespace.
    guard let map = try? Syscall.contents(of: "/proc/self/uid_map") else { return false }
    return map.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) } != [
      "0", "0", "4294967295\n",
    ]
  }

  /// The terminal's path, as the host knows it; a terminal that is not there under that path is none.
  private static func terminal() -> String? {
    guard (try? Syscall.foregroundGroup(of: .standardInput)) != nil,
      let path = try? Syscall.readLink(at: .workingDirectory, FileDescriptor.standardInput.procPath),
      let there = try? Syscall.status(path: path), let here = try? Syscall.status(of: .standardInput),
      there.kind == .characterDevice, there.device == here.device
    else { return nil }
    return path
  }

  /// Adds what a user namespace needs to know: subordinate ids, the tools that map them, the caller's own maps.
  package mutating func probeIDs() {
    // Each of these may be absent on a sound system: then there is nothing to use.
    idMappings = IDMappings(users: ownMap("uid_map"), groups: ownMap("gid_map"))
    guard !isPrivileged else { return }
    let name = userName
    subordinateUsers = subordinateIDs("/etc/subuid", user: name)
    subordinateGroups = subordinateIDs("/etc/subgid", user: name)
    if let newuidmap = tool("newuidmap"), let newgidmap = tool("newgidmap") {
      mappingTools = MappingTools(newuidmap: newuidmap, newgidmap: newgidmap)
    }
  }

  private func ownMap(_ file: String) -> [IDMapping] {
    lines("/proc/self/" + file).compactMap { line in
      let numbers = line.split(separator: " ").compactMap { UInt32($0) }
      guard numbers.count == 3 else { return nil }
      // From the caller's ids to the caller's ids: what is inside stays what it is.
      return IDMapping(containerID: numbers[0], hostID: numbers[0], size: numbers[2])
    }
  }

  private func lines(_ path: String) -> [Substring] {
    guard let bytes = try? Syscall.contents(of: path) else { return [] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
  }

  private var userName: Substring? {
    lines("/etc/passwd").map { $0.split(separator: ":", omittingEmptySubsequences: false) }
      .first { $0.count > 2 && UInt32($0[2]) == userID }?[0]
  }

  private func subordinateIDs(_ path: String, user: Substring?) -> [IDRange] {
    lines(path).compactMap { line in
      let fields = line.split(separator: ":")
      guard fields.count == 3, fields[0] == user || UInt32(fields[0]) == userID,
        let start = UInt32(fields[1]), let count = UInt32(fields[2]), count > 0
      else { return nil }
      return IDRange(start: start, count: count)
    }
  }

  private func tool(_ name: String) -> String? {
    let path = environment.last { $0.hasPrefix("PATH=") }?.dropFirst("PATH=".count) ?? ""
    return (path.split(separator: ":") + ["/usr/bin", "/bin"]).map { "\($0)/\(name)" }.first { candidate in
      (try? Syscall.status(path: candidate))?.kind == .regular
    }
  }
}
