/// The kernel's own types as its BTF tells them: where the members of structures are, and the ids of functions.
///
/// The format is that of the kernel's document "BPF Type Format (BTF)". Only what is asked for by name is kept, since there are more
/// than a hundred thousand types.
package struct KernelTypes: Sendable {
  private struct Member {
    var name: String
    /// Where it is, in bytes from the beginning of the structure.
    var offset: Int
  }

  private var structures: [(name: String, members: [Member])] = []
  private var functions: [(name: String, id: UInt32)] = []

  /// Reads what /sys/kernel/btf/vmlinux holds, in words of this machine's byte order; nil when it is no BTF.
  package init?(btf words: Span<UInt32>, structures: [String], functions: [String]) {
    guard let table = Table(words) else { return nil }
    var wantedStructures = Names(structures)
    var wantedFunctions = Names(functions)
    var found: [(name: String, position: Int)] = []
    // Types without a name, by id: members of structures, whose own members count as the structure's.
    var nameless: [(id: UInt32, position: Int)] = []
    nameless.reserveCapacity(16_384)
    let lengths = Kind.lengths
    var position = table.types.lowerBound
    var id: UInt32 = 0
    // Functions come last: when they are found, so is all else.
    while position + 3 <= table.types.upperBound, !wantedFunctions.isEmpty {
      id += 1
      let name = words[position]
      let (kind, count) = Self.kind(words[position + 1])
      if kind == .structure || kind == .union, name == 0 {
        nameless.append((id, position))
      } else if kind == .structure, let wanted = wantedStructures.take(name, table, words) {
        found.append((wanted, position))
      } else if kind == .function, let wanted = wantedFunctions.take(name, table, words) {
        self.functions.append((wanted, id))
      }
      let length = lengths[Int(kind.rawValue)]
      guard length.own > 0 else { return nil }
      position += length.own + length.part * count
    }
    for (name, position) in found {
      var members: [Member] = []
      Self.collect(&members, of: position, at: 0, depth: 0, words, table, nameless)
      self.structures.append((name, members))
    }
  }

  /// Where a member is, in bytes from the beginning of its structure; nil when the kernel has no such structure or member.
  package func offset(_ structure: String, _ member: String) -> Int? {
    let members = structures.first { $0.name == structure }?.members
    return members?.first { $0.name == member }?.offset
  }

  /// The id of a function's type; nil when the kernel has no such function.
  package func function(_ name: String) -> UInt32? { functions.first { $0.name == name }?.id }

  /// How deep parts without names may be in each other, and how many members a structure may have with those: the kernel's own have
  /// far less, and words that have more are no types of its.
  private static var deepest: Int { 8 }
  private static var mostMembers: Int { 10_000 }

  /// Adds the members of the structure at a position, those of its nameless parts too, and a member without a name for each part.
  private static func collect(
    _ members: inout [Member],
    of position: Int,
    at start: Int,
    depth: Int,
    _ words: Span<UInt32>,
    _ table: Table,
    _ nameless: [(id: UInt32, position: Int)]
  ) {
    let info = words[position + 1]
    let hasBitFields = info >> 31 != 0
    let (kind, count) = Self.kind(info)
    guard kind == .structure || kind == .union else { return }
    for number in 0..<count {
      let place = position + 3 + number * 3
      guard place + 3 <= table.types.upperBound, members.count < mostMembers else { return }
      let bits = hasBitFields ? words[place + 2] & 0xff_ffff : words[place + 2]
      let offset = start + Int(bits / 8)
      members.append(Member(name: words[place] == 0 ? "" : table.text(at: words[place], words), offset: offset))
      if words[place] == 0, depth < deepest, let part = Self.position(of: words[place + 1], in: nameless) {
        collect(&members, of: part, at: offset, depth: depth + 1, words, table, nameless)
      }
    }
  }

  private static func position(of id: UInt32, in nameless: [(id: UInt32, position: Int)]) -> Int? {
    var low = 0
    var high = nameless.count
    while low < high {
      let middle = (low + high) / 2
      if nameless[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return low < nameless.count && nameless[low].id == id ? nameless[low].position : nil
  }

  private static func kind(_ info: UInt32) -> (Kind, Int) { (Kind(rawValue: info >> 24 & 0x1f), Int(info & 0xffff)) }
}

/// A kind of BTF type, "BTF_KIND_*".
private struct Kind: Equatable {
  var rawValue: UInt32

  static var structure: Self { Self(rawValue: 4) }
  static var union: Self { Self(rawValue: 5) }
  static var function: Self { Self(rawValue: 12) }

  /// How many words a type of each kind takes, and how many for each of its parts; 0 for a kind of a later kernel, whose length is not
  /// known. The order is that of the kinds: none, integer, pointer, array, structure, union, enumeration, forward, typedef, volatile,
  /// const, restrict, function, function prototype, variable, data section, float, declaration tag, type tag, 64-bit enumeration.
  static var lengths: [(own: Int, part: Int)] {
    [
      (0, 0), (4, 0), (3, 0), (6, 0), (3, 3), (3, 3), (3, 2), (3, 0), (3, 0), (3, 0), (3, 0), (3, 0), (3, 0), (3, 2),
      (4, 0),
      (3, 3), (3, 0), (4, 0), (3, 0), (3, 3),
    ] + [(own: Int, part: Int)](repeating: (0, 0), count: 12)
  }
}

/// Names of three letters and more that are looked for, until each was found once.
private struct Names {
  private var texts: [String]
  /// The first four bytes of each, which tell nearly all others apart.
  private var heads: [UInt32]
  /// A bit for the lowest six bits of each head.
  private let filter: UInt64

  init(_ texts: [String]) {
    self.texts = texts
    heads = texts.map { text in
      var head: UInt32 = 0
      for (position, byte) in text.utf8.prefix(4).enumerated() { head |= UInt32(byte) << (UInt32(position) * 8) }
      return head
    }
    filter = heads.reduce(0) { $0 | 1 << UInt64($1 & 0x3f) }
  }

  var isEmpty: Bool { heads.isEmpty }

  /// The name that is at an offset of the strings, if it is one of these; it is not looked for any more.
  @inline(__always)
  mutating func take(_ offset: UInt32, _ table: Table, _ words: Span<UInt32>) -> String? {
    let head = table.head(at: offset, words)
    // Half of all names begin otherwise than any of these.
    guard filter & 1 << UInt64(head & 0x3f) != 0, heads.contains(head) else { return nil }
    let text = table.text(at: offset, words)
    guard let position = texts.firstIndex(of: text) else { return nil }
    heads.remove(at: position)
    return texts.remove(at: position)
  }
}

/// Where the parts of BTF are: the types in words, the strings in bytes.
private struct Table {
  var types: Range<Int>
  private var strings: Range<Int>

  init?(_ words: Span<UInt32>) {
    // Magic number 0xeb9f, version 1, no flags; then the header's length, and offset and length of the types and the strings.
    guard words.count >= 6, words[0] == 0x1_eb9f else { return nil }
    let header = Int(words[1])
    let typesStart = header + Int(words[2])
    let stringsStart = header + Int(words[4])
    types = typesStart / 4..<(typesStart + Int(words[3])) / 4
    strings = stringsStart..<(stringsStart + Int(words[5]))
    guard types.upperBound <= words.count, strings.upperBound <= words.count * 4 else { return nil }
  }

  /// Four bytes from an offset of the strings on.
  @inline(__always)
  func head(at offset: UInt32, _ words: Span<UInt32>) -> UInt32 {
    let start = strings.lowerBound + Int(offset)
    let word = start / 4
    guard word + 1 < words.count else { return 0 }
    let shift = UInt32(start % 4) * 8
    return shift == 0 ? words[word] : words[word] >> shift | words[word + 1] << (32 - shift)
  }

  private func byte(_ position: Int, _ words: Span<UInt32>) -> UInt8 {
    UInt8(truncatingIfNeeded: words[position / 4] >> (UInt32(position % 4) * 8))
  }

  func text(at offset: UInt32, _ words: Span<UInt32>) -> String {
    var bytes: [UInt8] = []
    var position = strings.lowerBound + Int(offset)
    while position < strings.upperBound {
      let byte = byte(position, words)
      if byte == 0 { break }
      bytes.append(byte)
      position += 1
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
