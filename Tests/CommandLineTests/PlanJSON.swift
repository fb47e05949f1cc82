/// What `--dry-run=json` prints.
struct PlanJSON: Decodable {
  struct Step: Decodable {
    var operation: String
    var type: String?
    var source: String?
    var target: String?
    var options: [String]?
    var propagation: String?
  }

  var namespaces: [String]
  var steps: [Step]

  /// The directory that becomes the root in the end, if any does.
  private var root: String { steps.last { $0.operation == "pivot_root" }?.target ?? "/" }

  /// Where a step's target is in the end; nil for what goes away with the old root.
  private func place(_ step: Step) -> String? {
    guard let target = step.target else { return nil }
    if root == "/" || target == "/" { return target }
    if target == root { return "/" }
    return target.hasPrefix(root + "/") ? String(target.dropFirst(root.utf8.count)) : nil
  }

  /// What the plan says and the table of the container does not show.
  func contradictions(with table: [MountLine]) -> [String] {
    var found: [String] = []
    for (index, step) in steps.enumerated() {
      guard let place = place(step) else { continue }
      let lines = table.filter { $0.mountPoint == place }
      let later = Set(steps[(index + 1)...].compactMap(self.place))
      let isMet =
        switch step.operation {
        case "mount": lines.contains { $0.type == step.type && $0.source == step.source && shows($0, step) }
        case "bind": lines.contains { shows($0, step) }
        case "change":
          table.contains { isWithin($0.mountPoint, place) && shows($0, step) } && isRecursive(step, place, table, later)
        case "readonly": lines.allSatisfy { $0.options.contains("ro") }
        case "mask": lines.allSatisfy { $0.root == "/null" || $0.type == "tmpfs" && $0.options.contains("ro") }
        default: true
        }
      if !isMet { found.append("\(step) is not in the table: \(lines)") }
    }
    return found
  }

  /// Whether what is set all the way down is set on each mount that no later step made or changed.
  private func isRecursive(_ step: Step, _ place: String, _ table: [MountLine], _ later: Set<String>) -> Bool {
    let deep = (step.options ?? []).filter { $0.hasSuffix("=recursive") }.map(plain)
    let isOwnTree = root == "/"
    return table.allSatisfy { line in
      guard isOwnTree, isWithin(line.mountPoint, place), !later.contains(line.mountPoint) else { return true }
      return deep.allSatisfy(line.options.contains) && propagates(line, step.propagation)
    }
  }

  private func propagates(_ line: MountLine, _ propagation: String?) -> Bool {
    switch propagation {
    case "rprivate": line.tags.isEmpty
    case "rslave": !line.tags.contains { $0.hasPrefix("shared:") }
    case "rshared": line.tags.contains { $0.hasPrefix("shared:") }
    default: true
    }
  }

  /// Whether a line shows the options of a step, among its mount's or its file system's.
  private func shows(_ line: MountLine, _ step: Step) -> Bool {
    // These are the kernel's defaults, or say how to make the file system: no table shows them.
    let hidden: Set<String> = ["mode=1777", "newinstance", "strictatime"]
    return (step.options ?? []).allSatisfy { option in
      let bare = plain(option)
      // The kernel prints modes without the leading zero.
      let text = bare.replacing("mode=0", with: "mode=")
      return hidden.contains(bare) || line.options.contains(text) || line.superOptions.contains(text)
    } && propagatesAlone(line, step)
  }

  private func propagatesAlone(_ line: MountLine, _ step: Step) -> Bool {
    step.operation == "bind" && root == "/" ? propagates(line, step.propagation) : true
  }

  private func plain(_ option: String) -> String { option.replacing("=recursive", with: "") }

  private func isWithin(_ path: String, _ directory: String) -> Bool {
    directory == "/" || path == directory || path.hasPrefix(directory + "/")
  }
}
