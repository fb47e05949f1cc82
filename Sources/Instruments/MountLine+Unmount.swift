package import MountNamespace

extension MountLine {
  private static let unmountOptions: [CommandWords.Option] = [
    .init("-l", "--lazy"), .init("-R", "--recursive"), .init("-A", "--all-targets"), .init("--fake"),
    .init("-f", "--force"), .init("-d", "--detach-loop"), .init("-n", "--no-mtab"), .init("-v", "--verbose"),
    .init("-q", "--quiet"), .init("-c", "--no-canonicalize"), .init("-i", "--internal-only"),
    .init("-t", "--types", value: .needed), .init("-r", "--read-only"), .init("-a", "--all"),
  ]

  mutating func readUnmount(_ arguments: [String]) throws(Problem) {
    let words = try CommandWords(arguments, of: "umount", known: Self.unmountOptions)
    let names = Set(words.options.map(\.name))
    if names.contains("--all") { throw Problem("umount: --all is every mount there is: name those that are meant") }
    if names.contains("--read-only") {
      throw Problem("umount: --read-only is not modelled: predict the umount, then mount -o remount,ro")
    }
    guard !words.operands.isEmpty else { throw Problem("umount: what to unmount is missing") }
    isRecursive = names.contains("--recursive")
    isEverywhere = names.contains("--all-targets")
    let detach = names.contains("--lazy")
    operations = names.contains("--fake") ? [] : words.operands.map { .unmount(at: $0, detach: detach) }
  }

  /// What is done for one operand.
  package struct Step: Hashable, Sendable {
    package var operations: [Machine.Operation]
    /// Whether a mount that is gone by then is passed over, as umount(8) does with those that it found itself.
    package var passesOverGone: Bool

    package init(_ operations: [Machine.Operation], passesOverGone: Bool = false) {
      self.operations = operations
      self.passesOverGone = passesOverGone
    }
  }

  /// The line on a namespace's mounts: mount(8) ends with the first call that fails, umount(8) goes on with its next operand.
  package func steps(on table: MountTable) -> [Step] {
    var steps: [Step] = []
    for operation in operations {
      guard case .unmount(let path, let detach) = operation else { return [Step(operations)] }
      guard isRecursive || isEverywhere, let top = table.topMount(at: path) else {
        steps.append(Step([operation]))
        continue
      }
      var going = isEverywhere ? table.entries.reversed().filter { $0.device == top.device } : [top]
      if isRecursive { going = table.treesFromBelow(going) }
      steps.append(Step(going.map { .unmount(at: $0.mountPoint, detach: detach) }, passesOverGone: true))
    }
    return steps
  }
}

extension MountTable {
  /// Mounts and all below each, the last that was mounted first: the order of umount(8) `--recursive`.
  fileprivate func treesFromBelow(_ mounts: [MountEntry]) -> [MountEntry] {
    var children: [UInt64: [MountEntry]] = [:]
    for entry in entries where entry.parentID != entry.id { children[entry.parentID, default: []].append(entry) }
    return mounts.flatMap { mount in
      // From above it is the same order backwards. A stack can be deeper than calls can.
      var tree: [MountEntry] = []
      var waiting = [mount]
      while let next = waiting.popLast() {
        tree.append(next)
        waiting += (children[next.id] ?? []).reversed()
      }
      return tree.reversed()
    }
  }
}
