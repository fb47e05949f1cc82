import LinuxABI
import SystemPackage

extension Machine {
  /// Does an operation as a process of a namespace, and tells what it did to which mounts, in all namespaces.
  ///
  /// - Throws: what the kernel would refuse it with; the machine is then as it was.
  package mutating func apply(_ operation: Operation, in namespace: Int) throws(Refusal) -> [Effect] {
    let before = self
    do throws(Refusal) {
      let effects = try carryOut(operation, in: namespace)
      return effects + orphans(since: before, besides: effects)
    } catch {
      self = before
      throw error
    }
  }

  /// The mounts whose master is gone, and which nothing else is told of.
  private func orphans(since before: Machine, besides effects: [Effect]) -> [Effect] {
    let told = Set(effects.map(\.mount))
    return before.mounts.indices.compactMap { mount in
      guard let master = before.mounts[mount].master, mounts[mount].master != master else { return nil }
      return mounts[mount].isGone || told.contains(mount) ? nil : effect(.changed, mount, .orphaned(group: master))
    }
  }

  private mutating func carryOut(_ operation: Operation, in namespace: Int) throws(Refusal) -> [Effect] {
    switch operation {
    case .mount(let type, let source, let attributes, let path):
      return try mount(type: type, source: source, attributes, at: path, in: namespace)
    case .bind(let from, let recursive, let path):
      return try bind(from, recursive: recursive, at: path, in: namespace)
    case .move(let from, let path): return try move(from, to: path, beneath: false, in: namespace)
    case .moveBeneath(let from, let path): return try move(from, to: path, beneath: true, in: namespace)
    case .setGroup(let from, let path): return try setGroup(from: from, to: path, in: namespace)
    case .unmount(let path, let detach): return try unmount(at: path, detach: detach, in: namespace)
    case .setAttributes(let set, let clear, let recursive, let path):
      return try setAttributes(set, clear, recursive: recursive, at: path, in: namespace)
    case .setPropagation(let type, let recursive, let path):
      let mount = try mountRoot(at: path, in: namespace)
      let changed = recursive ? tree(of: mount) : [mount]
      for mount in changed { changePropagation(of: mount, to: type) }
      return changed.map { effect(.changed, $0, .asked) }
    case .pivotRoot(let path, let putOld): return try pivotRoot(to: path, putOld: putOld, in: namespace)
    case .unshare(let name, let newUser): return try unshare(namespace, as: name, newUser: newUser)
    case .end: return end(namespace)
    }
  }

  private mutating func mount(
    type: String,
    source: String,
    _ attributes: MountAttributes,
    at path: String,
    in namespace: Int
  ) throws(Refusal) -> [Effect] {
    let place = try target(path, in: namespace)
    // A new file system has the directories that the machine's first has: those that a scenario names.
    let directories = superblocks.first { $0.directories != nil }?.directories
    let device = "0:\(superblocks.count + 1)"
    superblocks.append(Superblock(type: type, source: source, device: device, directories: directories))
    let mount = makeMount(superblock: superblocks.count - 1, root: "/", attributes: attributes)
    return try attach(mount, at: place, by: namespace)
  }

  private mutating func bind(
    _ from: String,
    recursive: Bool,
    at path: String,
    in namespace: Int
  ) throws(Refusal) -> [Effect] {
    let place = try target(path, in: namespace)
    let source = try resolve(from, in: namespace)
    guard !mounts[source.mount].isUnbindable else {
      throw Refusal(errno: .invalidArgument, reason: "the mount at \(from) is unbindable")
    }
    guard mounts[source.mount].namespace == namespace else {
      throw Refusal(errno: .invalidArgument, reason: "\(from) lies in a mount that was detached from this namespace")
    }
    guard recursive || !hasLockedChild(source.mount, below: source.path) else {
      throw Refusal(errno: .invalidArgument, reason: "a locked mount below \(from) would be left out: use --rbind")
    }
    if recursive {
      let size = try bindable(source.mount, below: source.path, withUnbindable: false).count + 1
      try checkRoom(forMounts: size, at: place, moving: false)
    }
    let copy =
      recursive
      ? try copyTree(source.mount, root: source.path, as: .peer)[0].copy
      : copy(source.mount, root: source.path, as: .peer)
    return try attach(copy, at: place, by: namespace)
  }

  /// Sets and clears attributes: all mounts or, when one has a locked attribute, none.
  private mutating func setAttributes(
    _ set: MountAttributes,
    _ clear: MountAttributes,
    recursive: Bool,
    at path: String,
    in namespace: Int
  ) throws(Refusal) -> [Effect] {
    // Without anything to change, the kernel does not look for the mount.
    if set.isEmpty, clear.isEmpty { return [] }
    let mount = try mountRoot(at: path, in: namespace)
    let changed = recursive ? tree(of: mount) : [mount]
    for mount in changed {
      let after = mounts[mount].attributes.subtracting(clear).union(set)
      guard mounts[mount].allows(after) else {
        let locked = mounts[mount].lockedAttributes.subtracting(.accessTimeModes).optionNames
        let names = (locked + ["the times of access"]).joined(separator: ", ")
        throw Refusal(errno: .notPermitted, reason: "\(self.path(of: mount) ?? path) has locked attributes: \(names)")
      }
    }
    for mount in changed { mounts[mount].attributes = mounts[mount].attributes.subtracting(clear).union(set) }
    return changed.map { effect(.changed, $0, .asked) }
  }
}

extension Machine.Mount {
  /// Whether the locked attributes of the mount stay as they are.
  fileprivate func allows(_ after: MountAttributes) -> Bool {
    let times = MountAttributes.accessTimeModes.union(.noDirectoryAccessTime)
    let flags = lockedAttributes.subtracting(.accessTimeModes)
    guard flags.isSubset(of: after) else { return false }
    return lockedAttributes.isDisjoint(with: .accessTimeModes)
      || attributes.intersection(times) == after.intersection(times)
  }
}
