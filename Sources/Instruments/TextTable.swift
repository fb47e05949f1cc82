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
    let cells = rows.map { row in row.map(Cell.init) }
    var widths: [Int] = []
    for row in cells {
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.width)
      }
    }
    var text: [UInt8] = []
    for (position, row) in cells.enumerated() {
      let style = hasColours ? (position == 0 ? "1" : styles[position]) : nil
      if let style { text += "\u{1b}[\(style)m".utf8 }
      add(row, widths, limit: width, to: &text)
      if style != nil { text += "\u{1b}[0m".utf8 }
      text.append(UInt8(ascii: "\n"))
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Adds a row, cut where it is wider than the limit, without blanks at its end.
  private func add(_ row: [Cell], _ widths: [Int], limit: Int?, to text: inout [UInt8]) {
    let start = text.count
    var width = 0
    // Blanks are written when something follows them.
    var blanks = 0
    for (column, cell) in row.enumerated() {
      if column > 0 { blanks += 2 }
      let space = widths[column] - cell.width
      if numbers.contains(column) { blanks += space }
      if cell.width > 0 {
        text += repeatElement(UInt8(ascii: " "), count: blanks)
        text += cell.text.utf8
        width += blanks + cell.width
        blanks = 0
      }
      if !numbers.contains(column) { blanks += space }
    }
    guard let limit, width > limit else { return }
    let cut = String(decoding: text[start...], as: UTF8.self).prefix(max(1, limit - 1)) + "…"
    text.removeSubrange(start...)
    text += cut.utf8
  }

  /// A text and how many characters it has.
  private struct Cell {
    var text: String
    var width: Int

    init(_ text: String) {
      self.text = text
      // To count characters beyond ASCII takes many times as long.
      width = text.utf8.allSatisfy { $0 < 0x80 && $0 != 0x0d } ? text.utf8.count : text.count
    }
  }
}
