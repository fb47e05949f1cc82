/// Mounts in the order in which they were added, each once: one that goes leaves no others to be moved.
struct MountList: Hashable, Sendable {
  /// The mounts, and nil for those that went.
  private var places: [Int?] = []
  private var positions: [Int: Int] = [:]
  /// Before it, all went.
  private var start = 0

  var isEmpty: Bool { positions.isEmpty }
  var all: [Int] { places[start...].compactMap(\.self) }
  var first: Int? { positions.isEmpty ? nil : places[start] }

  mutating func append(_ mount: Int) {
    remove(mount)
    positions[mount] = places.count
    places.append(mount)
  }

  mutating func remove(_ mount: Int) {
    guard let position = positions.removeValue(forKey: mount) else { return }
    places[position] = nil
    while start < places.count, places[start] == nil { start += 1 }
    // As many places as mounts went: what is left moves up, once for all of them.
    guard places.count > 16, positions.count < places.count / 2 else { return }
    places = all
    start = 0
    for (position, mount) in places.enumerated() { if let mount { positions[mount] = position } }
  }
}
