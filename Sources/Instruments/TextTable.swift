package import LinuxABI

/// Rows of words in columns, for a person.
package struct TextTable {
  private var rows: [[Prose]]
  /// How the terminal writes a row, by its position: the parameters of console_codes(4) "ECMA-48 Select Graphic Rendition".
  private var styles: [Int: String] = [:]
  /// The columns that are written against the right: numbers.
  private let numbers: Set<Int>

  package init(headings: [Prose], numbers: Set<Int> = []) {
    rows = [headings]
    self.numbers = numbers
  }

  package mutating func add(_ row: [Prose], style: String? = nil) {
    styles[rows.count] = style
    rows.append(row)
  }

  /// The lines; with a width, what does not fit is cut: of the last column first, then of the widest. With colours, the headings
  /// are bold.
  package func text(width: Int?, hasColours: Bool = false) -> Prose {
    let cells = rows.map { row in row.map { Cell($0.text) } }
    let widths = Self.widths(of: cells, fitting: width)
    var text: [UInt8] = []
    for (position, row) in cells.enumerated() {
      let style = hasColours ? (position == 0 ? "1" : styles[position]) : nil
      if let style { text += "\u{1b}[\(style)m".utf8 }
      add(row, widths, limit: width, to: &text)
      if style != nil { text += "\u{1b}[0m".utf8 }
      text.append(UInt8(ascii: "\n"))
    }
    return Prose(verbatim: String(decoding: text, as: UTF8.self))
  }

  /// Adds a row, cut where it is wider than the limit, without blanks at its end.
  private func add(_ row: [Cell], _ widths: [Int], limit: Int?, to text: inout [UInt8]) {
    let start = text.count
    var width = 0
    // Blanks are written when something follows them.
    var blanks = 0
    for (column, whole) in row.enumerated() {
      let cell = whole.width > widths[column] ? Cell(cut(whole.text, to: widths[column])) : whole
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
    let line = cut(String(decoding: text[start...], as: UTF8.self), to: limit)
    text.removeSubrange(start...)
    text += line.utf8
  }

  /// The widths of the columns, cut where they do not fit together.
  private static func widths(of cells: [[Cell]], fitting width: Int?) -> [Int] {
    var widths: [Int] = []
    for row in cells {
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.width)
      }
    }
    guard let width, let last = widths.indices.last else { return widths }
    // A column that is narrower than this tells nothing.
    let least = 12
    var excess = widths.reduce(0, +) + 2 * last - width
    let ofLast = min(excess, max(0, widths[last] - least))
    if excess > 0 { (widths[last], excess) = (widths[last] - ofLast, excess - ofLast) }
    let byWidth = widths.indices.sorted { widths[$0] > widths[$1] }
    for (position, column) in byWidth.enumerated() where excess > 0 {
      // The widest come down to the next, together, before that is cut as well.
      let next = position + 1 < byWidth.count ? widths[byWidth[position + 1]] : least
      let together = byWidth[...position]
      let cut = min(excess, together.count * max(0, widths[column] - max(next, least)))
      for (index, member) in together.enumerated() {
        widths[member] -= cut / together.count + (index < cut % together.count ? 1 : 0)
      }
      excess -= cut
    }
    return widths
  }

  /// A text and how many columns of a terminal it takes.
  private struct Cell {
    var text: String
    var width: Int

    init(_ text: String) {
      self.text = text
      width = terminalColumns(of: text)
    }
  }
}

/// The text, with a mark for what is cut so that it takes no more than some columns of a terminal.
private func cut(_ text: String, to width: Int) -> String {
  guard terminalColumns(of: text) > width else { return text }
  var kept = ""
  var left = max(1, width) - 1
  for character in text {
    left -= terminalColumns(of: String(character))
    if left < 0 { break }
    kept.append(character)
  }
  return kept + "…"
}

/// How many columns of a terminal a text takes: wcwidth(3) in short.
func terminalColumns(of text: String) -> Int {
  if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
  return text.unicodeScalars.reduce(0) { columns, scalar in
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: columns
    default: columns + (isWide(scalar) ? 2 : 1)
    }
  }
}

/// Whether a character is wide: the blocks of Unicode's EastAsianWidth.txt that are W or F.
private func isWide(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.value {
  case 0x1100...0x115f, 0x2e80...0x303e, 0x3041...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f,
    0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1f64f, 0x1f900...0x1f9ff, 0x20000...0x3fffd:
    true
  default: false
  }
}
