/// The users and groups of a root: its /etc/passwd and /etc/group, passwd(5) and group(5).
package struct Accounts: Sendable {
  private let passwd: [[Substring]]
  private let group: [[Substring]]

  /// Whether the root is an image: its files are not known before it is mounted.
  private let isImage: Bool

  /// Reads the two files' texts; a file that is not there is empty.
  package init(passwd: String, group: String, isImage: Bool = false) {
    self.isImage = isImage
    self.passwd = Self.records(passwd, fields: 7)
    self.group = Self.records(group, fields: 4)
  }

  private static func records(_ text: String, fields: Int) -> [[Substring]] {
    text.split(separator: "\n").map { $0.split(separator: ":", omittingEmptySubsequences: false) }
      .filter { $0.count == fields }
  }

  /// Who a `--user` names.
  struct Identity {
    var userID: UInt32
    var groupID: UInt32
    var groups: [UInt32]
    var home: String?
  }

  /// Reads UID[:GID] or NAME[:GROUP]; a user of the files has its group, groups and home from there.
  func identity(_ text: String) throws(ShellUsageError) -> Identity {
    let flag = "--user \(text)"
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    // A number is never a name: a root whose /etc/passwd names a user "1000" must not choose who 1000 is (CVE-2016-3697).
    let number = Self.id(parts[0])
    let record = passwd.first { number == nil ? $0[0] == parts[0] : Self.id($0[2]) == number }
    guard let userID = number ?? record.flatMap({ Self.id($0[2]) }) else {
      throw unknown("user", parts[0], "passwd", flag)
    }
    var identity = Identity(userID: userID, groupID: 0, groups: [], home: record.map { String($0[5]) })
    if parts.count == 2 {
      identity.groupID = try groupID(parts[1], flag)
    } else if let record {
      identity.groupID = Self.id(record[3]) ?? 0
      identity.groups = group.filter { $0[3].split(separator: ",").contains(record[0]) }.compactMap { Self.id($0[2]) }
    }
    return identity
  }

  /// Reads a group's number or name.
  func groupID(_ text: Substring, _ flag: String) throws(ShellUsageError) -> UInt32 {
    guard let id = Self.id(text) ?? group.first(where: { $0[0] == text }).flatMap({ Self.id($0[2]) }) else {
      throw unknown("group", text, "group", flag)
    }
    return id
  }

  private func unknown(_ kind: String, _ name: Substring, _ file: String, _ flag: String) -> ShellUsageError {
    ShellUsageError(
      flag,
      isImage
        ? "\"\(name)\" is not a number, and the names of an image are not known before it is mounted: give a number"
        : "there is no \(kind) \"\(name)\" in the root's /etc/\(file), nor is it a number"
    )
  }

  /// An id below the one that means none, 4294967295.
  private static func id(_ text: Substring) -> UInt32? {
    guard let id = UInt32(digits: text), id != .max else { return nil }
    return id
  }
}

extension FixedWidthInteger {
  /// Reads a number of digits alone, without sign or space: CVE-2026-30892 came of reading loosely.
  init?(digits text: Substring, radix: Int = 10) {
    guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
    self.init(text, radix: radix)
  }
}
