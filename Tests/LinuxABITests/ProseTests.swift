import LinuxABI
import Testing

@Suite("Prose: what others named cannot do anything to a terminal")
struct ProseTests {
  @Test(arguments: [
    ("plain", "plain"), ("a b\\n", "a b\\n"), ("ü 日本 n\u{303}o 👍", "ü 日本 n\u{303}o 👍"),
    ("a\nb", "a\\012b"), ("\r\n", "\\015\\012"), ("\t\0", "\\011\\000"), ("\u{1b}]0;x\u{7}", "\\033]0;x\\007"),
    // DEL, and the controls of C1 in two bytes.
    ("\u{7f}\u{80}\u{9b}2J\u{9f}", "\\177\\302\\200\\302\\2332J\\302\\237"),
    // What turns the direction, ends a line, or is not seen.
    ("\u{202e}\u{2066}\u{200f}", "\\342\\200\\256\\342\\201\\246\\342\\200\\217"),
    ("\u{2028}\u{2029}", "\\342\\200\\250\\342\\200\\251"),
    ("a\u{200b}\u{200d}\u{ad}\u{feff}b", "a\\342\\200\\213\\342\\200\\215\\302\\255\\357\\273\\277b"),
    ("x\u{e0041}", "x\\363\\240\\201\\201"),
  ])
  func escaped(word: String, shown: String) {
    #expect(Prose(escaping: word).text == shown)
    #expect(Prose(escaping: Array(word.utf8)).text == shown)
    #expect(("\(word)" as Prose).text == shown)
    #expect(("\(Substring(word))" as Prose).text == shown)
    #expect(("\(Array(word.utf8))" as Prose).text == shown)
    #expect(("[\(Prose(escaping: word))]\n" as Prose).text == "[\(shown)]\n", "what is escaped once stays as it is")
    #expect(Prose(escaping: shown).text == shown, "what is escaped can be escaped again")
  }

  @Test(
    arguments: [
      ([0x61, 0xff, 0x62], "a\\377b"), ([0xc3], "\\303"), ([0xc3, 0x28], "\\303("),
      ([0xed, 0xa0, 0x80], "\\355\\240\\200"),
      ([0xf4, 0x90, 0x80, 0x80], "\\364\\220\\200\\200"), ([0xc0, 0x8a], "\\300\\212"),
      ([0xe6, 0x97, 0x0a], "\\346\\227\\012"),
      ([0x9b, 0x41], "\\233A"), ([], ""),
    ] as [([UInt8], String)]
  )
  func bytes(word: [UInt8], shown: String) {
    #expect(Prose(escaping: word).text == shown)
  }

  @Test("Nothing that commands a terminal, ends a line, turns it or is not seen gets through")
  func everyCharacter() {
    for range in [0...0x1f, 0x7f...0x9f, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x2064, 0x2066...0x206f] {
      for scalar in range.compactMap({ Unicode.Scalar(UInt32($0)) }) {
        let shown = Prose(escaping: String(scalar)).text
        #expect(shown.utf8.allSatisfy { (0x20..<0x7f).contains($0) }, "\(scalar.value)")
      }
    }
  }

  @Test("berth's own words, lines and parts stay")
  func own() {
    let advice: Prose = "\n  try again"
    let why: Prose? = nil
    let text: Prose = "cannot: \("a\nb") (\(5))\(why ?? advice)"
    #expect(text.text == "cannot: a\\012b (5)\n  try again")
    #expect(["\("x\n")", "y"].joined(separator: ", ").text == "x\\012, y")
    #expect(("a\n" + "\("b\n")").text == "a\nb\\012")
    #expect(Prose(escapingLinesOf: "one\u{1b}\ntwo\r\n\nthree").text == "one\\033\ntwo\\015\n\nthree")
    #expect(Prose(verbatim: "\u{1b}").text == "\u{1b}")
  }
}
