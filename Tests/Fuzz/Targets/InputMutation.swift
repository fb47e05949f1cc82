/// Changes inputs at random, and by the form that they have; the same seed makes the same changes.
package struct InputMutation: Sendable {
  let form: FuzzTarget.Form
  var random: SeededNumbers

  package init(_ form: FuzzTarget.Form, seed: UInt64) {
    self.form = form
    random = SeededNumbers(seed: seed)
  }

  /// Two of some inputs.
  package mutating func pick(from inputs: [[UInt8]]) -> ([UInt8], [UInt8]) {
    (inputs.randomElement(using: &random) ?? [], inputs.randomElement(using: &random) ?? [])
  }

  /// An input made of another, with something of a third.
  package mutating func changed(_ input: [UInt8], with other: [UInt8], limit: Int = 1 << 16) -> [UInt8] {
    var result = input
    for _ in 0...Int.random(in: 0...3, using: &random) {
      switch (form, Int.random(in: 0..<4, using: &random)) {
      case (.json, 1...3): result = changedDocument(result)
      case (.lines, 2...3): changeLines(&result, other)
      default: changeBytes(&result, other)
      }
    }
    return Array(result.prefix(limit))
  }

  // MARK: Bytes

  /// Numbers at which something ends, as a person writes them.
  private static var numerals: [String] {
    [
      "0", "-1", "127", "128", "255", "256", "32767", "65535", "65536", "2147483647", "2147483648", "4294967295",
      "4294967296", "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616",
      "-9223372036854775808", "-9223372036854775809", "99999999999999999999999999", "1e999", "0.1", "00", "+1",
      "0-4294967295", "0x7fffffff", "37777777777",
    ]
  }

  /// A number as it is written, or as memory has it.
  private mutating func number() -> [UInt8] {
    if Bool.random(using: &random) {
      return Array((Self.numerals.randomElement(using: &random) ?? "0").utf8)
    }
    let numbers: [UInt64] = [0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 1 << 63, .max]
    let number = numbers.randomElement(using: &random) ?? 0
    let size = [1, 2, 4, 8].randomElement(using: &random) ?? 1
    return (0..<size).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
  }

  private mutating func range(in bytes: [UInt8], atMost limit: Int = .max) -> Range<Int> {
    let start = Int.random(in: 0...bytes.count, using: &random)
    let count = Int.random(in: 0...min(bytes.count - start, limit), using: &random)
    return start..<start + count
  }

  mutating func changeBytes(_ bytes: inout [UInt8], _ other: [UInt8]) {
    switch Int.random(in: 0..<8, using: &random) {
    case 0:
      guard let index = bytes.indices.randomElement(using: &random) else { return }
      bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 1:
      guard let index = bytes.indices.randomElement(using: &random) else { return }
      bytes[index] = UInt8.random(in: 0...255, using: &random)
    case 2: bytes.removeSubrange(range(in: bytes, atMost: 16))
    case 3: bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
    case 4: bytes.replaceSubrange(range(in: bytes, atMost: 8), with: number())
    case 5: bytes.replaceSubrange(range(in: bytes), with: other[range(in: other)])
    case 6: bytes.insert(contentsOf: bytes[range(in: bytes, atMost: 64)], at: range(in: bytes).lowerBound)
    default:
      // One thing again and again, which is what nests, and what grows with the square.
      let part = Array(bytes[range(in: bytes, atMost: 4)])
      let times = Int.random(in: 1...512, using: &random)
      bytes.insert(contentsOf: Array(repeating: part, count: times).joined(), at: range(in: bytes).lowerBound)
    }
  }

  // MARK: Lines

  /// Changes words between separators: those of lines, fields, lists and pairs.
  mutating func changeLines(_ bytes: inout [UInt8], _ other: [UInt8]) {
    let separator = Array("\n\n :,=;-/\0\t ".utf8).randomElement(using: &random) ?? 0
    var parts = bytes.split(separator: separator, omittingEmptySubsequences: false).map(Array.init)
    let others = other.split(separator: separator, omittingEmptySubsequences: false)
    guard let index = parts.indices.randomElement(using: &random) else { return }
    switch Int.random(in: 0..<7, using: &random) {
    case 0: parts.remove(at: index)
    case 1: parts[index] = number()
    case 2: parts.insert(parts[index], at: index)
    case 3: parts.swapAt(index, Int.random(in: 0..<parts.count, using: &random))
    case 4: parts.insert([], at: index)
    case 5: parts[index] += number()
    default: parts.insert(Array(others.randomElement(using: &random) ?? []), at: index)
    }
    bytes = Array(parts.joined(separator: [separator]))
  }
}
