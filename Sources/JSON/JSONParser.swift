extension JSONValue {
  /// Reads a document. Throws at the first place that is not JSON, with its line and column.
  package init(parsing bytes: [UInt8]) throws(JSONProblem) {
    var parser = JSONParser(bytes: bytes)
    self = try parser.document()
  }
}

/// A reader of RFC 8259's grammar: strict, with a bound on nesting, and no name twice in an object.
private struct JSONParser {
  let bytes: [UInt8]
  private var place: Int = 0
  private var depth: Int = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// How deep arrays and objects may nest: the specification needs eight, and each level takes stack.
  private static var deepest: Int { 128 }

  mutating func document() throws(JSONProblem) -> JSONValue {
    if bytes.isEmpty { throw problem("it is empty") }
    let value = try value()
    skipSpace()
    if place < bytes.count { throw problem("there is more text behind the end of the document") }
    return value
  }

  private func problem(_ message: String) -> JSONProblem {
    var line = 1
    var start = 0
    for index in 0..<min(place, bytes.count) where bytes[index] == UInt8(ascii: "\n") {
      line += 1
      start = index + 1
    }
    return JSONProblem("", "line \(line), column \(place - start + 1): \(message)")
  }

  private mutating func skipSpace() {
    while place < bytes.count {
      switch bytes[place] {
      case 0x20, 0x0a, 0x0d, 0x09: place += 1
      default: return
      }
    }
  }

  private mutating func value() throws(JSONProblem) -> JSONValue {
    skipSpace()
    guard place < bytes.count else { throw problem("the document ends in the middle: is it truncated?") }
    switch bytes[place] {
    case UInt8(ascii: "{"): return try nested { parser throws(JSONProblem) in try parser.object() }
    case UInt8(ascii: "["): return try nested { parser throws(JSONProblem) in try parser.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: throw problem("this is not a JSON value")
    }
  }

  private mutating func nested(
    _ body: (inout JSONParser) throws(JSONProblem) -> JSONValue
  ) throws(JSONProblem) -> JSONValue {
    depth += 1
    if depth > Self.deepest { throw problem("arrays and objects are nested more than \(Self.deepest) deep") }
    place += 1
    let value = try body(&self)
    depth -= 1
    return value
  }

  private mutating func word(_ text: String, _ value: JSONValue) throws(JSONProblem) -> JSONValue {
    guard bytes[place...].starts(with: text.utf8) else { throw problem("this is not a JSON value") }
    place += text.utf8.count
    return value
  }

  /// Takes a byte if it is the next one after space.
  private mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard place < bytes.count, bytes[place] == byte else { return false }
    place += 1
    return true
  }

  private mutating func array() throws(JSONProblem) -> JSONValue {
    var elements: [JSONValue] = []
    if take(UInt8(ascii: "]")) { return .array(elements) }
    repeat { elements.append(try value()) } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw unfinished("an array", wants: "a comma or ]") }
    return .array(elements)
  }

  private mutating func object() throws(JSONProblem) -> JSONValue {
    var members: [JSONValue.Member] = []
    if take(UInt8(ascii: "}")) { return .object(members) }
    repeat {
      skipSpace()
      guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") else {
        throw unfinished("an object", wants: "a name in quotes")
      }
      let name = try string()
      guard take(UInt8(ascii: ":")) else { throw unfinished("an object", wants: "a colon") }
      members.append(JSONValue.Member(name, try value()))
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw unfinished("an object", wants: "a comma or }") }
    if let name = Self.duplicate(in: members) { throw problem("the object that ends here has \"\(name)\" twice") }
    return .object(members)
  }

  private func unfinished(_ what: String, wants: String) -> JSONProblem {
    place < bytes.count
      ? problem("\(what) needs \(wants) here") : problem("the document ends in the middle: is it truncated?")
  }

  /// A name that is there more than once: parsers disagree which one counts, RFC 8259 section 4.
  private static func duplicate(in members: [JSONValue.Member]) -> String? {
    guard members.count > 16 else {
      for (index, member) in members.enumerated() where members[..<index].contains(where: { $0.name == member.name }) {
        return member.name
      }
      return nil
    }
    let names = members.map(\.name).sorted()
    return zip(names, names.dropFirst()).first { $0 == $1 }?.0
  }

  private mutating func number() throws(JSONProblem) -> JSONValue {
    let start = place
    let isNegative = bytes[place] == UInt8(ascii: "-")
    if isNegative { place += 1 }
    let first = place
    let magnitude = digits()
    if place == first { throw problem("a number needs a digit here") }
    if bytes[first] == UInt8(ascii: "0"), place > first + 1 { throw problem("a number cannot begin with 0") }
    var isReal = false
    if place < bytes.count, bytes[place] == UInt8(ascii: ".") {
      isReal = true
      place += 1
      let fraction = place
      _ = digits()
      if place == fraction { throw problem("a number needs a digit here") }
    }
    if place < bytes.count, bytes[place] | 0x20 == UInt8(ascii: "e") {
      isReal = true
      place += 1
      if place < bytes.count, bytes[place] == UInt8(ascii: "+") || bytes[place] == UInt8(ascii: "-") { place += 1 }
      let exponent = place
      _ = digits()
      if place == exponent { throw problem("a number needs a digit here") }
    }
    guard !isReal, let magnitude else {
      return .real(String(decoding: bytes[start..<place], as: UTF8.self))
    }
    return .integer(JSONInteger(isNegative: isNegative, magnitude: magnitude))
  }

  /// Reads digits; nil if their number is too large for 64 bits.
  private mutating func digits() -> UInt64? {
    var value: UInt64? = 0
    while place < bytes.count, case let digit = bytes[place] &- UInt8(ascii: "0"), digit < 10 {
      value = value.flatMap { value in
        let (product, isTooLarge) = value.multipliedReportingOverflow(by: 10)
        let (sum, isTooLargeToo) = product.addingReportingOverflow(UInt64(digit))
        return isTooLarge || isTooLargeToo ? nil : sum
      }
      place += 1
    }
    return value
  }

  // MARK: Strings

  private mutating func string() throws(JSONProblem) -> String {
    place += 1
    let start = place
    while place < bytes.count, bytes[place] != UInt8(ascii: "\""), bytes[place] != UInt8(ascii: "\\"),
      bytes[place] >= 0x20
    {
      place += 1
    }
    if place < bytes.count, bytes[place] == UInt8(ascii: "\"") {
      return try text(bytes[start..<place])
    }
    var unescaped = Array(bytes[start..<place])
    while place < bytes.count {
      switch bytes[place] {
      case UInt8(ascii: "\""): return try text(unescaped[...])
      case UInt8(ascii: "\\"): try escape(into: &unescaped)
      case 0..<0x20: throw problem("a control character in a string must be written as \\u00XX")
      case let byte:
        unescaped.append(byte)
        place += 1
      }
    }
    throw problem("a string has no end: is the document truncated?")
  }

  /// The string of these bytes; moves behind the closing quote.
  private mutating func text(_ bytes: ArraySlice<UInt8>) throws(JSONProblem) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw problem("this string is not UTF-8") }
    place += 1
    return text
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSONProblem) {
    guard place + 1 < bytes.count else { throw problem("a string has no end: is the document truncated?") }
    let letter = bytes[place + 1]
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0c)
    case UInt8(ascii: "n"): text.append(0x0a)
    case UInt8(ascii: "r"): text.append(0x0d)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): return text += Array(String(try unicodeEscape()).utf8)
    default: throw problem("there is no such escape in a JSON string")
    }
    place += 2
  }

  /// Reads `\uXXXX`, or the two that make one character beyond 16 bits. Half a pair is what RFC 8259 calls unpredictable.
  private mutating func unicodeEscape() throws(JSONProblem) -> Character {
    var code = try codeUnit()
    if code & 0xfc00 == 0xd800, place + 1 < bytes.count, bytes[place] == UInt8(ascii: "\\"),
      bytes[place + 1] == UInt8(ascii: "u")
    {
      let low = try codeUnit()
      if low & 0xfc00 == 0xdc00 { code = 0x10000 + (code & 0x3ff) << 10 + (low & 0x3ff) }
    }
    guard let scalar = Unicode.Scalar(code) else { throw problem("this escape is half of a character") }
    // The kernel would take what is before it for the whole name.
    if code == 0 { throw problem("a string has NUL in it, and no name or argument can") }
    return Character(scalar)
  }

  private mutating func codeUnit() throws(JSONProblem) -> UInt32 {
    let digits = bytes[min(place + 2, bytes.count)..<min(place + 6, bytes.count)]
    var code: UInt32 = 0
    for digit in digits {
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): code = code << 4 | UInt32(digit - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): code = code << 4 | UInt32(digit - UInt8(ascii: "a") + 10)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): code = code << 4 | UInt32(digit - UInt8(ascii: "A") + 10)
      default: throw problem("\\u needs four hexadecimal digits")
      }
    }
    if digits.count < 4 { throw problem("\\u needs four hexadecimal digits") }
    place += 6
    return code
  }
}
