import LinuxABI
import SystemPackage

// What unmounting takes away here, and wherever the parent propagates to: mount_namespaces(7) "Unmount semantics", and
// the kernel's Documentation/filesystems/propagate_umount.txt, whose words the comments use.
extension Machine {
  /// Unmounts; with `detach` all below too.
  mutating func unmount(at path: String, detach: Bool, in namespace: Int) throws(Refusal) -> [Effect] {
    let mount = try mountRoot(at: path, in: namespace)
    guard !mounts[mount].isLocked else {
      throw Refusal(
        errno: .invalidArgument,
        reason: "\(path) is locked: it came with others from another user namespace, and would show what it covers"
      )
    }
    // The root of the processes is not unmounted by a plain umount(2): its file system is made read-only.
    if mount == namespaces[namespace].root.mount, !detach { return [] }
    guard let parent = mounts[mount].parent else {
      throw Refusal(errno: .invalidArgument, reason: "\(path) is the mount that the whole namespace hangs from")
    }
    guard detach || mounts[mount].children.isEmpty else {
      throw Refusal(
        errno: .resourceBusy,
        reason: "other mounts are below \(path): unmount them first, or use umount -R or -l"
      )
    }
    for receiver in receivers(of: parent) {
      if let child = child(of: receiver.mount, at: mounts[mount].mountPoint) { mounts[child].isLocked = false }
    }
    return takeAway(detach ? tree(of: mount) : [mount], propagating: true)
  }

  /// Takes mounts away, and with `propagating` those that receive their end; returns what went.
  mutating func takeAway(_ asked: [Int], propagating: Bool) -> [Effect] {
    var going = Set(asked)
    var effects = asked.map { effect(.detached, $0, .asked) }
    if propagating {
      let candidates = candidates(for: asked)
      let received = accepted(Set(candidates.map(\.mount)), with: going)
      for candidate in candidates where received.contains(candidate.mount) {
        effects.append(effect(.detached, candidate.mount, candidate.cause))
      }
      going.formUnion(received)
      for mount in received.sorted() {
        if let over = overmount(of: mount), !going.contains(over) {
          slide(over, off: going)
          effects.append(effect(.moved, over, .shifted))
        }
      }
    }
    // A parent can have as many children as there are mounts: they are taken from it all at once.
    for parent in Set(going.compactMap { mounts[$0].parent }) {
      mounts[parent].children.removeAll { going.contains($0) }
    }
    for mount in going {
      mounts[mount].parent = nil
      mounts[mount].namespace = nil
    }
    for mount in going.sorted() { changePropagation(of: mount, to: .private) }
    for mount in going { mounts[mount].children.removeAll() }
    return effects
  }

  /// What receives the end of mounts: at their mount points, on all that their parents propagate to.
  private func candidates(for asked: [Int]) -> [(mount: Int, cause: Effect.Cause)] {
    let given = Set(asked)
    var seen = given
    var found: [(mount: Int, cause: Effect.Cause)] = []
    for mount in asked {
      guard let parent = mounts[mount].parent else { continue }
      for receiver in receivers(of: parent) {
        guard let child = child(of: receiver.mount, at: mounts[mount].mountPoint), seen.insert(child).inserted else {
          continue
        }
        found.append((child, receiver.cause))
      }
    }
    return found
  }

  /// The candidates that can go: the greatest set that shifts nothing and reveals nothing.
  private func accepted(_ candidates: Set<Int>, with going: Set<Int>) -> Set<Int> {
    var left = candidates
    // Non-shifting: what stays on a mount that goes can only be a mount on its root, which slides down in its place.
    var count = -1
    while count != left.count {
      count = left.count
      let gone = left.union(going)
      left = left.filter { staysInPlace(below: $0, without: gone) }
    }
    // Non-revealing: a locked mount goes with its parent only.
    return left.filter { mount in
      var place = mount
      while left.contains(place) {
        guard mounts[place].isLocked else { return true }
        guard let parent = mounts[place].parent else { return false }
        place = parent
      }
      return going.contains(place)
    }
  }

  /// Whether all that stays of a mount's children keeps its place when the mount goes.
  private func staysInPlace(below mount: Int, without going: Set<Int>) -> Bool {
    for child in mounts[mount].children {
      let stays = !going.contains(child)
      let isOver = mounts[child].mountPoint == mounts[mount].root
      // A stack that goes but for a mount on top of it leaves that mount in the stack's place.
      if !isOver, stays || leavesRemainder(child, without: going) { return false }
    }
    return true
  }

  /// Whether a mount that goes leaves a mount on its root behind.
  private func leavesRemainder(_ mount: Int, without going: Set<Int>) -> Bool {
    var top = mount
    while let over = overmount(of: top) {
      if !going.contains(over) { return true }
      top = over
    }
    return false
  }

  /// Puts a mount that stays in the place of the stack that goes from beneath it.
  private mutating func slide(_ mount: Int, off going: Set<Int>) {
    var place = Place(mount: mount, path: "/")
    var bottom = mount
    while let parent = mounts[bottom].parent {
      place = Place(mount: parent, path: mounts[bottom].mountPoint)
      guard going.contains(parent) else { break }
      bottom = parent
    }
    unlink(mount)
    attach(mount, at: place)
  }
}
