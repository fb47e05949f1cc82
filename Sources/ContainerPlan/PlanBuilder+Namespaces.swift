import LinuxABI
import OCISpec

extension PlanBuilder {
  /// Namespaces, the user namespace's maps, clocks, names and kernel parameters, config-linux.md.
  mutating func planNamespaces() {
    if host.kernel < Host.oldestKernel {
      problem(
        "linux",
        "this is Linux \(host.kernel), and berth needs \(Host.oldestKernel) or newer (mount_setattr)"
      )
    }
    for (index, namespace) in (spec.linux?.namespaces ?? []).enumerated() {
      plan(namespace, at: "linux.namespaces[\(index)]")
    }
    // The user namespace first, since it gives the privileges; the mount namespace last, since it takes the paths.
    plan.joined.sort { Self.order($0.type) < Self.order($1.type) }
    plan.bringsUpLoopback = plan.created.contains(.network)
    planNetworkDevices()
    planUserNamespace()
    planClocks()
    planNames()
    planKernelParameters()
  }

  private mutating func plan(_ namespace: Linux.Namespace, at path: String) {
    guard let type = NamespaceType(rawValue: namespace.type) else {
      let known = NamespaceType.allCases.map(\.rawValue).joined(separator: ", ")
      return problem(path + ".type", "\"\(namespace.type)\" is not a namespace type; these are: \(known)")
    }
    if plan.created.contains(type) || plan.joined.contains(where: { $0.type == type }) {
      return problem(path, "there is a \(type.rawValue) namespace already")
    }
    if let file = namespace.path, !file.isEmpty {
      plan.joined.append(ContainerPlan.Join(type: type, path: file))
    } else {
      plan.created.insert(type)
    }
  }

  /// Whether the process is in another user namespace than the host's: a new one, or one that is joined.
  var entersUserNamespace: Bool {
    plan.created.contains(.user) || plan.joined.contains { $0.type == .user }
  }

  private static func order(_ type: NamespaceType) -> Int {
    switch type {
    case .user: 0
    case .mount: 2
    case .pid, .network, .ipc, .uts, .cgroup, .time: 1
    }
  }

  private mutating func planUserNamespace() {
    guard plan.created.contains(.user) else {
      // Of a namespace that is joined, some callers give the mappings that it has.
      if entersUserNamespace { return }
      for (name, mappings) in [("uidMappings", spec.linux?.uidMappings), ("gidMappings", spec.linux?.gidMappings)]
      where !(mappings ?? []).isEmpty {
        problem("linux.\(name)", "ids are mapped in a user namespace of the container's own, and there is none")
      }
      return
    }
    let mappings = IDMappings(
      users: (spec.linux?.uidMappings ?? []).map(IDMapping.init),
      groups: (spec.linux?.gidMappings ?? []).map(IDMapping.init)
    )
    if mappings.users.isEmpty { problem("linux.uidMappings", "a new user namespace needs at least one mapping") }
    if mappings.groups.isEmpty { problem("linux.gidMappings", "a new user namespace needs at least one mapping") }
    plan.userNamespace = UserNamespacePlan(mappings: mappings, writer: writer(of: mappings))
  }

  /// Who can write these maps, user_namespaces(7) "Defining user and group ID mappings".
  private func writer(of mappings: IDMappings) -> UserNamespacePlan.Writer {
    let caller = host.caller
    if caller.capabilities.effective.contains(.setUserID) { return .privileged }
    let isOwn =
      mappings.users.count == 1 && mappings.groups.count == 1
      && mappings.users[0].size == 1 && mappings.users[0].hostID == caller.userID
      && mappings.groups[0].size == 1 && mappings.groups[0].hostID == caller.groupID
    if !isOwn, let tools = caller.mappingTools { return .tools(tools) }
    return .ownIDsOnly
  }

  private mutating func planClocks() {
    for (clock, offset) in (spec.linux?.timeOffsets ?? [:]).sorted(by: { $0.key < $1.key }) {
      guard clock == "monotonic" || clock == "boottime" else {
        problem("linux.timeOffsets.\(clock)", "only the clocks monotonic and boottime can differ in a time namespace")
        continue
      }
      plan.clockOffsets.append(
        ContainerPlan.ClockOffset(clock: clock, seconds: offset.secs ?? 0, nanoseconds: offset.nanosecs ?? 0)
      )
    }
    if !plan.clockOffsets.isEmpty, !plan.created.contains(.time) {
      problem("linux.timeOffsets", "clocks can be set in a new time namespace only, and there is none")
    }
  }

  private mutating func planNames() {
    let hasOwnNames = plan.created.contains(.uts) || plan.joined.contains { $0.type == .uts }
    for (field, name) in [("hostname", spec.hostname), ("domainname", spec.domainname)] {
      guard let name else { continue }
      if !hasOwnNames { problem(field, "a name of its own needs a uts namespace of its own") }
      if name.utf8.count > 64 { problem(field, "\"\(name)\" is longer than 64 bytes, the most that Linux takes") }
    }
    plan.hostname = spec.hostname
    plan.domainname = spec.domainname
  }

  private mutating func planKernelParameters() {
    for (name, value) in (spec.linux?.sysctl ?? [:]).sorted(by: { $0.key < $1.key }) {
      let dotted = Self.dotted(name)
      if let reason = reasonAgainst(parameter: dotted) { problem("linux.sysctl.\(name)", reason) }
      if plan.kernelParameters.contains(where: { $0.name == dotted }) {
        problem("linux.sysctl.\(name)", "this kernel parameter is given twice, also as \(dotted)")
      }
      plan.kernelParameters.append(ContainerPlan.KernelParameter(name: dotted, value: value))
    }
  }

  /// The name with dots between its parts and slashes for dots in them. The separator that comes first is the one that
  /// parts, sysctl.d(5): `net/ipv4/conf/eth0.100/forwarding` is `net.ipv4.conf.eth0/100.forwarding`.
  private static func dotted(_ name: String) -> String {
    name.first { $0 == "." || $0 == "/" } == "/" ? ContainerPlan.KernelParameter.exchanged(name) : name
  }

  /// Why a kernel parameter may not be set: only those that belong to a namespace of the container's own may, by this table.
  private func reasonAgainst(parameter name: String) -> String? {
    let owner: NamespaceType
    switch name {
    case _ where name.split(separator: ".", omittingEmptySubsequences: false).contains { ["", "/", "//"].contains($0) }:
      return "this is not the name of a kernel parameter"
    case "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax",
      "kernel.shmmni", "kernel.shm_rmid_forced":
      owner = .ipc
    case _ where name.hasPrefix("fs.mqueue."): owner = .ipc
    case _ where name.hasPrefix("net."): owner = .network
    case "kernel.hostname": return "set the host name with --hostname (hostname in config.json) instead"
    case "kernel.domainname": owner = .uts
    default:
      return "this kernel parameter belongs to the whole machine, not to a namespace: set it on the host with sysctl(8)"
    }
    let isJoined = plan.joined.contains { $0.type == owner } && !host.ownNamespaces.contains(owner)
    if plan.created.contains(owner) || isJoined { return nil }
    return "this kernel parameter belongs to the \(owner.rawValue) namespace, which is the host's: "
      + "give the container its own (--\(owner.unshareOption))"
  }
}

extension IDMapping {
  init(_ spec: IDMappingSpec) {
    self.init(containerID: spec.containerID, hostID: spec.hostID, size: spec.size)
  }
}
