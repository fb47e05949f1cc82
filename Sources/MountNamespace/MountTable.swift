/// The mounts of a namespace, in the order of /proc/PID/mountinfo.
package struct MountTable: Hashable, Sendable {
  package var entries: [MountEntry]

  package init(entries: [MountEntry]) { self.entries = entries }

  /// Reads a mountinfo file, proc(5); lines that are not of its form are left out, and the second of an id: while the file is
  /// read, that of a mount that goes can become another's.
  package init(mountinfo bytes: [UInt8]) {
    var lists = OptionLists()
    var ids: Set<UInt64> = []
    entries = []
    var start = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      if let entry = MountEntry(line: bytes[start..<end], &lists), ids.insert(entry.id).inserted {
        entries.append(entry)
      }
      start = end + 1
    }
  }

  /// Reads the text of a mountinfo file.
  package init(mountinfo text: String) { self.init(mountinfo: Array(text.utf8)) }

  /// The mount that a path, resolved and absolute, lies in: the one that a walk from the root ends in.
  package func mount(containing path: String) -> MountEntry? {
    var walk = MountWalk(entries)
    return walk.mount(containing: path)
  }

  /// The mounts strictly below a path that a walk can reach: those that others cover are left out.
  package func visibleMounts(below path: String) -> [MountEntry] {
    var walk = MountWalk(entries)
    return entries.filter { entry in
      entry.mountPoint != path && isPath(entry.mountPoint, within: path)
        && walk.mount(containing: entry.mountPoint)?.id == entry.id
    }
  }
}

/// Walks paths over mounts, path_resolution(7): by parents, since the order of lines does not tell what covers what.
private struct MountWalk {
  private struct Place: Hashable {
    /// The mount that the place is in; nil outside of what the table shows, as above the root.
    var parent: UInt64?
    var path: String
  }

  private var children: [Place: MountEntry] = [:]
  /// The last of the mounts that are stacked at a place, where a walk came by.
  private var tops: [Place: MountEntry] = [:]

  init(_ entries: [MountEntry]) {
    let ids = Set(entries.map(\.id))
    for entry in entries {
      let parent = ids.contains(entry.parentID) && entry.parentID != entry.id ? entry.parentID : nil
      children[Place(parent: parent, path: entry.mountPoint)] = entry
    }
  }

  /// A mount on top of the root mount is no part of a walk: `/` is the root that the process has, whatever is put over it.
  mutating func mount(containing path: String) -> MountEntry? {
    var mount = children[Place(parent: nil, path: "/")]
    var place = ""
    for name in names(of: path) {
      place += "/" + name
      mount = top(at: Place(parent: mount?.id, path: place)) ?? mount
    }
    return mount
  }

  private mutating func top(at place: Place) -> MountEntry? {
    if let known = tops[place] { return known }
    var top: MountEntry?
    while let child = children[Place(parent: top?.id ?? place.parent, path: place.path)] { top = child }
    if let top { tops[place] = top }
    return top
  }
}

/// Whether a path is another, or lies below it. Both are absolute and without `.`, `..` and doubled slashes.
package func isPath(_ path: String, within ancestor: String) -> Bool {
  if ancestor == "/" { return true }
  // By bytes, as the kernel compares: `hasPrefix` takes different bytes for the same letter.
  guard path.utf8.starts(with: ancestor.utf8) else { return false }
  return path.utf8.count == ancestor.utf8.count || path.utf8.dropFirst(ancestor.utf8.count).first == UInt8(ascii: "/")
}

/// The path as seen from a directory that it lies within: `/` and what comes after that directory.
package func path(_ path: String, from ancestor: String) -> String {
  if ancestor == "/" { return path }
  let rest = path.utf8.dropFirst(ancestor.utf8.count)
  return rest.isEmpty ? "/" : String(Substring(rest))
}

/// The names between a path's slashes. By bytes: a slash followed by a combining mark is one character, and still a slash.
package func names(of path: String) -> [String] {
  path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
}

/// The path without `.`, doubled and trailing slashes, and with each `..` taking the name before it away: as text alone.
package func normalized(_ path: String) -> String {
  var kept: [String] = []
  for name in names(of: path) where name != "." {
    if name == ".." { _ = kept.popLast() } else { kept.append(name) }
  }
  var path = ""
  for name in kept { path += "/" + name }
  return path.isEmpty ? "/" : path
}
