import LinuxABI
package import MountNamespace

/// The plan as JSON: what `--dry-run=json` prints.
package struct PlanRecord: Encodable, Sendable {
  private let plan: ContainerPlan

  package init(_ plan: ContainerPlan) { self.plan = plan }

  private enum Key: String, CodingKey {
    case namespaces, join, userNamespace, timeOffsets, loopback, captures, steps, hostname, domainname, sysctl, process
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(plan.created.inOrder, forKey: .namespaces)
    if !plan.joined.isEmpty {
      try container.encode(plan.joined.map { ["type": $0.type.rawValue, "path": $0.path] }, forKey: .join)
    }
    if let mappings = plan.userNamespace?.mappings { try container.encode(mappings, forKey: .userNamespace) }
    if !plan.clockOffsets.isEmpty {
      let offsets = plan.clockOffsets.map { ($0.clock, $0.seconds) }
      try container.encode(Dictionary(uniqueKeysWithValues: offsets), forKey: .timeOffsets)
    }
    if plan.bringsUpLoopback { try container.encode(true, forKey: .loopback) }
    if !plan.captures.isEmpty { try container.encode(plan.captures, forKey: .captures) }
    try container.encode(plan.steps.map(\.record), forKey: .steps)
    try container.encodeIfPresent(plan.hostname, forKey: .hostname)
    try container.encodeIfPresent(plan.domainname, forKey: .domainname)
    if !plan.kernelParameters.isEmpty {
      let parameters = plan.kernelParameters.map { ($0.name, $0.value) }
      try container.encode(Dictionary(uniqueKeysWithValues: parameters), forKey: .sysctl)
    }
    try container.encode(ProcessRecord(plan.process), forKey: .process)
  }
}

private struct ProcessRecord: Encodable {
  let args: [String]
  let cwd: String
  let env: [String]
  let uid: UInt32
  let gid: UInt32
  let groups: [UInt32]?
  let umask: UInt32?
  let capabilities: [String: [String]]
  let noNewPrivileges: Bool
  let rlimits: [String: [UInt64]]
  let initProcess: Bool

  private enum CodingKeys: String, CodingKey {
    case args, cwd, env, uid, gid, groups, umask, capabilities, noNewPrivileges, rlimits
    case initProcess = "init"
  }

  init(_ process: ProcessPlan) {
    args = process.arguments
    cwd = process.workingDirectory
    env = process.environment
    uid = process.userID
    gid = process.groupID
    groups = process.groups
    umask = process.fileCreationMask
    capabilities = [
      "bounding": process.capabilities.bounding.names,
      "effective": process.capabilities.effective.names,
      "permitted": process.capabilities.permitted.names,
      "inheritable": process.capabilities.inheritable.names,
      "ambient": process.capabilities.ambient.names,
    ]
    noNewPrivileges = process.noNewPrivileges
    rlimits = Dictionary(process.limits.map { ($0.resource.shortName, [$0.soft, $0.hard]) }) { $1 }
    initProcess = process.hasInit
  }
}

extension RootStep {
  /// The step as a record like those of mount operations.
  package var record: MountRecord {
    switch self {
    case .mount(let operation): operation.record
    case .captureMapped(_, let source, let recursive, let idMap):
      MountRecord(operation: "capture", source: source.fullPath, options: [idMap.option], recursive: recursive)
    case .makeDirectory(let place, _): MountRecord(operation: "mkdir", target: place.fullPath)
    case .makeFile(let place): MountRecord(operation: "touch", target: place.fullPath)
    case .makeSymbolicLink(let text, let place):
      MountRecord(operation: "symlink", source: text, target: place.fullPath)
    case .makeDevice(let node, let place):
      MountRecord(
        operation: "mknod",
        source: "\(node.letter) \(node.number.major) \(node.number.minor)",
        target: place.fullPath
      )
    case .copyFile(let source, let place): MountRecord(operation: "copy", source: source, target: place.fullPath)
    case .copyAttributes(let source, let place):
      MountRecord(operation: "chown", source: source, target: place.fullPath)
    case .mask(let place): MountRecord(operation: "mask", target: place.fullPath)
    case .moveRoot(let path): MountRecord(operation: "move", source: path, target: "/")
    case .changeRoot(let path): MountRecord(operation: "chroot", target: path)
    case .runHooks: MountRecord(operation: "hooks", target: "/")
    case .enterCgroupNamespace: MountRecord(operation: "unshare", target: "cgroup")
    case .makeReadOnly(let place): MountRecord(operation: "readonly", target: place.fullPath)
    }
  }
}
