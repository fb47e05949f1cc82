/// A message in the form that criu understands: that of Protocol Buffers, a list of numbered fields.
package struct CriuMessage: Hashable, Sendable {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package mutating func add(_ field: UInt64, _ number: some BinaryInteger) {
    add(variable: field << 3)
    // A negative number is one of 64 bits, as every other is written.
    add(variable: UInt64(truncatingIfNeeded: number))
  }

  /// A flag that is not set is not written.
  package mutating func add(_ field: UInt64, _ flag: Bool) {
    if flag { add(field, 1) }
  }

  package mutating func add(_ field: UInt64, _ text: String?) {
    if let text { add(field, Array(text.utf8)) }
  }

  package mutating func add(_ field: UInt64, _ message: CriuMessage) { add(field, message.bytes) }

  private mutating func add(_ field: UInt64, _ content: [UInt8]) {
    add(variable: field << 3 | 2)
    add(variable: UInt64(content.count))
    bytes += content
  }

  /// Seven bits a byte, the least first; the eighth bit says that more follow.
  private mutating func add(variable number: UInt64) {
    var rest = number
    while rest > 0x7F {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

/// The fields of a message, as they come.
struct CriuMessageReader {
  enum Content: Hashable {
    case number(UInt64)
    case bytes(ArraySlice<UInt8>)

    var number: UInt64? { if case .number(let number) = self { number } else { nil } }
    var text: String? { if case .bytes(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { nil } }
    var message: ArraySlice<UInt8>? { if case .bytes(let bytes) = self { bytes } else { nil } }
  }

  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// The next field; nil at the end, and where the message is cut off.
  mutating func next() -> (field: UInt64, content: Content)? {
    guard let key = variable() else { return nil }
    switch key & 7 {
    case 0:
      guard let number = variable() else { return nil }
      return (key >> 3, .number(number))
    case 1: return take(8).map { (key >> 3, .bytes($0)) }
    case 2:
      guard let count = variable(), count <= UInt64(rest.count) else { return nil }
      return take(Int(count)).map { (key >> 3, .bytes($0)) }
    case 5: return take(4).map { (key >> 3, .bytes($0)) }
    default: return nil
    }
  }

  private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count <= rest.count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  private mutating func variable() -> UInt64? {
    var number: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      number |= UInt64(byte & 0x7F) << shift
      if byte & 0x80 == 0 { return number }
    }
    return nil
  }
}
