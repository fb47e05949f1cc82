/// A JSON value, RFC 8259, with an object's members in the order of the text.
///
/// berth reads config.json with this rather than with `Codable`, for what a runtime needs and that has not: every
/// problem of a document at once, each with its place, and a start that is shorter by 0.75 ms.
package indirect enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(JSONInteger)
  /// A number with a fraction or an exponent, as it is written.
  case real(String)
  case string(String)
  case array([JSONValue])
  case object([Member])

  /// A name and its value in an object.
  package struct Member: Hashable, Sendable {
    package var name: String
    package var value: JSONValue

    package init(_ name: String, _ value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  package static func number(_ value: some BinaryInteger) -> JSONValue {
    .integer(JSONInteger(isNegative: value < 0, magnitude: UInt64(value.magnitude)))
  }

  package static func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }

  /// What kind of value this is, in a reader's words.
  var kind: String {
    switch self {
    case .null: "null"
    case .bool: "true or false"
    case .integer, .real: "a number"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }
}

/// An integer of any sign with a magnitude of 64 bits: the specification has limits up to `UInt64.max`, and -1.
package struct JSONInteger: Hashable, Sendable, CustomStringConvertible {
  package let isNegative: Bool
  package let magnitude: UInt64

  /// -0 is 0.
  package init(isNegative: Bool = false, magnitude: UInt64) {
    self.isNegative = isNegative && magnitude != 0
    self.magnitude = magnitude
  }

  package var description: String { (isNegative ? "-" : "") + "\(magnitude)" }

  /// The same number in another type, if it fits.
  package func value<Number: FixedWidthInteger>(as type: Number.Type) -> Number? {
    guard isNegative else { return Number(exactly: magnitude) }
    guard magnitude <= UInt64(Int64.max) + 1 else { return nil }
    return Number(exactly: Int64(truncatingIfNeeded: ~magnitude &+ 1))
  }
}

/// What is wrong with a place of a document.
package struct JSONProblem: Error, Hashable, Sendable {
  /// The place: `mounts[3].options[1]`; empty for the document as a whole.
  package var path: String
  package var message: String

  package init(_ path: String, _ message: String) {
    self.path = path
    self.message = message
  }
}
