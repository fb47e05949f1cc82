package import MountNamespace

/// The mounts of some namespaces without the numbers that each machine gives anew: ids, devices, peer groups.
package struct TableShape: Hashable, Sendable {
  /// A mount.
  package struct Row: Hashable, Sendable {
    /// The position of the parent among the rows of its namespace; nil for the root.
    package var parent: Int?
    package var path: String
    package var device: Int
    package var root: String
    package var options: [String]
    package var group: Int?
    package var master: Int?
    package var isUnbindable: Bool
  }

  package var namespaces: [[Row]] = []

  /// Numbers devices and groups by their first appearance in the tables.
  package init(_ tables: [MountTable]) {
    var devices: [String: Int] = [:]
    var groups: [UInt64: Int] = [:]
    for table in tables {
      var children: [UInt64: [MountEntry]] = [:]
      let ids = Set(table.entries.map(\.id))
      var waiting: [(entry: MountEntry, parent: Int?)] = []
      for entry in table.entries {
        if ids.contains(entry.parentID), entry.parentID != entry.id {
          children[entry.parentID, default: []].append(entry)
        } else {
          waiting.append((entry, nil))
        }
      }
      var rows: [Row] = []
      while let (entry, parent) = waiting.popLast() {
        func number(_ group: UInt64?) -> Int? {
          group.map { group in
            groups[group, default: -1] >= 0 ? groups[group, default: 0] : insert(group)
          }
        }
        func insert(_ group: UInt64) -> Int {
          groups[group] = groups.count
          return groups.count - 1
        }
        let device = devices[entry.device] ?? devices.count
        devices[entry.device] = device
        rows.append(
          Row(
            parent: parent,
            path: entry.mountPoint,
            device: device,
            root: entry.root,
            options: entry.options.filter { $0 != "strictatime" }.sorted(),
            group: number(entry.peerGroup),
            master: number(entry.master),
            isUnbindable: entry.isUnbindable
          )
        )
        // No two children of one mount have one mount point.
        let below = (children[entry.id] ?? []).sorted { $0.mountPoint > $1.mountPoint }
        for child in below { waiting.append((child, rows.count - 1)) }
      }
      namespaces.append(rows)
    }
  }

  /// The first difference to another, in words; nil when there is none.
  package func difference(to other: TableShape, names: [String]) -> String? {
    for (index, (own, others)) in zip(namespaces, other.namespaces).enumerated() where own != others {
      for position in 0..<max(own.count, others.count) {
        let first = position < own.count ? own[position].text : "nothing"
        let second = position < others.count ? others[position].text : "nothing"
        if first != second { return "\(names[index]): the model has \(first), the kernel \(second)" }
      }
    }
    return nil
  }
}

extension TableShape.Row {
  fileprivate var text: String {
    var text = "\(path) (file system \(device), root \(root), \(options.joined(separator: ","))"
    if let group { text += ", shared \(group)" }
    if let master { text += ", slave of \(master)" }
    if isUnbindable { text += ", unbindable" }
    return text + (parent.map { ", on \($0))" } ?? ")")
  }
}
