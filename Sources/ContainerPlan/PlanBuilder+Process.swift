import JSON
import LinuxABI
import OCISpec
import Seccomp

extension PlanBuilder {
  /// The container's process, config.md "Process".
  mutating func planProcess() {
    guard let process = spec.process else { return problem("process", "there is no process to run") }
    plan.process.arguments = process.args ?? []
    if plan.process.arguments.first?.isEmpty ?? true { problem("process.args", "there is no command to run") }
    plan.process.environment = process.env ?? []
    for (index, variable) in plan.process.environment.enumerated() where !variable.contains("=") {
      problem("process.env[\(index)]", "\"\(variable)\" is not of the form NAME=VALUE")
    }
    if !process.cwd.hasPrefix("/") {
      problem("process.cwd", "\"\(process.cwd)\" is not an absolute path")
    }
    plan.process.workingDirectory = process.cwd
    planUser(process.user)
    planLimits(process.rlimits ?? [])
    planAttributes(process)
    planSeccomp()
    checkHandlers()
    if process.terminal ?? false {
      let size = process.consoleSize.map { TerminalSize(rows: $0.height, columns: $0.width) }
      plan.process.terminal = TerminalPlan(size: size)
    }
    // config.md "capabilities": what is not given, the process does not have; berth shell always gives them.
    if makesMountPoints, process.capabilities == nil {
      plan.process.capabilities = CapabilitySets(bounding: [], effective: [], permitted: [])
    }
    if let capabilities = process.capabilities { planCapabilities(capabilities) }
    plan.process.noNewPrivileges = process.noNewPrivileges ?? false
    plan.process.hasInit = traits.hasInit
    plan.process.isForegroundJob = traits.isForegroundJob
    if plan.process.hasInit, !plan.created.contains(.pid) {
      problem("shell.init", "an init needs a pid namespace of its own to be PID 1 of")
    }
  }

  /// What clients ask of a runtime by annotations, and this one does not do.
  private mutating func checkHandlers() {
    for name in (spec.annotations ?? [:]).keys.sorted()
    where name.hasPrefix("module.wasm.") || name == "run.oci.handler" {
      problem(
        "annotations.\(name)",
        "berth runs programs of this machine, and no other format: WebAssembly needs crun with wasm"
      )
    }
  }

  private mutating func planSeccomp() {
    guard var seccomp = spec.linux?.seccomp else { return }
    if seccomp.listenerPath == nil { seccomp.listenerPath = annotation(.seccompReceiver) }
    var found: [JSONProblem] = []
    plan.process.seccomp = SeccompPlan(seccomp, problems: &found)
    problems += found.map { SpecProblem($0.path, $0.message) }
  }

  private mutating func planUser(_ user: ProcessSpec.User) {
    plan.process.userID = user.uid
    plan.process.groupID = user.gid
    // `podman run --group-add keep-groups` gives the annotation: the caller's groups stay.
    plan.process.groups = annotation(.keepOriginalGroups) == nil ? user.additionalGids ?? [] : nil
    plan.process.fileCreationMask = user.umask
    if let mask = user.umask, mask > 0o777 {
      problem("process.user.umask", "\(mask) is not a mask of permissions, which has nine bits")
    }
    // setresuid(2) and its kin take it for "as it is".
    for (place, id) in [("uid", user.uid), ("gid", user.gid)] where id == .max {
      return problem("process.user.\(place)", "\(id) is no id: it stands for none, credentials(7)")
    }
    guard let namespace = plan.userNamespace else { return }
    if !namespace.mappings.users.maps(user.uid) {
      problem(
        "process.user.uid",
        "user \(user.uid) has no id outside of the user namespace" + unmappedAdvice(namespace)
      )
    } else if !namespace.mappings.groups.maps(user.gid) {
      problem(
        "process.user.gid",
        "group \(user.gid) has no id outside of the user namespace" + unmappedAdvice(namespace)
      )
    }
    if namespace.writer == .ownIDsOnly {
      if !(user.additionalGids ?? []).isEmpty {
        problem(
          "process.user.additionalGids",
          "groups cannot be set in a user namespace that maps the caller alone" + unmappedAdvice(namespace)
        )
      }
      plan.process.groups = nil
    }
  }

  /// What would map more ids than the caller's own.
  private func unmappedAdvice(_ namespace: UserNamespacePlan) -> String {
    guard namespace.writer == .ownIDsOnly else { return "" }
    let caller = host.caller
    if caller.subordinateUsers.isEmpty || caller.subordinateGroups.isEmpty {
      return ": /etc/subuid and /etc/subgid give the caller no subordinate ids (usermod --add-subuids, --add-subgids)"
    }
    return caller.mappingTools == nil
      ? ": newuidmap and newgidmap, which map subordinate ids, are not installed (Debian's package is uidmap)" : ""
  }

  private mutating func planLimits(_ limits: [ProcessSpec.ResourceLimitSpec]) {
    for (index, limit) in limits.enumerated() {
      guard let resource = Resource(rawValue: limit.type) else {
        problem("process.rlimits[\(index)].type", "\"\(limit.type)\" is not a resource that setrlimit(2) knows")
        continue
      }
      if limit.soft > limit.hard {
        problem("process.rlimits[\(index)]", "the soft limit \(limit.soft) is above the hard limit \(limit.hard)")
      }
      // config.md "rlimits": the same type twice must be an error.
      if plan.process.limits.contains(where: { $0.resource == resource }) {
        problem("process.rlimits[\(index)].type", "there is a limit of \(limit.type) already")
      }
      plan.process.limits.append(ResourceLimit(resource: resource, soft: limit.soft, hard: limit.hard))
    }
  }

  private mutating func planCapabilities(_ spec: ProcessSpec.Capabilities) {
    func read(_ names: [String]?, _ set: String) -> CapabilitySet {
      CapabilitySet(names: names ?? []) { index, name in
        unknown.append(SpecProblem("process.capabilities.\(set)[\(index)]", "\"\(name)\" is not a capability"))
      }
    }
    var unknown: [SpecProblem] = []
    plan.process.capabilities = CapabilitySets(
      bounding: read(spec.bounding, "bounding"),
      effective: read(spec.effective, "effective"),
      permitted: read(spec.permitted, "permitted"),
      inheritable: read(spec.inheritable, "inheritable"),
      ambient: read(spec.ambient, "ambient")
    )
    // config.md "capabilities": what cannot be granted is warned of, and the container runs.
    guard makesMountPoints else { return problems += unknown }
    plan.warnings += unknown.map { "\($0.path): \($0.message)" }
    let granted = plan.process.capabilities.permitted.intersection(plan.process.capabilities.inheritable)
    let refused = plan.process.capabilities.ambient.subtracting(granted).names
    if !refused.isEmpty {
      let names = refused.joined(separator: ", ")
      plan.warnings.append("can't raise ambient capabilities: not both permitted and inheritable: \(names)")
    }
    plan.process.capabilities.ambient.formIntersection(granted)
  }
}
