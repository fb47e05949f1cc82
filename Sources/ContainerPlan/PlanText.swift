import LinuxABI
import MountNamespace

extension ContainerPlan {
  /// The plan as lines for a person to read, and to paste into a shell: unshare(1), mount(8) and their kin.
  ///
  /// The first line opens a shell in the new namespaces; the rest is typed into that shell.
  package func commandLines(for caller: Caller) -> [String] {
    captures.flatMap(\.commandLines) + namespaceLines + steps.flatMap(\.commandLines) + nameLines
      + processLines(caller)
  }

  private var namespaceLines: [String] {
    var lines: [String] = []
    if !joined.isEmpty {
      lines.append(shellLine(["nsenter"] + joined.map { "--\($0.type.unshareOption)=\($0.path)" }))
    }
    var words = ["unshare"] + created.inOrder.map { "--" + $0.unshareOption }
    if created.contains(.mount) { words += ["--propagation", "unchanged"] }
    for offset in clockOffsets { words += ["--\(offset.clock)", "\(offset.seconds)"] }
    if let userNamespace { words += userNamespace.unshareOptions }
    if created.contains(.pid) { words += ["--fork", "--kill-child"] }
    if !created.isEmpty { lines.append(shellLine(words)) }
    if bringsUpLoopback { lines.append("ip link set lo up") }
    return lines
  }

  private var nameLines: [String] {
    var lines: [String] = []
    if let hostname { lines.append(shellLine(["hostname", hostname])) }
    if let domainname { lines.append(shellLine(["domainname", domainname])) }
    return lines + kernelParameters.map { shellLine(["sysctl", "-w", "\($0.name)=\($0.value)"]) }
  }

  private func processLines(_ caller: Caller) -> [String] {
    var lines: [String] = []
    if let mask = process.fileCreationMask { lines.append("umask \(String(mask, radix: 8))") }
    lines.append(shellLine(["cd", process.workingDirectory]))
    let limits = process.limits.map { "--\($0.resource.shortName)=\(limitText($0.soft)):\(limitText($0.hard))" }
    let words =
      (limits.isEmpty ? [] : ["prlimit"] + limits) + environmentWords(caller.environment) + privilegeWords(caller)
      + (process.hasInit ? ["tini", "--"] : []) + process.arguments
    return lines + [shellLine(["exec"] + words)]
  }

  private func limitText(_ limit: UInt64) -> String { limit == .max ? "unlimited" : "\(limit)" }

  /// env(1) with what differs from the caller's environment.
  private func environmentWords(_ callerEnvironment: [String]) -> [String] {
    let before = Dictionary(callerEnvironment.map(Self.variable)) { $1 }
    let after = Dictionary(process.environment.map(Self.variable)) { $1 }
    if after.keys.filter({ before[$0] != nil }).isEmpty, !before.isEmpty {
      return ["env", "-i"] + process.environment
    }
    let removed = before.keys.filter { after[$0] == nil }.sorted().flatMap { ["-u", $0] }
    let added = after.filter { before[$0.key] != $0.value }.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return removed.isEmpty && added.isEmpty ? [] : ["env"] + removed + added
  }

  private static func variable(_ text: String) -> (String, String) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
  }

  /// setpriv(1) with the ids and capabilities, where they are not simply those of root as the caller has them.
  private func privilegeWords(_ caller: Caller) -> [String] {
    var words: [String] = []
    if process.userID != 0 || process.groupID != 0 {
      words += ["--reuid", "\(process.userID)", "--regid", "\(process.groupID)"]
    }
    if let groups = process.groups, !groups.isEmpty {
      words += ["--groups", groups.map(String.init).joined(separator: ",")]
    } else if !words.isEmpty {
      words.append(process.groups == nil ? "--keep-groups" : "--clear-groups")
    }
    let bounding = userNamespace == nil ? caller.capabilities.bounding : .all
    if process.capabilities.bounding != bounding {
      words += ["--bounding-set", capabilityText(process.capabilities.bounding)]
    }
    if !process.capabilities.ambient.isEmpty {
      words += ["--inh-caps", capabilityText(process.capabilities.inheritable)]
      words += ["--ambient-caps", capabilityText(process.capabilities.ambient)]
    }
    if process.noNewPrivileges { words.append("--no-new-privs") }
    return words.isEmpty ? [] : ["setpriv"] + words
  }

  /// A capability set as setpriv(1) writes it: all, less those that are out, or none, and those that are in.
  private func capabilityText(_ set: CapabilitySet) -> String {
    func words(_ names: [String], _ sign: String) -> [String] {
      names.map { sign + $0.dropFirst("CAP_".count).lowercased() }
    }
    let out = CapabilitySet.all.subtracting(set).names
    return out.count < set.names.count
      ? (["+all"] + words(out, "-")).joined(separator: ",")
      : (["-all"] + words(set.names, "+")).joined(separator: ",")
  }
}

extension UserNamespacePlan {
  /// unshare(1)'s options for the maps. `all` stands for every id of the caller's (util-linux 2.39).
  fileprivate var unshareOptions: [String] {
    func text(_ map: [IDMapping]) -> [String] {
      if map == [IDMapping(containerID: 0, hostID: 0, size: .max)] { return ["all"] }
      return map.map { "\($0.hostID),\($0.containerID),\($0.size)" }
    }
    return text(mappings.users).flatMap { ["--map-users", $0] }
      + text(mappings.groups).flatMap { ["--map-groups", $0] }
  }
}

extension RootStep {
  /// The step in a few words, for a message.
  package var summary: String {
    switch self {
    case .mount(let operation): operation.summary
    case .mask(let place): "mask \(place.fullPath)"
    case .captureMapped(_, let source, _, let idMap): "copy the mount at \(source.fullPath) with \(idMap.option)"
    case .makeReadOnly(let place): "make \(place.fullPath) read-only"
    default: commandLines.last ?? ""
    }
  }

  /// The step as lines that a person can paste into a shell.
  package var commandLines: [String] {
    switch self {
    case .mount(let operation): operation.commandLines
    case .captureMapped(_, let source, let recursive, let idMap):
      [
        "# open_tree: \(shellLine([source.fullPath]))\(recursive ? " and all below it" : "") as it is by now, "
          + "with \(idMap.option), for the bind below"
      ]
    case .makeDirectory(let place, _): [shellLine(["mkdir", "-p", place.fullPath])]
    case .makeFile(let place): [shellLine(["touch", place.fullPath])]
    case .makeSymbolicLink(let text, let place): [shellLine(["ln", "-s", text, place.fullPath])]
    case .makeDevice(let node, let place):
      [
        shellLine(
          [
            "mknod", "-m", "0" + String(node.permissions, radix: 8), place.fullPath, node.letter,
            "\(node.number.major)", "\(node.number.minor)",
          ])
      ]
    case .moveRoot(let path): [shellLine(["mount", "--move", path, "/"]), shellLine(["chroot", "/"])]
    case .changeRoot(let path): [shellLine(["chroot", path])]
    case .runHooks: []
    case .enterCgroupNamespace: ["unshare --cgroup"]
    case .copyFile(let source, let place): [shellLine(["cp", "-p", source, place.fullPath])]
    case .copyAttributes(let source, let place):
      [
        shellLine(["chown", "--reference=" + source, place.fullPath]),
        shellLine(["chmod", "--reference=" + source, place.fullPath]),
      ]
    case .mask(let place):
      [
        shellLine(["test", "!", "-e", place.fullPath]) + " || { "
          + shellLine(["mount", "--bind", "/dev/null", place.fullPath]) + " 2>/dev/null && "
          + shellLine(["mount", "-o", "remount,bind,ro", place.fullPath]) + "; } || "
          + shellLine(["mount", "-t", "tmpfs", "-o", "ro,mode=0555", "tmpfs", place.fullPath])
      ]
    case .makeReadOnly(let place):
      [
        // In two commands: given a bind's options at once, mount(8) drops what is forbidden there, as nosuid.
        shellLine(["test", "!", "-e", place.fullPath]) + " || { "
          + shellLine(["mount", "--rbind", place.fullPath, place.fullPath]) + " && "
          + shellLine(["mount", "-o", "remount,bind,ro", place.fullPath]) + "; }"
      ]
    }
  }
}
