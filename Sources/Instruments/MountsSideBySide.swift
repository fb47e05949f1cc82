package import LinuxABI
import MountNamespace

/// The mounts of all namespaces in one table: a line a mount point, a column a namespace. Namespaces with the same mounts share one.
package struct MountsSideBySide: Sendable {
  private var titles: [String] = []
  /// What is mounted where, for each column: the top mount's source, and how many are stacked.
  private var columns: [[String: String]] = []

  package init(_ state: MachineState, filter: MountListing.Filter) {
    var names: [[String]] = []
    for namespace in state.namespaces {
      guard let table = namespace.table else { continue }
      var cells: [String: String] = [:]
      var heights: [String: Int] = [:]
      for entry in table.entries where filter.takes(entry) {
        heights[entry.mountPoint, default: 0] += 1
        let height = heights[entry.mountPoint] ?? 1
        let part = entry.root == "/" ? "" : "[\(entry.root)]"
        let link = entry.peerGroup != nil ? " (shared)" : entry.master != nil ? " (slave)" : ""
        cells[entry.mountPoint] = entry.source + part + link + (height > 1 ? " x\(height)" : "")
      }
      let first = namespace.processes.first.map { "\($0.id) \($0.command)" }
      let name = namespace.container?.label ?? first ?? namespace.fileName
      if let same = columns.firstIndex(of: cells) {
        names[same].append(name)
      } else {
        columns.append(cells)
        names.append([name])
      }
    }
    titles = names.map { $0[0] + ($0.count > 1 ? " +\($0.count - 1)" : "") }
  }

  /// The table; with a width, cut to fit.
  package func text(width: Int?) -> Prose {
    var table = TextTable(headings: ["TARGET"] + titles.map { Prose(escaping: $0) })
    let paths = Set(columns.flatMap(\.keys))
    for path in paths.sorted() { table.add(([path] + columns.map { $0[path] ?? "-" }).map { Prose(escaping: $0) }) }
    return table.text(width: width)
  }
}
