import LinuxABI
import Testing

/// Lists of processors and memory nodes, cpuset(7) "List format".
struct NumberListTests {
  @Test(
    arguments: [
      ("0", [1]), ("0-3,7", [0x8f]), ("63", [1 << 63]), ("64", [0, 1]), ("62-65", [3 << 62, 3]), ("5,5,4-6", [0x70]),
      ("1,0", [3]),
    ] as [(String, [UInt64])]
  )
  func members(text: String, words: [UInt64]) {
    #expect(NumberList(text) == NumberList(bits: words))
    #expect(NumberList(text)?.count == words.reduce(0) { $0 + $1.nonzeroBitCount })
  }

  @Test func theLargest() {
    #expect(NumberList("8191")?.words.last == 1 << 63)
    #expect(NumberList("0-8191") == .all)
  }

  @Test(arguments: ["", ",", "1,", "-", "1-", "-1", "3-1", "1-2-3", "x", "0x1", "1 ", " 1", "8192", "0-99999999999"])
  func whatIsNoList(text: String) {
    #expect(NumberList(text) == nil)
  }
}
