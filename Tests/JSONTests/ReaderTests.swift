import JSON
import Testing

@Suite("Reading of objects")
struct ReaderTests {
  private func reader(_ text: String) throws -> JSONReader {
    guard case .object(let members) = try JSONValue(parsing: Array(text.utf8)) else { throw JSONProblem("", text) }
    return JSONReader(members)
  }

  @Test("Members of each type; what is absent or null is nil")
  func members() throws {
    var json = try reader(
      #"{"s": "x", "b": true, "i": -5, "l": ["a"], "n": [1, 2], "o": {"x": 1}, "t": {"k": "v"}, "z": null}"#
    )
    #expect(json.string("s") == "x" && json.bool("b") == true && json.integer("i", as: Int64.self) == -5)
    #expect(json.strings("l") == ["a"] && json.integers("n", as: UInt32.self) == [1, 2])
    #expect(json.object("o") { $0.integer("x", as: Int.self) } == 1)
    #expect(json.texts("t") == ["k": "v"])
    #expect(json.string("z") == nil && json.string("absent") == nil)
    #expect(json.problems.isEmpty)
  }

  @Test("All that is wrong, each with its place")
  func problems() throws {
    var json = try reader(
      #"{"a": 1, "b": "x", "c": [1, "x", {}], "d": {"e": [{"f": -1}, 7]}, "g": 300, "h": 1.5, "k": {"m": 2}}"#
    )
    _ = json.string("a")
    _ = json.bool("b")
    _ = json.strings("c")
    _ = json.object("d") { $0.objects("e") { $0.integer("f", as: UInt32.self) } }
    _ = json.integer("g", as: UInt8.self)
    _ = json.integer("h", as: Int.self)
    _ = json.required("i")
    _ = json.required("j", as: Int.self)
    _ = json.texts("k")
    #expect(
      json.problems == [
        JSONProblem("a", "a string is needed here, and this is a number"),
        JSONProblem("b", "true or false is needed here, and this is a string"),
        JSONProblem("c[0]", "a string is needed here, and this is a number"),
        JSONProblem("c[2]", "a string is needed here, and this is an object"),
        JSONProblem("d.e[0].f", "-1 is out of range: the least is 0, the most 4294967295"),
        JSONProblem("d.e[1]", "an object is needed here, and this is a number"),
        JSONProblem("g", "300 is out of range: the least is 0, the most 255"),
        JSONProblem("h", "a whole number of 64 bits is needed here, and this is 1.5"),
        JSONProblem("i", "this field is required, and it is not there"),
        JSONProblem("j", "this field is required, and it is not there"),
        JSONProblem("k.m", "a string is needed here, and this is a number"),
      ]
    )
  }

  @Test(
    "Integers at the edges of their types",
    arguments: [
      ("-9223372036854775808", Int64.min), ("9223372036854775807", Int64.max), ("-0", 0),
      ("9223372036854775808", nil), ("-9223372036854775809", nil),
    ] as [(String, Int64?)]
  )
  func edges(text: String, value: Int64?) throws {
    var json = try reader("{\"n\": \(text)}")
    #expect(json.integer("n", as: Int64.self) == value)
    #expect(json.problems.isEmpty == (value != nil))
  }

  @Test func minusZeroIsZero() throws { #expect(try JSONValue(parsing: Array("-0".utf8)) == .number(0)) }
}
