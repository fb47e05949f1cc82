import SystemPackage

// What attaching a tree does here, and wherever the place that it is attached to propagates to:
// mount_namespaces(7) "Bind (MS_BIND) semantics", "Move (MS_MOVE) semantics", "Mount semantics".
extension Machine {
  /// Attaches a tree at a place, and copies of it at the same place of all mounts that receive from there.
  mutating func attach(
    _ tree: Int,
    at place: Place,
    by namespace: Int,
    moving: Bool = false
  ) throws(Refusal) -> [Effect] {
    try checkRoom(forMounts: self.tree(of: tree).count, at: place, moving: moving)
    var copies: [Copy] = []
    if mounts[place.mount].isShared {
      // What becomes shared only now still receives as what it was: a mount that is moved can receive a copy of itself.
      let fresh = Set(self.tree(of: tree).filter { !mounts[$0].isShared })
      for mount in self.tree(of: tree) { share(mount) }
      copies = try propagate(tree, to: place, fresh: fresh)
    }
    if moving { unlink(tree) }
    // What they are before anything comes to lie on top of them.
    let below = self.tree(of: tree).dropFirst()
    let shifted = put(tree, at: place)
    var effects = [effect(moving ? .moved : .attached, tree, .asked)]
    if let shifted { effects.append(shifted) }
    for copy in copies {
      let receiver = mounts[copy.place.mount].namespace ?? namespace
      if namespaces[receiver].owner != namespaces[namespace].owner { lock(copy.tree) }
      let copied = self.tree(of: copy.tree)
      let shifted = put(copy.tree, at: copy.place)
      effects += copied.map { effect(.attached, $0, copy.cause) }
      if let shifted { effects.append(shifted) }
    }
    if !moving { effects += below.map { effect(.attached, $0, .asked) } }
    return effects
  }

  /// Attaches a tree; what was at the place before comes to lie on top of it, which is told.
  private mutating func put(_ tree: Int, at place: Place) -> Effect? {
    let before = child(of: place.mount, at: place.path)
    attach(tree, at: place)
    commit(tree, to: mounts[place.mount].namespace)
    guard let before else { return nil }
    unlink(before)
    let top = topmost(tree)
    if top != tree, !rules.hasDefiniteStacks { isBeyondRules = true }
    attach(before, at: Place(mount: top, path: mounts[top].root))
    return effect(.moved, before, .shifted)
  }

  /// A copy of a tree that propagation makes, and where it belongs.
  private struct Copy {
    var tree: Int
    var place: Place
    var cause: Effect.Cause
  }

  /// Makes the copies: peers' are peers of the tree; a slave's are slaves of the copy that its nearest master has.
  private mutating func propagate(_ tree: Int, to place: Place, fresh: Set<Int>) throws(Refusal) -> [Copy] {
    guard let group = mounts[place.mount].group else { return [] }
    var copies: [Copy] = []
    for peer in members(of: group) where peer != place.mount && receives(peer, at: place) {
      let copy = try copyTree(tree, root: mounts[tree].root, as: .peer, shared: true)[0].copy
      copies.append(Copy(tree: copy, place: Place(mount: peer, path: place.path), cause: .peer(group: group)))
    }
    // Each group with the tree that its slaves' copies are slaves of.
    var groups = [(group: group, tree: tree, isPassedBy: false)]
    while let (master, model, isPassedBy) = groups.popLast() {
      for slave in slaves(of: master) {
        let own = fresh.contains(slave) ? nil : mounts[slave].group
        // A peer group among the slaves is served with its first member, as a whole.
        if let own, firstMember(of: own) != slave { continue }
        let receivers = own.map(members(of:)) ?? [slave]
        var first: Int?
        for receiver in receivers where receives(receiver, at: place) {
          let made = try copyTree(
            first ?? model,
            root: mounts[tree].root,
            as: first == nil ? .slave : .peer,
            shared: own != nil
          )[0].copy
          first = first ?? made
          // Which master the slaves further on get then depends on the order in which the kernel comes by.
          if isPassedBy { isBeyondRules = true }
          copies.append(Copy(tree: made, place: Place(mount: receiver, path: place.path), cause: .slave(of: master)))
        }
        if let own { groups.append((own, first ?? model, first == nil)) }
      }
    }
    return copies
  }

  /// Whether a mount that propagation reaches has the directory, and is in a namespace.
  func receives(_ mount: Int, at place: Place) -> Bool {
    mounts[mount].namespace != nil && isPath(place.path, within: mounts[mount].root)
  }

  /// An effect on a mount where it is now.
  func effect(_ kind: Effect.Kind, _ mount: Int, _ cause: Effect.Cause) -> Effect {
    Effect(kind: kind, mount: mount, namespace: mounts[mount].namespace ?? 0, path: path(of: mount), cause: cause)
  }
}
