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
  package init?(line: Substring) {
    // The source can be an empty word, which only the spaces around it show.
    let fields = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count >= dash + 4,
      let id = UInt64(fields[0]), let parentID = UInt64(fields[1])
    else { return nil }
    self.id = id
    self.parentID = parentID
    device = fields[2]
    root = Self.unescaped(fields[3])
    mountPoint = Self.unescaped(fields[4])
    options = fields[5].split(separator: ",").map(String.init)
    let tags = fields[6..<dash]
    peerGroup = Self.number("shared:", in: tags)
    master = Self.number("master:", in: tags)
    isUnbindable = tags.contains("unbindable")
    propagateFrom = Self.number("propagate_from:", in: tags)
    type = Self.unescaped(fields[dash + 1])
    source = Self.unescaped(fields[dash + 2])
    superblockOptions = fields[dash + 3].split(separator: ",").map { Self.unescaped(String($0)) }
  }

  private static func number(_ tag: String, in tags: ArraySlice<String>) -> UInt64? {
    tags.first { $0.hasPrefix(tag) }.flatMap { UInt64($0.dropFirst(tag.count)) }
  }

  /// Reads the kernel's octal escapes of space, tab, newline and backslash.
  private static func unescaped(_ text: String) -> String {
    guard text.utf8.contains(UInt8(ascii: "\\")) else { return text }
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
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
