import JSON
import Testing

@Suite("JSON text and values")
struct ParserTests {
  @Test(
    "Every kind of value",
    arguments: [
      ("null", JSONValue.null), (" true ", .bool(true)), ("false", .bool(false)), ("0", .number(0)),
      ("-1", .number(-1)), ("18446744073709551615", .number(UInt64.max)), ("1.5", .real("1.5")),
      ("18446744073709551616", .real("18446744073709551616")), ("2e3", .real("2e3")), (#""a""#, .string("a")),
      (#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{c}\n\r\t")), (#""\u00e9\ud83d\ude00""#, .string("é😀")),
      (#""a\nb""#, .string("a\nb")), ("[]", .array([])), ("[1, [2]]", .array([.number(1), .array([.number(2)])])),
      ("{}", .object([])),
      (#"{"b": 1, "a": null}"#, .object([JSONValue.Member("b", .number(1)), JSONValue.Member("a", .null)])),
    ]
  )
  func values(text: String, value: JSONValue) throws {
    #expect(try JSONValue(parsing: Array(text.utf8)) == value)
    #expect(try JSONValue(parsing: Array(value.text.utf8)) == value)
    #expect(try JSONValue(parsing: Array(value.indentedText.utf8)) == value)
  }

  @Test(
    "What is not JSON, and where",
    arguments: [
      ("", "line 1, column 1: it is empty"),
      ("{", "line 1, column 2: the document ends in the middle: is it truncated?"),
      ("[1\n 2]", "line 2, column 2: an array needs a comma or ] here"),
      (#"{"a" 1}"#, "line 1, column 6: an object needs a colon here"),
      ("{a: 1}", "line 1, column 2: an object needs a name in quotes here"),
      (#"{"a":1,}"#, "line 1, column 8: an object needs a name in quotes here"),
      (#"{"a":1,"a":2}"#, #"line 1, column 14: the object that ends here has "a" twice"#),
      (#""abc"#, "line 1, column 5: a string has no end: is the document truncated?"),
      (#""\x""#, "line 1, column 2: there is no such escape in a JSON string"),
      (#""\ud800""#, "line 1, column 8: this escape is half of a character"),
      (#""a\u0000b""#, "line 1, column 9: a string has NUL in it, and no name or argument can"),
      (#""\u12"#, #"line 1, column 2: \u needs four hexadecimal digits"#),
      ("\"a\tb\"", "line 1, column 3: a control character in a string must be written as \\u00XX"),
      ("01", "line 1, column 3: a number cannot begin with 0"), ("-", "line 1, column 2: a number needs a digit here"),
      ("1.", "line 1, column 3: a number needs a digit here"), ("tru", "line 1, column 1: this is not a JSON value"),
      ("{} {}", "line 1, column 4: there is more text behind the end of the document"),
    ]
  )
  func refused(text: String, message: String) {
    #expect(throws: JSONProblem("", message)) { try JSONValue(parsing: Array(text.utf8)) }
  }

  @Test("A string that is not UTF-8 is refused")
  func notUTF8() {
    #expect(throws: JSONProblem("", "line 1, column 4: this string is not UTF-8")) {
      try JSONValue(parsing: [0x22, 0xc3, 0x28, 0x22])
    }
  }

  @Test("Nesting has a bound, so that no document exhausts the stack")
  func nesting() throws {
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: JSONProblem("", "line 1, column 129: arrays and objects are nested more than 128 deep")) {
      try JSONValue(parsing: Array(deep.utf8))
    }
    let fine = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
    _ = try JSONValue(parsing: Array(fine.utf8))
  }

  @Test("A name that is there twice is found in a large object too")
  func manyMembers() {
    let members = (0..<100).map { "\"\($0 % 99)\": 1" }.joined(separator: ",")
    #expect(throws: JSONProblem.self) { try JSONValue(parsing: Array("{\(members)}".utf8)) }
  }

  @Test("Text over many lines")
  func indented() {
    let value = JSONValue.object([
      JSONValue.Member("a", .number(1)), JSONValue.Member("b", .strings(["x\u{1}"])),
      JSONValue.Member("c", .object([])),
    ])
    #expect(value.indentedText == "{\n  \"a\": 1,\n  \"b\": [\n    \"x\\u0001\"\n  ],\n  \"c\": {}\n}")
    #expect(value.text == #"{"a":1,"b":["x\u0001"],"c":{}}"#)
  }
}
