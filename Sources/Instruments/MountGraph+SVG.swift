import LinuxABI
import MountNamespace

extension MountGraph {
  private static let columnWidth = 300
  private static let gap = 90
  private static let rowHeight = 18
  private static let top = 56

  /// The picture as SVG, without scripts.
  package var svg: String {
    let width = max(1, columns.count) * (Self.columnWidth + Self.gap)
    let height = Self.top + ((columns.map(\.rows.count).max() ?? 0) + 1) * Self.rowHeight + 40
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" width="\(width)" height="\(height)" \
      font-family="sans-serif" font-size="12">
      <defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">\
      <path d="M0 0L8 4L0 8z" fill="#555"/></marker></defs>
      <rect width="100%" height="100%" fill="white"/>

      """
    for link in links { text += line(of: link) }
    for (index, column) in columns.enumerated() { text += Self.text(of: column, at: Self.left(index)) }
    text += """
      <text x="20" y="\(height - 12)" fill="#555">A dot is a member of a peer group, of its colour; a ring is a slave; \
      lines join peers, arrows lead from master to slave.</text>
      </svg>

      """
    return text
  }

  private static func left(_ column: Int) -> Int { 20 + column * (columnWidth + gap) }
  private static func height(_ row: Int) -> Int { top + row * rowHeight }

  private static func text(of column: Column, at x: Int) -> String {
    var text = """
      <text x="\(x)" y="20" font-weight="bold">\(markup(column.title))</text>
      <text x="\(x)" y="36" fill="#555">\(markup(column.detail))</text>

      """
    for (index, row) in column.rows.enumerated() {
      let y = height(index)
      let shown = row.shortName(max(12, 36 - row.depth * 2))
      text +=
        "<g><title>\(markup(row.entry.mountPoint)) \(markup(row.entry.type)) \(markup(row.entry.source)) \(row.entry.propagationText)</title>"
      if let group = row.entry.peerGroup {
        text += "<circle cx=\"\(x)\" cy=\"\(y - 4)\" r=\"4\" fill=\"\(colour(ofGroup: group))\"/>"
      }
      if let master = row.entry.master {
        text +=
          "<circle cx=\"\(x)\" cy=\"\(y - 4)\" r=\"6\" fill=\"none\" stroke=\"\(colour(ofGroup: master))\" stroke-width=\"1.5\"/>"
      }
      let place = x + 12 + row.depth * 12
      let faint = row.isCovered ? " fill=\"#999\" text-decoration=\"line-through\"" : ""
      text += "<text x=\"\(place)\" y=\"\(y)\"\(faint)>\(markup(shown))</text>"
      text +=
        "<text x=\"\(x + columnWidth)\" y=\"\(y)\" text-anchor=\"end\" fill=\"#777\" font-size=\"10\">\(markup(row.entry.type))</text></g>\n"
    }
    return text
  }

  /// A curve from mount to mount: within a column on its left, between columns through the gap.
  private func line(of link: Link) -> String {
    let (x1, y1) = (Self.left(link.from.column), Self.height(link.from.row) - 4)
    let (x2, y2) = (Self.left(link.to.column), Self.height(link.to.row) - 4)
    let start = x1 == x2 || x2 < x1 ? x1 - 6 : x1 + Self.columnWidth + 4
    let end = x2 - 8
    let bend = x1 == x2 ? -18 : (x2 < x1 ? -40 : 40)
    let path = "M\(start) \(y1)C\(start + bend) \(y1) \(end - abs(bend)) \(y2) \(end) \(y2)"
    switch link.kind {
    case .peers(let group):
      return
        "<path d=\"\(path)\" fill=\"none\" stroke=\"\(Self.colour(ofGroup: group))\" stroke-opacity=\"0.55\" stroke-width=\"1.5\"/>\n"
    case .slave(let group):
      return
        "<path d=\"\(path)\" fill=\"none\" stroke=\"\(Self.colour(ofGroup: group))\" stroke-opacity=\"0.7\" stroke-dasharray=\"5 3\" marker-end=\"url(#arrow)\"/>\n"
    }
  }

  /// The picture for graphviz, dot(1).
  package var dot: String {
    var text = "digraph mounts {\n  rankdir=LR; node [shape=box, fontname=\"sans-serif\", fontsize=10];\n"
    for (index, column) in columns.enumerated() {
      text += "  subgraph cluster_\(index) {\n    label=\(Self.quoted([column.title, column.detail]));\n"
      for (row, mount) in column.rows.enumerated() {
        let colour = mount.entry.peerGroup.map { ", color=\"\(Self.colour(ofGroup: $0))\", penwidth=2" } ?? ""
        let lines = [mount.entry.mountPoint, "\(mount.entry.type) \(mount.entry.propagationText)"]
        text += "    m\(index)_\(row) [label=\(Self.quoted(lines))\(colour)];\n"
      }
      var rows: [UInt64: Int] = [:]
      for (row, mount) in column.rows.enumerated() { rows[mount.entry.id] = row }
      for (row, mount) in column.rows.enumerated() {
        guard let parent = rows[mount.entry.parentID], parent != row else { continue }
        text += "    m\(index)_\(parent) -> m\(index)_\(row) [color=gray, arrowhead=none];\n"
      }
      text += "  }\n"
    }
    for link in links {
      let ends = "m\(link.from.column)_\(link.from.row) -> m\(link.to.column)_\(link.to.row)"
      switch link.kind {
      case .peers(let group):
        text += "  \(ends) [dir=none, color=\"\(Self.colour(ofGroup: group))\", constraint=false];\n"
      case .slave(let group):
        text += "  \(ends) [style=dashed, color=\"\(Self.colour(ofGroup: group))\", constraint=false];\n"
      }
    }
    return text + "}\n"
  }

  /// Lines as a string of the DOT language.
  private static func quoted(_ lines: [String]) -> String {
    let escaped = lines.map { Prose(escaping: $0).text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") }
    return "\"" + escaped.joined(separator: "\\n") + "\""
  }
}
