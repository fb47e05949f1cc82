import Instruments
import LinuxABI
import Testing

@Suite("TextTable")
struct TextTableTests {
  private func table(_ rows: [[Prose]]) -> TextTable {
    var table = TextTable(headings: ["TARGET", "SOURCE", "OPTIONS"])
    for row in rows { table.add(row) }
    return table
  }

  @Test("Characters take the columns of a terminal that they take")
  func widths() {
    #expect(
      table([["日本", "a", "x"], ["n\u{303}o", "b", "y"], ["plain", "c", "z"]]).text(width: nil)
        == """
        TARGET  SOURCE  OPTIONS
        日本    a       x
        n\u{303}o      b       y
        plain   c       z

        """
    )
  }

  @Test("What does not fit is cut: of the last column first, then of the widest")
  func narrows() {
    let long = String(repeating: "1234567890", count: 4)
    let rows = table([["\(long)", "source", "rw,relatime,size=4k"]])
    let lines = { (width: Int) in rows.text(width: width).text.split(separator: "\n").map(String.init) }
    #expect(lines(200)[1] == long + "  source  rw,relatime,size=4k")
    #expect(lines(64)[1] == long + "  source  rw,relatime,s…")
    #expect(lines(40)[1] == "12345678901234567…  source  rw,relatime…")
    #expect(lines(10).allSatisfy { $0.count <= 10 })
  }
}
