/// Writes BTF for tests, as the kernel's document "BPF Type Format (BTF)" has it.
struct BTFWriter {
  private var types: [UInt32] = []
  private var strings: [UInt8] = [0]
  /// The id of the type that was written last.
  private(set) var last: UInt32 = 0

  private mutating func offset(of name: String) -> UInt32 {
    if name.isEmpty { return 0 }
    let offset = UInt32(strings.count)
    strings += name.utf8 + [0]
    return offset
  }

  mutating func type(_ kind: UInt32, _ name: String, count: UInt32 = 0, _ words: [UInt32]) {
    types += [offset(of: name), kind << 24 | count] + words
    last += 1
  }

  /// A structure (kind 4) or a union (kind 5), with names, types and places in bytes of its members.
  mutating func structure(_ name: String, kind: UInt32 = 4, _ members: [(name: String, type: UInt32, byte: UInt32)]) {
    let words = members.flatMap { [offset(of: $0.name), $0.type, $0.byte * 8] }
    type(kind, name, count: UInt32(members.count), [0] + words)
  }

  mutating func function(_ name: String) { type(12, name, [0]) }

  var words: [UInt32] {
    var bytes = strings
    while bytes.count % 4 != 0 { bytes.append(0) }
    var text: [UInt32] = []
    for start in stride(from: 0, to: bytes.count, by: 4) {
      var word: UInt32 = 0
      for number in 0..<4 { word |= UInt32(bytes[start + number]) << UInt32(number * 8) }
      text.append(word)
    }
    let length = UInt32(types.count * 4)
    return [0x1_eb9f, 24, 0, length, length, UInt32(strings.count)] + types + text
  }
}
