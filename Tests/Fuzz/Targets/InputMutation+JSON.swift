import JSON

extension InputMutation {
  /// Changes a value somewhere in a document; what is no document is changed by its bytes.
  mutating func changedDocument(_ bytes: [UInt8]) -> [UInt8] {
    guard let document = try? JSONValue(parsing: bytes) else {
      var changed = bytes
      changeLines(&changed, bytes)
      return changed
    }
    return Array(changed(document, at: Int.random(in: 0..<document.size, using: &random)).text.utf8)
  }

  /// The value with the one at a place in it, in the order of the text, exchanged for another.
  private mutating func changed(_ value: JSONValue, at place: Int) -> JSONValue {
    if place == 0 { return replacement(of: value) }
    var rest = place - 1
    func part(_ value: JSONValue) -> JSONValue {
      let size = value.size
      defer { rest -= size }
      return (0..<size).contains(rest) ? changed(value, at: rest) : value
    }
    switch value {
    case .array(let values): return .array(values.map(part))
    case .object(let members): return .object(members.map { JSONValue.Member($0.name, part($0.value)) })
    default: return value
    }
  }

  private mutating func replacement(of value: JSONValue) -> JSONValue {
    switch (Int.random(in: 0..<8, using: &random), value) {
    case (0...2, .array(var values)) where !values.isEmpty:
      let index = Int.random(in: 0..<values.count, using: &random)
      if Bool.random(using: &random) { values.remove(at: index) } else { values.insert(values[index], at: index) }
      return .array(values)
    case (0...1, .object(var members)) where !members.isEmpty:
      members.remove(at: Int.random(in: 0..<members.count, using: &random))
      return .object(members)
    case (2, .object(var members)) where members.count > 1:
      let (first, second) = (
        Int.random(in: 0..<members.count, using: &random), Int.random(in: 0..<members.count, using: &random)
      )
      members[first].value = members[second].value
      return .object(members)
    case (0...4, .string(let text)):
      var bytes = Array(text.utf8)
      if Bool.random(using: &random) { changeBytes(&bytes, bytes) } else { changeLines(&bytes, bytes) }
      return .string(String(decoding: bytes.filter { $0 != 0 }, as: UTF8.self))
    default: return other(than: value)
    }
  }

  /// A value of any kind.
  private mutating func other(than value: JSONValue) -> JSONValue {
    switch Int.random(in: 0..<9, using: &random) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &random))
    case 2: return .string("")
    case 3: return .array(Array(repeating: value, count: Int.random(in: 0...40, using: &random)))
    case 4: return (0..<Int.random(in: 1...140, using: &random)).reduce(value) { inner, _ in .array([inner]) }
    case 5: return .real(["1.5", "1e400", "-0.0", "184467440737095516160"].randomElement(using: &random) ?? "0.5")
    default:
      let bits = UInt64.random(in: 0...64, using: &random)
      let magnitude = (bits == 64 ? .max : (1 << bits) &+ UInt64.random(in: 0...2, using: &random) &- 1)
      return .integer(JSONInteger(isNegative: Bool.random(using: &random), magnitude: magnitude))
    }
  }
}

extension JSONValue {
  /// How many values there are in it, with itself.
  fileprivate var size: Int {
    switch self {
    case .array(let values): values.reduce(1) { $0 + $1.size }
    case .object(let members): members.reduce(1) { $0 + $1.value.size }
    default: 1
    }
  }
}
