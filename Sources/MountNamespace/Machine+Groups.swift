import LinuxABI

// Who gives mounts to whom: mount_namespaces(7) "Shared subtrees".
extension Machine {
  mutating func setGroup(_ group: Int?, of mount: Int) {
    if let old = mounts[mount].group { members[old]?.remove(mount) }
    mounts[mount].group = group
    if let group { members[group, default: MountList()].append(mount) }
  }

  mutating func setMaster(_ group: Int?, of mount: Int) {
    if let old = mounts[mount].master { slaves[old]?.remove(mount) }
    mounts[mount].master = group
    if let group { slaves[group, default: MountList()].append(mount) }
  }

  /// Makes a mount a member of a peer group, of its own when it is in none.
  mutating func share(_ mount: Int) {
    if mounts[mount].group == nil {
      setGroup(nextGroup, of: mount)
      nextGroup += 1
    }
    mounts[mount].isUnbindable = false
  }

  /// Changes a mount's propagation type: mount_namespaces(7) "Propagation type transitions".
  ///
  /// A group that loses its last member is gone, and what received from it receives from its master.
  mutating func changePropagation(of mount: Int, to type: Propagation) {
    if type == .shared { return share(mount) }
    var master = mounts[mount].master
    if let group = mounts[mount].group {
      setGroup(nil, of: mount)
      if members[group]?.isEmpty ?? true {
        members[group] = nil
        for slave in slaves.removeValue(forKey: group)?.all ?? [] {
          mounts[slave].master = nil
          setMaster(master, of: slave)
        }
      } else {
        master = group
      }
    }
    setMaster(type == .slave ? master : nil, of: mount)
    // Made a slave, an unbindable mount stays unbindable.
    if type != .slave { mounts[mount].isUnbindable = type == .unbindable }
  }

  /// The members of a peer group.
  package func members(of group: Int) -> [Int] { members[group]?.all ?? [] }

  /// The member that has been in a peer group for longest.
  func firstMember(of group: Int) -> Int? { members[group]?.first }

  /// The mounts that receive from a peer group directly.
  package func slaves(of group: Int) -> [Int] { slaves[group]?.all ?? [] }

  /// The peer group that a group receives from.
  package func master(of group: Int) -> Int? { firstMember(of: group).flatMap { mounts[$0].master } }

  /// Whether what happens on a mount reaches another: as a peer's, or as a master's over any number of steps.
  package func gives(_ mount: Int, to other: Int) -> Bool {
    guard let group = mounts[mount].group else { return false }
    var next = mounts[other].group ?? mounts[other].master
    if mounts[other].group == nil, next == nil { return false }
    while let candidate = next {
      if candidate == group { return true }
      next = master(of: candidate)
    }
    return false
  }

  /// All mounts that receive what happens on a mount, and from which group: peers first, then slaves, theirs, and so on.
  func receivers(of mount: Int) -> [(mount: Int, cause: Effect.Cause)] {
    guard let group = mounts[mount].group else { return [] }
    var found: [(mount: Int, cause: Effect.Cause)] = []
    for peer in members(of: group) where peer != mount { found.append((peer, .peer(group: group))) }
    var groups = [group]
    while let master = groups.popLast() {
      for slave in slaves(of: master) {
        guard let own = mounts[slave].group else {
          found.append((slave, .slave(of: master)))
          continue
        }
        // A peer group among the slaves is met with its first member, as a whole.
        guard firstMember(of: own) == slave else { continue }
        for member in members(of: own) { found.append((member, .slave(of: master))) }
        groups.append(own)
      }
    }
    return found
  }
}
