package import LinuxABI

/// One mount: a line of /proc/PID/mountinfo, and what statmount(2) tells beyond it.
package struct MountEntry: Hashable, Sendable {
  /// The id of proc(5), which is used again once the mount is gone.
  package var id: UInt64
  package var parentID: UInt64
  package var device: String
  package var root: String
  package var mountPoint: String
  package var options: [String]
  /// The peer group, when the mount is shared.
  package var peerGroup: UInt64?
  /// The peer group that it receives mounts from, when it is a slave.
  package var master: UInt64?
  package var isUnbindable: Bool
  /// The nearest peer group that it receives mounts from and that has a member below the reader's root, proc(5).
  package var propagateFrom: UInt64?
  package var type: String
  package var source: String
  package var superblockOptions: [String]
  /// The id that is never used again; nil before Linux 6.8.
  package var uniqueID: UInt64?
  /// The mappings of an id-mapped mount; nil when it has none, or before Linux 6.15.
  package var idMappings: IDMappings?

  package init(
    id: UInt64,
    parentID: UInt64,
    device: String,
    root: String,
    mountPoint: String,
    options: [String],
    peerGroup: UInt64? = nil,
    master: UInt64? = nil,
    isUnbindable: Bool = false,
    propagateFrom: UInt64? = nil,
    type: String,
    source: String,
    superblockOptions: [String] = [],
    uniqueID: UInt64? = nil,
    idMappings: IDMappings? = nil
  ) {
    self.id = id
    self.parentID = parentID
    self.device = device
    self.root = root
    self.mountPoint = mountPoint
    self.options = options
    self.peerGroup = peerGroup
    self.master = master
    self.isUnbindable = isUnbindable
    self.propagateFrom = propagateFrom
    self.type = type
    self.source = source
    self.superblockOptions = superblockOptions
    self.uniqueID = uniqueID
    self.idMappings = idMappings
  }

  /// Reads a line: `36 35 98:0 /root /mnt rw,noatime shared:1 - ext4 /dev/sda1 rw`.
  ///
  /// By bytes: a table can have tens of thousands of lines. `words` keeps the lists of options, of which many lines have the same.
  init?(line: ArraySlice<UInt8>, _ words: inout OptionLists) {
    // The source can be an empty word, which only the spaces around it show.
    let fields = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard let dash = fields.firstIndex(where: { $0.count == 1 && $0.first == UInt8(ascii: "-") }), dash >= 6,
      fields.count >= dash + 4, let id = Self.number(fields[0]), let parentID = Self.number(fields[1])
    else { return nil }
    self.init(
      id: id,
      parentID: parentID,
      device: String(decoding: fields[2], as: UTF8.self),
      root: Self.unescaped(fields[3]),
      mountPoint: Self.unescaped(fields[4]),
      options: words.list(fields[5], unescaping: false),
      type: Self.unescaped(fields[dash + 1]),
      source: Self.unescaped(fields[dash + 2]),
      superblockOptions: words.list(fields[dash + 3], unescaping: true)
    )
    for tag in fields[6..<dash] {
      guard let colon = tag.firstIndex(of: UInt8(ascii: ":")) else {
        if tag.elementsEqual("unbindable".utf8) { isUnbindable = true }
        continue
      }
      let number = Self.number(tag[(colon + 1)...])
      let name = tag[..<colon]
      if name.elementsEqual("shared".utf8) {
        peerGroup = number
      } else if name.elementsEqual("master".utf8) {
        master = number
      } else if name.elementsEqual("propagate_from".utf8) {
        propagateFrom = number
      }
    }
  }

  /// Reads one line by itself.
  package init?(line: Substring) {
    var lists = OptionLists()
    self.init(line: Array(line.utf8)[...], &lists)
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
    var number: UInt64 = 0
    for digit in digits {
      guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
      number = number &* 10 &+ UInt64(digit - UInt8(ascii: "0"))
    }
    return digits.isEmpty ? nil : number
  }

  /// Reads the kernel's octal escapes of space, tab, newline and backslash.
  fileprivate static func unescaped(_ text: ArraySlice<UInt8>) -> String {
    guard text.contains(UInt8(ascii: "\\")) else { return String(decoding: text, as: UTF8.self) }
    var bytes: [UInt8] = []
    var rest = text
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8) {
        bytes.append(code)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// The lists of options that were read last: the next line often has the same.
struct OptionLists {
  private var last: [(text: ArraySlice<UInt8>, words: [String])] = []

  /// The words between commas.
  mutating func list(_ text: ArraySlice<UInt8>, unescaping: Bool) -> [String] {
    if let known = last.first(where: { $0.text.elementsEqual(text) }) { return known.words }
    let words = text.split(separator: UInt8(ascii: ",")).map {
      unescaping ? MountEntry.unescaped($0) : String(decoding: $0, as: UTF8.self)
    }
    if last.count == 4 { last.removeFirst() }
    last.append((text, words))
    return words
  }
}
