/// Rows of words in columns, for a person.
package struct TextTable {
  private var rows: [[String]]
  /// How the terminal writes a row, by its position: the parameters of console_codes(4) "ECMA-48 Select Graphic Rendition".
  private var styles: [Int: String] = [:]
  /// The columns that are written against the right: numbers.
  private let numbers: Set<Int>

  package init(headings: [String], numbers: Set<Int> = []) {
    rows = [headings]
    self.numbers = numbers
  }

  package mutating func add(_ row: [String], style: String? = nil) {
    styles[rows.count] = style
    rows.append(row)
  }

  /// The lines; with a width, what does not fit is cut. With colours, the headings are bold.
  package func text(width: Int?, hasColours: Bool = false) -> String {
    let count = rows.map(\.count).max() ?? 0
    let widths = (0..<count).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
    var text = ""
    for (position, row) in rows.enumerated() {
      var line = ""
      for (column, cell) in row.enumerated() {
        let space = String(repeating: " ", count: widths[column] - cell.count)
        line += (column == 0 ? "" : "  ") + (numbers.contains(column) ? space + cell : cell + space)
      }
      while line.hasSuffix(" ") { line.removeLast() }
      if let width, line.count > width { line = line.prefix(max(1, width - 1)) + "…" }
      let style = hasColours ? (position == 0 ? "1" : styles[position]) : nil
      text += style.map { "\u{1b}[\($0)m\(line)\u{1b}[0m\n" } ?? line + "\n"
    }
    return text
  }
}
