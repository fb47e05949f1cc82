/// Rows of words in columns, for a person.
package struct TextTable {
  private var rows: [[String]]
  /// The columns that are written against the right: numbers.
  private let numbers: Set<Int>

  package init(headings: [String], numbers: Set<Int> = []) {
    rows = [headings]
    self.numbers = numbers
  }

  package mutating func add(_ row: [String]) { rows.append(row) }

  /// The lines; with a width, the last column is cut to fit.
  package func text(width: Int?) -> String {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    var text = ""
    for row in rows {
      var line = ""
      for (column, cell) in row.enumerated() {
        let space = String(repeating: " ", count: widths[column] - cell.count)
        line += (column == 0 ? "" : "  ") + (numbers.contains(column) ? space + cell : cell + space)
      }
      while line.hasSuffix(" ") { line.removeLast() }
      if let width, line.count > width { line = line.prefix(max(1, width - 1)) + "…" }
      text += line + "\n"
    }
    return text
  }
}
