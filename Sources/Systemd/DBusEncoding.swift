/// The bytes of values, D-Bus specification "Marshaling", in little-endian order.
struct DBusEncoding {
  private(set) var bytes: [UInt8] = []

  init() {}

  /// Adds zeros up to a multiple of `alignment`, counted from the beginning of the message or of its body.
  mutating func align(to alignment: Int) {
    while !bytes.count.isMultiple(of: alignment) { bytes.append(0) }
  }

  mutating func append(_ value: DBusValue) {
    align(to: Self.alignment(of: value.signature.utf8.first ?? 0))
    switch value {
    case .byte(let number): bytes.append(number)
    case .boolean(let flag): append(UInt32(flag ? 1 : 0))
    case .int16(let number): append(number)
    case .uint16(let number): append(number)
    case .int32(let number): append(number)
    case .uint32(let number): append(number)
    case .int64(let number): append(number)
    case .uint64(let number): append(number)
    case .double(let number): append(number.bitPattern)
    case .string(let text), .objectPath(let text):
      append(UInt32(text.utf8.count))
      bytes += text.utf8
      bytes.append(0)
    case .signature(let text): append(signature: text)
    case .array(let element, let values): append(values, of: element)
    case .structure(let fields): for field in fields { append(field) }
    case .entry(let key, let value):
      append(key)
      append(value)
    case .variant(let value):
      append(signature: value.signature)
      append(value)
    }
  }

  private mutating func append(_ number: some FixedWidthInteger) {
    var rest = number
    for _ in 0..<(number.bitWidth / 8) {
      bytes.append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }

  private mutating func append(signature: String) {
    bytes.append(UInt8(truncatingIfNeeded: signature.utf8.count))
    bytes += signature.utf8
    bytes.append(0)
  }

  /// An array's length does not count the padding before its first element.
  private mutating func append(_ values: [DBusValue], of element: String) {
    let place = bytes.count
    append(UInt32(0))
    align(to: Self.alignment(of: element.utf8.first ?? 0))
    let start = bytes.count
    for value in values { append(value) }
    let length = UInt32(bytes.count - start)
    for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: length >> UInt32(8 * index)) }
  }

  /// To what multiple values of a type are aligned, by the first letter of its signature.
  static func alignment(of type: UInt8) -> Int {
    switch type {
    case UInt8(ascii: "y"), UInt8(ascii: "g"), UInt8(ascii: "v"): 1
    case UInt8(ascii: "n"), UInt8(ascii: "q"): 2
    case UInt8(ascii: "x"), UInt8(ascii: "t"), UInt8(ascii: "d"), UInt8(ascii: "("), UInt8(ascii: "{"): 8
    default: 4
    }
  }
}
