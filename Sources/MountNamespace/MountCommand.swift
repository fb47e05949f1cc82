import LinuxABI

extension MountOperation {
  /// The operation in one line, for a message.
  package var summary: String {
    if case .capture(let source, _, let idMap) = self {
      return "copy the mount at \(source.path)" + (idMap.map { " with \($0.option)" } ?? "")
    }
    return commandLines.first { !$0.hasPrefix("#") } ?? ""
  }

  /// The operation as lines that a person can paste into a shell, in the words of mount(8).
  package var commandLines: [String] {
    switch self {
    case .mount(let fileSystem, let attributes, let copyUp, let target):
      let line = fileSystem.mountCommand(attributes: attributes, at: target.fullPath)
      return copyUp ? ["# filled with what it covers:", line] : [line]
    case .capture(let source, let recursive, let idMap):
      let mapped = idMap.map { ", with \($0.option)" } ?? ""
      return [
        "# open_tree: \(shellLine([source.path]))\(recursive ? " and all below it" : "") as it is on the host\(mapped), for the bind below"
      ]
    case .enter(let directory):
      return [shellLine(["cd", directory.fullPath])]
    case .bind(let source, let recursive, let cut, let change, let target):
      let links = [source, target].filter { !$0.followsLink }.map {
        "# \(shellLine([$0.fullPath])) is the link itself:"
      }
      let words =
        ["mount"] + (source.root == "." ? ["--no-canonicalize"] : []) + [recursive ? "--rbind" : "--bind"]
        + makeOptions(change.propagation ?? cut) + [source.fullPath, target.fullPath]
      // The rest by itself: given with the bind, mount(8) would drop what is forbidden on the source, as nosuid.
      var rest = change
      rest.propagation = nil
      return links + [shellLine(words)] + MountOperation.change(rest, at: target).commandLines
    case .change(let change, let target):
      var lines: [String] = []
      if change.propagation != nil {
        lines.append(shellLine(["mount"] + makeOptions(change.propagation) + [target.fullPath]))
      }
      if !change.options.isEmpty {
        lines.append(shellLine(["mount"] + optionArguments(["remount", "bind"] + change.options) + [target.fullPath]))
      }
      return lines
    case .reconfigure(let parameters, let target):
      return [shellLine(["mount"] + optionArguments(["remount"] + parameters.map(\.option)) + [target.fullPath])]
    case .pivotRoot(let path):
      return [shellLine(["cd", path]), "pivot_root . .", "umount -l .", "cd /"]
    }
  }
}

extension FileSystem {
  /// The mount(8) line that makes this file system and mounts it.
  func mountCommand(attributes: MountAttributes, at path: String) -> String {
    var options =
      attributes.optionNames + parameters.map(\.option).filter { $0 != "ro" || !attributes.contains(.readOnly) }
    let source: String
    switch backing {
    case .source(let name): source = name
    case .image(let path):
      source = path
      options.append("loop")
    }
    return shellLine(["mount", "-t", type] + optionArguments(options) + [source, path])
  }
}

extension MountChange {
  /// The options after `-o` for everything else. Those that are recursive need mount(8) of util-linux 2.39.
  var options: [String] {
    let recursive =
      recursiveAttributes.set.optionNames + recursiveAttributes.clear.clearingNames(besides: recursiveAttributes.set)
    return attributes.set.optionNames + attributes.clear.clearingNames(besides: attributes.set)
      + recursive.map { $0 + "=recursive" }
  }
}

extension MountAttributes {
  /// The options that clear these; setting an access-time mode says already that the others are cleared.
  fileprivate func clearingNames(besides set: MountAttributes) -> [String] {
    (set.isDisjoint(with: .accessTimeModes) ? self : subtracting(.accessTimeModes)).clearingOptionNames
  }
}

extension MountChange.IDMap {
  /// mount(8)'s option: `X-mount.idmap=u:0:1000:1 g:0:1000:1`.
  package var option: String {
    let users = mappings.users.map { "u:\($0.containerID):\($0.hostID):\($0.size)" }
    let groups = mappings.groups.map { "g:\($0.containerID):\($0.hostID):\($0.size)" }
    return "X-mount.idmap=" + (users + groups).joined(separator: " ")
  }
}

/// The `--make-` option of mount(8) for a propagation.
private func makeOptions(_ propagation: MountChange.PropagationChange?) -> [String] {
  propagation.map { ["--make-" + $0.option] } ?? []
}

private func optionArguments(_ options: [String]) -> [String] {
  options.isEmpty ? [] : ["-o", options.joined(separator: ",")]
}
