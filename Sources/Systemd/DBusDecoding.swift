/// Reads values from the bytes of a message, whichever byte order they are in.
struct DBusDecoding {
  /// What is wrong with bytes that are no message.
  struct Malformed: Error, Hashable {}

  private let bytes: ArraySlice<UInt8>
  private let isBigEndian: Bool
  private(set) var position = 0
  /// How deep values may be in each other, D-Bus specification "Valid Signatures".
  private static var deepest: Int { 64 }

  init(_ bytes: ArraySlice<UInt8>, isBigEndian: Bool) {
    self.bytes = bytes
    self.isBigEndian = isBigEndian
  }

  /// Reads a value for each type of a signature.
  mutating func values(_ signature: String) throws(Malformed) -> [DBusValue] {
    var types = Array(signature.utf8)[...]
    var values: [DBusValue] = []
    while !types.isEmpty { values.append(try value(&types, depth: 0)) }
    return values
  }

  mutating func align(to alignment: Int) throws(Malformed) {
    while !position.isMultiple(of: alignment) { _ = try take(1) }
  }

  private mutating func take(_ count: Int) throws(Malformed) -> ArraySlice<UInt8> {
    guard count <= bytes.count - position else { throw Malformed() }
    defer { position += count }
    return bytes.dropFirst(position).prefix(count)
  }

  private mutating func number<Number: FixedWidthInteger>(_: Number.Type) throws(Malformed) -> Number {
    try align(to: Number.bitWidth / 8)
    let taken = try take(Number.bitWidth / 8)
    var number: UInt64 = 0
    if isBigEndian {
      for byte in taken { number = number << 8 | UInt64(byte) }
    } else {
      for byte in taken.reversed() { number = number << 8 | UInt64(byte) }
    }
    return Number(truncatingIfNeeded: number)
  }

  private mutating func text(length: Int) throws(Malformed) -> String {
    let text = try take(length)
    guard try take(1).first == 0 else { throw Malformed() }
    return String(decoding: text, as: UTF8.self)
  }

  /// Reads a value of the first type, which is taken from the types.
  private mutating func value(_ types: inout ArraySlice<UInt8>, depth: Int) throws(Malformed) -> DBusValue {
    guard let type = types.popFirst(), depth < Self.deepest else { throw Malformed() }
    switch type {
    case UInt8(ascii: "y"): return .byte(try number(UInt8.self))
    case UInt8(ascii: "b"): return .boolean(try number(UInt32.self) != 0)
    case UInt8(ascii: "n"): return .int16(try number(Int16.self))
    case UInt8(ascii: "q"): return .uint16(try number(UInt16.self))
    case UInt8(ascii: "i"): return .int32(try number(Int32.self))
    case UInt8(ascii: "u"), UInt8(ascii: "h"): return .uint32(try number(UInt32.self))
    case UInt8(ascii: "x"): return .int64(try number(Int64.self))
    case UInt8(ascii: "t"): return .uint64(try number(UInt64.self))
    case UInt8(ascii: "d"): return .double(Double(bitPattern: try number(UInt64.self)))
    case UInt8(ascii: "s"): return .string(try text(length: Int(try number(UInt32.self))))
    case UInt8(ascii: "o"): return .objectPath(try text(length: Int(try number(UInt32.self))))
    case UInt8(ascii: "g"): return .signature(try text(length: Int(try number(UInt8.self))))
    case UInt8(ascii: "a"): return try array(&types, depth: depth)
    case UInt8(ascii: "("):
      try align(to: 8)
      return .structure(try fields(&types, until: UInt8(ascii: ")"), depth: depth))
    case UInt8(ascii: "{"):
      try align(to: 8)
      let fields = try fields(&types, until: UInt8(ascii: "}"), depth: depth)
      guard fields.count == 2 else { throw Malformed() }
      return .entry(fields[0], fields[1])
    case UInt8(ascii: "v"):
      var inner = Array(try text(length: Int(try number(UInt8.self))).utf8)[...]
      let value = try value(&inner, depth: depth + 1)
      guard inner.isEmpty else { throw Malformed() }
      return .variant(value)
    default: throw Malformed()
    }
  }

  private mutating func fields(
    _ types: inout ArraySlice<UInt8>,
    until end: UInt8,
    depth: Int
  ) throws(Malformed) -> [DBusValue] {
    var fields: [DBusValue] = []
    while let next = types.first, next != end { fields.append(try value(&types, depth: depth + 1)) }
    // A structure without a field is no type, and an array of such, which take no bytes, would have no end.
    guard types.popFirst() == end, !fields.isEmpty else { throw Malformed() }
    return fields
  }

  private mutating func array(_ types: inout ArraySlice<UInt8>, depth: Int) throws(Malformed) -> DBusValue {
    let element = try Self.firstType(of: types)
    types = types.dropFirst(element.count)
    let length = Int(try number(UInt32.self))
    try align(to: DBusEncoding.alignment(of: element.first ?? 0))
    let end = position + length
    guard end <= bytes.count else { throw Malformed() }
    var values: [DBusValue] = []
    while position < end {
      var type = element
      values.append(try value(&type, depth: depth + 1))
    }
    guard position == end else { throw Malformed() }
    return .array(of: String(decoding: element, as: UTF8.self), values)
  }

  /// The first whole type of a signature.
  private static func firstType(of types: ArraySlice<UInt8>) throws(Malformed) -> ArraySlice<UInt8> {
    var open = 0
    for (count, type) in types.enumerated() {
      switch type {
      case UInt8(ascii: "a"): continue
      case UInt8(ascii: "("), UInt8(ascii: "{"): open += 1
      case UInt8(ascii: ")"), UInt8(ascii: "}"): open -= 1
      default: break
      }
      if open == 0 { return types.prefix(count + 1) }
    }
    throw Malformed()
  }
}
