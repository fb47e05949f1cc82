/// A value of a D-Bus message, D-Bus specification "Type System".
package indirect enum DBusValue: Hashable, Sendable {
  case byte(UInt8)
  case boolean(Bool)
  case int16(Int16)
  case uint16(UInt16)
  case int32(Int32)
  case uint32(UInt32)
  case int64(Int64)
  case uint64(UInt64)
  case double(Double)
  case string(String)
  case objectPath(String)
  case signature(String)
  /// Values of one type, whose signature is given since there may be none.
  case array(of: String, [DBusValue])
  case structure([DBusValue])
  /// A key and a value: an array of these is a dictionary.
  case entry(DBusValue, DBusValue)
  case variant(DBusValue)

  /// The value's type, as messages name it.
  package var signature: String {
    switch self {
    case .byte: "y"
    case .boolean: "b"
    case .int16: "n"
    case .uint16: "q"
    case .int32: "i"
    case .uint32: "u"
    case .int64: "x"
    case .uint64: "t"
    case .double: "d"
    case .string: "s"
    case .objectPath: "o"
    case .signature: "g"
    case .array(let element, _): "a" + element
    case .structure(let fields): "(" + fields.map(\.signature).joined() + ")"
    case .entry(let key, let value): "{" + key.signature + value.signature + "}"
    case .variant: "v"
    }
  }

  package static func strings(_ values: [String]) -> DBusValue { .array(of: "s", values.map(DBusValue.string)) }

  package static func bytes(_ values: [UInt8]) -> DBusValue { .array(of: "y", values.map(DBusValue.byte)) }

  /// The text of a string, an object path or a signature.
  package var text: String? {
    switch self {
    case .string(let text), .objectPath(let text), .signature(let text): text
    default: nil
    }
  }
}
