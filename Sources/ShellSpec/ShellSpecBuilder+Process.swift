import ContainerPlan
import LinuxABI
import MountNamespace
import OCISpec

extension ShellSpecBuilder {
  /// The command, who it runs as, and with what.
  mutating func buildProcess() throws(ShellUsageError) {
    let identity = try identity()
    var process = ProcessSpec(
      user: ProcessSpec.User(uid: identity.userID, gid: identity.groupID),
      args: options.command.isEmpty ? [facts.shell] : options.command,
      env: try environment(home: identity.home),
      cwd: try workingDirectory()
    )
    process.user.additionalGids = identity.groups.isEmpty ? nil : identity.groups
    process.user.umask = try fileCreationMask()
    process.capabilities = try capabilities(isRoot: identity.userID == 0)
    process.rlimits = try limits()
    process.noNewPrivileges = options.noNewPrivileges ? true : nil
    spec.process = process
  }

  /// Whether a user namespace is entered: the caller's own ids mean nothing there, and root owns it as a rule.
  private var joinsUserNamespace: Bool {
    linux.namespaces?.contains { $0.type == NamespaceType.user.rawValue && $0.path != nil } ?? false
  }

  private func identity() throws(ShellUsageError) -> Accounts.Identity {
    var identity: Accounts.Identity
    if let user = options.user {
      identity = try facts.accounts.identity(user)
    } else if created.contains(.user), !facts.caller.isPrivileged || options.mapsRoot || options.mapsUser {
      let caller = facts.caller
      identity = Accounts.Identity(
        userID: options.mapsUser ? caller.userID : 0,
        groupID: options.mapsUser ? caller.groupID : 0,
        groups: []
      )
    } else if options.rootfs != nil || options.image != nil || joinsUserNamespace {
      identity = Accounts.Identity(userID: 0, groupID: 0, groups: [])
    } else {
      identity = Accounts.Identity(
        userID: facts.caller.userID,
        groupID: facts.caller.groupID,
        groups: facts.caller.groups
      )
    }
    for group in options.groups {
      identity.groups.append(try facts.accounts.groupID(group[...], "--group-add \(group)"))
    }
    return identity
  }

  private func workingDirectory() throws(ShellUsageError) -> String {
    if let directory = options.workingDirectory {
      guard directory.hasPrefix("/") else {
        throw error("--workdir \(directory)", "this is not an absolute path in the container")
      }
      return directory
    }
    let joinsMounts = options.joined.contains { $0.hasPrefix("m") }
    let directory = facts.caller.workingDirectory
    let isCovered = (spec.mounts ?? []).contains { $0.type == "tmpfs" && isPath(directory, within: $0.destination) }
    return options.rootfs != nil || options.image != nil || joinsMounts || isCovered ? "/" : directory
  }

  // MARK: Environment

  private func environment(home: String?) throws(ShellUsageError) -> [String] {
    let caller = facts.caller.environment
    let kept = options.clearEnvironment ? caller.filter { $0.hasPrefix("TERM=") } + [Self.defaultPath] : caller
    var environment = Environment(kept)
    if options.command.isEmpty {
      environment.set("PS1=-[\(options.name ?? "berth")]- # ")
      // Debian's bash start-up files set PS1 anew, with this before it.
      environment.set("debian_chroot=\(options.name ?? "berth")")
    }
    if let home { environment.set("HOME=\(home)") }
    for line in options.environmentFileLines where !line.isEmpty && !line.hasPrefix("#") {
      environment.set(line.contains("=") ? line : try inherited(line, "--env-file"))
    }
    for variable in options.environment {
      environment.set(variable.contains("=") ? variable : try inherited(variable, "--env \(variable)"))
    }
    return environment.variables
  }

  private static var defaultPath: String { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" }

  /// A variable named alone has the caller's value.
  private func inherited(_ name: String, _ flag: String) throws(ShellUsageError) -> String {
    guard let variable = facts.caller.environment.last(where: { $0.hasPrefix(name + "=") }) else {
      throw error(flag, "\(name) is not set here: give it a value, \(name)=VALUE")
    }
    return variable
  }

  // MARK: Privileges and limits

  /// With the host's root the caller's capabilities, with a root of its own those that docker gives.
  private func capabilities(isRoot: Bool) throws(ShellUsageError) -> ProcessSpec.Capabilities {
    let caller = facts.caller.capabilities
    let most = created.contains(.user) ? CapabilitySet.all : caller.bounding
    let hasSystem = options.rootfs != nil || options.image != nil
    var bounding = hasSystem ? most.intersection(Self.systemCapabilities) : most
    var added: CapabilitySet = []
    for name in options.addedCapabilities {
      let set = try capability(name, "--cap-add \(name)")
      if set != .all, !most.isSuperset(of: set) {
        throw error("--cap-add \(name)", "the caller does not have this capability, so neither can the command")
      }
      added.formUnion(set.intersection(most))
    }
    for name in options.droppedCapabilities {
      bounding.subtract(try capability(name, "--cap-drop \(name)"))
    }
    bounding.formUnion(added)
    // A user other than root keeps across execve only what is ambient, capabilities(7): what was asked for by name.
    let permitted = isRoot ? bounding : added
    return ProcessSpec.Capabilities(
      bounding: bounding.names,
      effective: permitted.names,
      permitted: permitted.names,
      inheritable: isRoot || added.isEmpty ? nil : added.names,
      ambient: isRoot || added.isEmpty ? nil : added.names
    )
  }

  private static var systemCapabilities: CapabilitySet {
    let names = [
      "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "NET_BIND_SERVICE", "NET_RAW",
      "SYS_CHROOT", "MKNOD", "AUDIT_WRITE", "SETFCAP",
    ]
    return CapabilitySet(names.compactMap { CapabilitySet(name: "CAP_" + $0) })
  }

  private func capability(_ name: String, _ flag: String) throws(ShellUsageError) -> CapabilitySet {
    let upper = name.uppercased()
    if upper == "ALL" { return .all }
    let full = upper.hasPrefix("CAP_") ? upper : "CAP_" + upper
    if let capability = CapabilitySet(name: full) { return capability }
    let hint = nearestName(to: full, among: CapabilitySet.names).map { "; did you mean \($0)?" } ?? ""
    throw error(flag, "\(full) is not a capability of capabilities(7)\(hint)")
  }

  private func limits() throws(ShellUsageError) -> [ProcessSpec.ResourceLimitSpec]? {
    var limits: [ProcessSpec.ResourceLimitSpec] = []
    for text in options.limits {
      let flag = "--ulimit \(text)"
      let parts = text.split(separator: "=", maxSplits: 1)
      let values =
        parts.count == 2 ? parts[1].split(separator: ":", omittingEmptySubsequences: false).map(Self.limit) : []
      guard (1...2).contains(values.count), let soft = values[0], let hard = values[values.count - 1] else {
        throw error(flag, "this is not NAME=SOFT[:HARD], for example --ulimit nofile=1024:4096")
      }
      guard let resource = Resource.allCases.first(where: { $0.shortName == parts[0] }) else {
        let names = Resource.allCases.map(\.shortName)
        let hint = nearestName(to: String(parts[0]), among: names).map { "; did you mean \($0)?" } ?? ""
        throw error(flag, "\"\(parts[0])\" is not a limit: \(names.joined(separator: ", ")) are\(hint)")
      }
      limits.append(ProcessSpec.ResourceLimitSpec(type: resource.rawValue, soft: soft, hard: hard))
    }
    return limits.isEmpty ? nil : limits
  }

  private static func limit(_ text: Substring) -> UInt64? {
    text == "unlimited" || text == "-1" ? .max : UInt64(digits: text)
  }

  private func fileCreationMask() throws(ShellUsageError) -> UInt32? {
    guard let text = options.fileCreationMask else { return nil }
    guard let mask = UInt32(digits: text[...], radix: 8), mask <= 0o777 else {
      throw error("--umask \(text)", "this is not an octal number from 0 to 777")
    }
    return mask
  }
}

/// Environment variables in the order in which they were first set.
private struct Environment {
  private(set) var variables: [String]

  init(_ variables: [String]) { self.variables = variables }

  mutating func set(_ variable: String) {
    let prefix = variable.prefix { $0 != "=" } + "="
    if let index = variables.firstIndex(where: { $0.hasPrefix(prefix) }) {
      variables[index] = variable
    } else {
      variables.append(variable)
    }
  }
}
