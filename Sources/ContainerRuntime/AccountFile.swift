import LinuxSyscalls
package import SystemPackage

/// A root's /etc/passwd or /etc/group, passwd(5) and group(5): whoever made the root wrote it, and what runs in it can.
package struct AccountFile: ~Copyable {
  /// The largest file that is read; what is kept of it is a line.
  private static var largest: Int { 16 << 20 }
  /// The longest line: a group has its members in one.
  private static var longestLine: Int { 1 << 16 }

  private var file: ForeignFile

  /// Opens a file in a root, resolved inside it; nil if it is not there, or is no file to be read.
  package init?(_ path: String, inRoot root: FileDescriptor) {
    guard let file = try? ForeignFile(at: root, path, resolve: [.inRoot, .noMagicLinks], limit: Self.largest) else {
      return nil
    }
    self.file = file
  }

  /// The fields of the next line; nil behind the last one, and where the file cannot be read on.
  package mutating func next() -> [String]? {
    guard let line = try? file.nextLine(longest: Self.longestLine) else { return nil }
    return line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
  }
}

extension AccountFile {
  /// The lines that are wanted, as fields: no more than a process can have groups, credentials(7).
  package static func lines(
    of path: String,
    inRoot root: FileDescriptor,
    where isWanted: ([String]) -> Bool
  ) -> [[String]] {
    guard var file = AccountFile(path, inRoot: root) else { return [] }
    var lines: [[String]] = []
    while lines.count < 65_536, let fields = file.next() {
      if isWanted(fields) { lines.append(fields) }
    }
    return lines
  }

  /// Whether a word is this name, or this number in digits of its own.
  package static func isNamed(_ name: String, _ number: String, by word: Substring) -> Bool {
    if word == name { return true }
    guard let wanted = UInt32(word) else { return false }
    return UInt32(number) == wanted
  }

  /// Lines as the file has them.
  package static func text(of lines: [[String]]) -> String {
    lines.map { $0.joined(separator: ":") }.joined(separator: "\n")
  }
}
