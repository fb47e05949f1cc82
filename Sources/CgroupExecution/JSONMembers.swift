import Cgroups
import JSON

/// The members of an object that is being written, most of which are left out when they are 0 or empty.
struct JSONMembers {
  private var members: [JSONValue.Member] = []

  var value: JSONValue { .object(members) }

  mutating func add(_ name: String, _ value: JSONValue) { members.append(JSONValue.Member(name, value)) }

  mutating func addUnlessZero(_ name: String, _ number: UInt64?) {
    if let number, number != 0 { add(name, .number(number)) }
  }

  mutating func addUnlessEmpty(_ name: String, _ numbers: [UInt64]) {
    if !numbers.isEmpty { add(name, .array(numbers.map { .number($0) })) }
  }

  /// Adds an object, unless all that it has is 0.
  mutating func addUnlessZero(_ name: String, _ object: JSONMembers) {
    if object.members.contains(where: { $0.value != .number(0) }) { add(name, object.value) }
  }

  mutating func addUnlessEmpty(_ name: String, _ entries: [BlockEntry]) {
    if entries.isEmpty { return }
    let values = entries.map { entry in
      var object = JSONMembers()
      object.addUnlessZero("major", entry.major)
      object.addUnlessZero("minor", entry.minor)
      if !entry.operation.isEmpty { object.add("op", .string(entry.operation)) }
      object.addUnlessZero("value", entry.value)
      return object.value
    }
    add(name, .array(values))
  }

  /// A file of pressure stall information, lines `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`.
  static func pressure(_ text: String) -> JSONValue? {
    var kinds = JSONMembers()
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard let kind = words.first, kind == "some" || kind == "full" else { continue }
      var numbers = JSONMembers()
      var isZero = true
      for word in words.dropFirst() {
        let pair = word.split(separator: "=")
        guard pair.count == 2 else { continue }
        let number = shortest(pair[1])
        if number != "0" { isZero = false }
        numbers.add(String(pair[0]), .real(number))
      }
      if !isZero { kinds.add(String(kind), numbers.value) }
    }
    return kinds.value
  }

  /// A decimal number as JSON writers have it, without zeros that say nothing: `0.50` is `0.5`, and `0.00` is `0`.
  private static func shortest(_ text: Substring) -> String {
    guard text.contains("."), let last = text.lastIndex(where: { $0 != "0" }) else { return String(text) }
    return String(text[last] == "." ? text[..<last] : text[...last])
  }
}
