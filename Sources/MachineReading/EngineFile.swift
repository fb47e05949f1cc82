import JSON
import LinuxABI
import LinuxSyscalls
import SystemPackage

/// A file in which an engine or a runtime keeps something of its containers.
enum EngineFile {
  /// No engine keeps more than this of one container.
  private static var largestSize: UInt64 { 64 << 20 }

  /// Its content; nil for what is no file, or cannot be read.
  static func contents(_ path: String) -> [UInt8]? {
    // Which process is an engine's is told by its name, which anyone can have: a FIFO in the place of a file, or one without
    // an end, must not stop who looks.
    guard let file = try? Syscall.open(path, .nonBlocking), let status = try? Syscall.status(of: file.borrowed),
      status.kind == .regular, status.size <= largestSize
    else { return nil }
    return try? Syscall.readAll(file.borrowed)
  }

  /// Its JSON value; nil when it has none.
  static func json(_ path: String) -> JSONValue? {
    guard let bytes = contents(path) else { return nil }
    return try? JSONValue(parsing: bytes)
  }

  /// Its JSON object; nil when it has none.
  static func object(_ path: String) -> JSONReader? {
    guard case .object(let members)? = json(path) else { return nil }
    return JSONReader(members)
  }

  /// The names in a directory, sorted; none where it cannot be read.
  static func names(in directory: String) -> [String] {
    guard let directory = try? Syscall.open(directory, .directory),
      let entries = try? Syscall.entries(of: directory.borrowed)
    else { return [] }
    return entries.map(\.name).sorted()
  }

  /// The words that a process was started with.
  static func words(of process: Int32) -> [String] {
    guard let bytes = try? Syscall.contents(of: "/proc/\(process)/cmdline") else { return [] }
    return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The value of an option among words, written `--name VALUE` or `--name=VALUE`; the last one counts.
  static func value(_ words: some Sequence<String>, _ name: String) -> String? {
    var value: String?
    var isNext = false
    for word in words {
      if isNext { value = word }
      isNext = word == name
      if word.hasPrefix(name + "=") { value = String(word.dropFirst(name.count + 1)) }
    }
    return value
  }
}
