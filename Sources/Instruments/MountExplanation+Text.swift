package import JSON
package import LinuxABI
import MountNamespace

extension MountExplanation {
  /// Whether the mount is seen in `to`.
  package var isSeen: Bool {
    switch finding {
    case .sameNamespace, .seen, .seenAsCopy, .seenElsewhere, .mountedThereOnly: true
    case .outsideRoot, .covered, .noParent, .parentPrivate, .oneWay, .unlinked, .linkedLater, .notMounted: false
    }
  }

  /// The answer in words, a sentence a line.
  package var sentences: [String] {
    let place = place ?? path
    let parentPath = parent?.mountPoint ?? "/"
    let theirParent = counterpartParent?.mountPoint ?? "/"
    switch finding {
    case .sameNamespace:
      let there = place == path ? "" : ", where it is \(place)"
      return ["\(path) is seen in \(to.name)\(there): the two are in one mount namespace, mnt:[\(from.inode)]."]
    case .outsideRoot:
      return [
        "\(path) is not seen in \(to.name).",
        "It is in the same mount namespace as \(from.name), mnt:[\(from.inode)], but has a root of its own, and the mount is not below it.",
      ]
    case .seen:
      return ["\(path) is seen in \(to.name).", linkSentence(path, in: from, place, in: to)]
    case .seenAsCopy:
      return [
        "\(path) is seen in \(to.name), as a copy of its own.",
        "Nothing links the two: an unmount in \(from.name) leaves the one in \(to.name), which keeps the file system in use.",
      ]
    case .covered:
      let cover = to.table.mount(containing: place)
      return [
        "\(path) is mounted in \(to.name) at \(place), but hidden: "
          + "a mount covers it (\(cover.map { "\($0.type) at \($0.mountPoint)" } ?? "unknown"))."
      ]
    case .seenElsewhere:
      return ["\(path) is seen in \(to.name) at another path: \(place).", linkSentence(path, in: from, place, in: to)]
    case .noParent:
      return [
        "\(path) is not seen in \(to.name).",
        "The directory that it is mounted on is on \(parent.map { "\($0.source) (\($0.device))" } ?? "a file system"), and no mount of \(to.name) shows it.",
      ]
    case .parentPrivate:
      return [
        "\(path) is not seen in \(to.name).",
        "It is mounted on \(parentPath), which is \(parent?.propagationWords ?? "private") in \(from.name): what is mounted there is sent to nobody.",
      ]
    case .oneWay:
      return [
        "\(path) is not seen in \(to.name).",
        "The link is one-way: \(parentPath) in \(from.name) receives from \(theirParent) in \(to.name), and sends nothing back.",
      ]
    case .unlinked:
      return [
        "\(path) is not seen in \(to.name).",
        "It is mounted on \(parentPath), which is shared (peer group \(parent?.peerGroup ?? 0)); but \(theirParent) in \(to.name), which shows the same directory, is \(counterpartParent?.propagationWords ?? "private") and receives nothing from that group.",
      ]
    case .linkedLater:
      return [
        "\(path) is not seen in \(to.name), though \(theirParent) there receives what is mounted on \(parentPath) now.",
        "It was mounted before the two were linked, or was unmounted in \(to.name) since.",
      ]
    case .notMounted:
      let inside = mount.map { ": it lies in the mount at \($0.mountPoint) (\($0.type), \($0.source))" } ?? ""
      return ["\(path) is not a mount point, neither in \(to.name) nor in \(from.name)\(inside)."]
    case .mountedThereOnly:
      return [
        "\(path) is not a mount point in \(from.name), but is one in \(to.name). Ask the other way round: --from \(to.target) --to \(from.target)."
      ]
    }
  }

  private func linkSentence(_ path: String, in side: Side, _ other: String, in otherSide: Side) -> String {
    switch link {
    case .peers(let group):
      return "The two are peers (group \(group)): what is mounted or unmounted below one is below the other too."
    case .receives(let groups):
      let way = groups.count > 1 ? ", by \(groups.count - 1) group\(groups.count == 2 ? "" : "s") between" : ""
      return
        "The one in \(otherSide.name) is a slave (of group \(groups.last ?? 0)\(way)): it receives from \(side.name), and sends nothing back."
    case .gives(let groups):
      return
        "The one in \(side.name) is a slave (of group \(groups.last ?? 0)): it receives from \(otherSide.name), and sends nothing back."
    case .none: return "Nothing links the two: each is unmounted by itself."
    }
  }

  /// The whole answer; with `verbose`, the mounts that it comes from.
  package func text(verbose: Bool) -> Prose {
    var text = sentences.map { "\($0)\n" as Prose }.joined()
    for advice in advice { text += "\n\(advice.relation.words)\(advice.purpose):\n  \(advice.command)\n" }
    guard verbose else { return text }
    text += "\n"
    let rows: [(String, MountEntry?)] = [
      ("mount in \(from.name)", mount), ("its parent", parent), ("mount in \(to.name)", counterpart),
      ("parent in \(to.name)", counterpartParent),
    ]
    for (label, entry) in rows {
      guard let entry else { continue }
      text +=
        "\(label): \(entry.mountPoint)  id \(entry.id) on \(entry.parentID)  \(entry.type) \(entry.source) (\(entry.device), root \(entry.root))  \(entry.propagationText)\n"
    }
    return text + "mount_namespaces(7), \"SHARED SUBTREES\", has the rules.\n"
  }

  /// The answer for a program.
  package var json: JSONValue {
    .object([
      .init("path", .string(path)),
      .init("from", .object([.init("name", .string(from.name)), .init("namespace", .number(from.inode))])),
      .init("to", .object([.init("name", .string(to.name)), .init("namespace", .number(to.inode))])),
      .init("seen", .bool(isSeen)), .init("finding", .string(finding.rawValue)),
      .init("place", place.map(JSONValue.string) ?? .null),
      .init("mount", Self.json(mount)), .init("parent", Self.json(parent)),
      .init("counterpart", Self.json(counterpart)), .init("counterpartParent", Self.json(counterpartParent)),
      .init("sentences", .strings(sentences)),
      .init(
        "advice",
        .array(
          advice.map {
            .object([
              .init("relation", .string($0.relation.rawValue)), .init("purpose", .string($0.purpose)),
              .init("command", .string($0.command)),
            ])
          }
        )
      ),
    ])
  }

  private static func json(_ entry: MountEntry?) -> JSONValue {
    guard let entry else { return .null }
    return .object([
      .init("id", .number(entry.id)), .init("parentId", .number(entry.parentID)),
      .init("mountPoint", .string(entry.mountPoint)),
      .init("device", .string(entry.device)), .init("root", .string(entry.root)), .init("type", .string(entry.type)),
      .init("source", .string(entry.source)), .init("peerGroup", entry.peerGroup.map { .number($0) } ?? .null),
      .init("master", entry.master.map { .number($0) } ?? .null), .init("propagation", .string(entry.propagationWords)),
    ])
  }
}

extension MountEntry {
  /// The propagation in words, as findmnt(8) has them: `private`, `shared`, `private,slave`.
  package var propagationWords: String {
    var words = [peerGroup == nil ? "private" : "shared"]
    if master != nil { words.append("slave") }
    if isUnbindable { words.append("unbindable") }
    return words.joined(separator: ",")
  }
}
