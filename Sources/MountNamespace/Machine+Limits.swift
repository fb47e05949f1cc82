import SystemPackage

// What the kernel refuses for its size, before anything is copied.
extension Machine {
  /// Refuses what would give a namespace more mounts than it can have, proc_sys_fs(5) "mount-max": a tree at a place, and a copy of it
  /// wherever the place propagates to.
  func checkRoom(forMounts size: Int, at place: Place, moving: Bool) throws(Refusal) {
    var wanted: [Int: Int] = [:]
    if !moving, let namespace = mounts[place.mount].namespace { wanted[namespace] = size }
    if mounts[place.mount].isShared {
      for receiver in receivers(of: place.mount) where receives(receiver.mount, at: place) {
        guard let namespace = mounts[receiver.mount].namespace else { continue }
        wanted[namespace, default: 0] += size
      }
    }
    // Those that are gone are counted too, which is enough to see that there is room.
    let more = wanted.values.reduce(0, +)
    if mounts.count + more <= rules.mountMax { return }
    for (namespace, more) in wanted {
      let there = mounts.count { $0.namespace == namespace }
      guard there + more > rules.mountMax else { continue }
      throw Refusal(
        errno: .noSpace,
        reason: "\(namespaces[namespace].name) would have \(there + more) mounts: fs.mount-max is \(rules.mountMax)"
      )
    }
    try checkMemory(forMounts: more)
  }

  /// Refuses what this program has no memory for: the kernel could have it.
  func checkMemory(forMounts more: Int) throws(Refusal) {
    guard mounts.count + more > Self.mostMounts else { return }
    throw Refusal(errno: .noMemory, reason: "the model holds no more than \(Self.mostMounts) mounts, in all namespaces")
  }

  private static var mostMounts: Int { 1 << 18 }

  /// Refuses a path that is longer than PATH_MAX, path_resolution(7).
  static func checkLength(ofPath path: String) throws(Refusal) {
    guard path.utf8.count >= 4096 else { return }
    throw Refusal(errno: .fileNameTooLong, reason: "\(beginning(of: path)) is longer than a path can be")
  }

  /// Refuses a name that is longer than NAME_MAX.
  static func checkLength(ofName name: String) throws(Refusal) {
    guard name.utf8.count > 255 else { return }
    throw Refusal(errno: .fileNameTooLong, reason: "\(beginning(of: name)) is longer than a name can be")
  }

  private static func beginning(of text: String) -> String { String(text.prefix(40)) + "..." }
}
