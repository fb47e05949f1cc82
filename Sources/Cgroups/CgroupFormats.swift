/// A file of lines `key number`, the kernel's Documentation/admin-guide/cgroup-v2.rst "Format": `memory.stat`.
package struct FlatKeyed: Hashable, Sendable {
  package struct Entry: Hashable, Sendable {
    package var key: String
    package var value: UInt64
  }

  package private(set) var entries: [Entry] = []

  package init(_ text: String) {
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 2, let value = UInt64(words[1]) else { continue }
      entries.append(Entry(key: String(words[0]), value: value))
    }
  }

  package subscript(key: String) -> UInt64? { entries.first { $0.key == key }?.value }
}

/// Numbers of block devices: how many bytes or operations, of which kind.
package struct BlockEntry: Hashable, Sendable {
  package var major: UInt64
  package var minor: UInt64
  package var operation: String
  package var value: UInt64

  package init(major: UInt64, minor: UInt64, operation: String, value: UInt64) {
    self.major = major
    self.minor = minor
    self.operation = operation
    self.value = value
  }

  /// Reads a file of version 1, lines `8:0 Read 4096` or `8:0 4096`. The last, a sum, is no device's.
  package static func parse(version1 text: String) -> [BlockEntry] {
    text.split(separator: "\n").compactMap { line in
      let words = line.split(whereSeparator: { $0 == " " || $0 == ":" })
      guard words.count == 3 || words.count == 4, let major = UInt64(words[0]), let minor = UInt64(words[1]),
        let value = UInt64(words[words.count - 1])
      else { return nil }
      return BlockEntry(major: major, minor: minor, operation: words.count == 4 ? String(words[2]) : "", value: value)
    }
  }

  /// Reads `io.stat` of version 2, lines `8:0 rbytes=1 wbytes=2 rios=3 wios=4`: the values of two keys, under the names
  /// that version 1 has for them.
  package static func parse(version2 text: String, _ names: [(key: String, operation: String)]) -> [BlockEntry] {
    text.split(separator: "\n").flatMap { line -> [BlockEntry] in
      let words = line.split(separator: " ")
      let numbers = (words.first ?? "").split(separator: ":")
      guard numbers.count == 2, let major = UInt64(numbers[0]), let minor = UInt64(numbers[1]) else { return [] }
      return words.dropFirst().compactMap { word in
        let pair = word.split(separator: "=")
        guard pair.count == 2, let value = UInt64(pair[1]), let name = names.first(where: { $0.key == pair[0] }) else {
          return nil
        }
        return BlockEntry(major: major, minor: minor, operation: name.operation, value: value)
      }
    }
  }
}

/// A list such as `0-2,7`, cpuset(7) "List format".
package func cpuList(_ text: String) -> [UInt16] {
  text.split(whereSeparator: { $0 == "," || $0.isWhitespace }).flatMap { part -> [UInt16] in
    let ends = part.split(separator: "-").compactMap { UInt16($0) }
    guard let first = ends.first, let last = ends.last, first <= last else { return [] }
    return Array(first...last)
  }
}

/// The size of huge pages in the words of the cgroup's files: `hugepages-2048kB` of /sys/kernel/mm is `2MB`.
package func hugePageSize(_ name: String) -> String? {
  guard name.hasPrefix("hugepages-"), name.hasSuffix("kB") else { return nil }
  guard let size = UInt64(name.dropFirst("hugepages-".count).dropLast(2)) else { return nil }
  if size >= 1 << 20 { return "\(size >> 20)GB" }
  return size >= 1 << 10 ? "\(size >> 10)MB" : "\(size)KB"
}
