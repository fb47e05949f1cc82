import Foundation
import LinuxABI
import LinuxSyscalls
import SystemPackage
import Testing

/// What is read of files that others wrote: regular ones alone, and no more than the limits.
struct ForeignFileTests {
  /// A folder of the test's own, with one of everything that can have a name.
  private func withFolder(_ body: (FileDescriptor, String) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "berth-foreign-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path + "/directory", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }  // Only this test's own files are in it.
    let folder = try Syscall.open(path, .directory)
    let directory = folder.borrowed
    for (name, text) in [("empty", ""), ("text", "12345678"), ("lines", "a\n\nbb\nccccc\nd")] {
      let file = try Syscall.open(at: directory, name, [.writeOnly, .create], permissions: 0o600)
      try Syscall.write(Array(text.utf8), to: file.borrowed)
    }
    _ = FileManager.default.createFile(atPath: path + "/sparse", contents: nil)
    let sparse = try FileHandle(forWritingTo: URL(fileURLWithPath: path + "/sparse"))
    try sparse.truncate(atOffset: 3 << 30)
    try sparse.close()
    try Syscall.makeNode(at: directory, "fifo", kind: .fifo, permissions: 0o600)
    let socket = try Syscall.unixSocket(.stream)
    try Syscall.bind(socket.borrowed, at: directory, "socket")
    for (name, target) in [("nowhere", "missing"), ("self", "self"), ("zero", "/dev/zero"), ("link", "text")] {
      try Syscall.makeSymbolicLink(to: target, at: directory, name)
    }
    try body(directory, path)
  }

  /// What each name gives: so many bytes, or a failure.
  static let answers: [(name: String, limit: Int, answer: Result<Int, ForeignFileFailure>)] = [
    ("empty", 0, .success(0)), ("empty", 9, .success(0)),
    ("text", 8, .success(8)), ("link", 9, .success(8)), ("text", 7, .failure(.isTooLarge(limit: 7))),
    ("text", 0, .failure(.isTooLarge(limit: 0))), ("sparse", 100_000, .failure(.isTooLarge(limit: 100_000))),
    // The kernel tells no size of its own files.
    ("/proc/self/status", 65536, .success(0)), ("/proc/self/status", 10, .failure(.isTooLarge(limit: 10))),
    ("fifo", 9, .failure(.isNotRegular(.fifo))), ("socket", 9, .failure(.isNotRegular(.socket))),
    ("directory", 9, .failure(.isNotRegular(.directory))), ("zero", 9, .failure(.isNotRegular(.characterDevice))),
    ("/dev/ptmx", 9, .failure(.isNotRegular(.characterDevice))),
    ("nowhere", 9, .failure(.cannotBeRead(.noSuchFileOrDirectory))),
    ("self", 9, .failure(.cannotBeRead(.tooManySymbolicLinkLevels))),
  ]

  @Test(arguments: Self.answers.indices) func onlyARegularFileIsReadToItsLimit(row: Int) throws {
    let (name, limit, answer) = Self.answers[row]
    try withFolder { directory, _ in
      switch answer {
      case .success(let count):
        let bytes = try ForeignFile(at: directory, name, limit: limit).contents()
        #expect(name.hasPrefix("/") || bytes.count == count)
      case .failure(let failure):
        #expect(throws: failure) { try ForeignFile(at: directory, name, limit: limit).contents() }
      }
    }
  }

  @Test func theWaysAPathMayTakeAreTheCallers() throws {
    try withFolder { directory, _ in
      #expect(throws: ForeignFileFailure.cannotBeRead(.tooManySymbolicLinkLevels)) {
        try ForeignFile(at: directory, "link", resolve: .noSymbolicLinks, limit: 9).contents()
      }
      let bytes = try ForeignFile(at: directory, "/link", resolve: .inRoot, limit: 9).contents()
      #expect(bytes.count == 8)
    }
  }

  @Test func whatIsOpenAlreadyHasTheSameLimit() throws {
    let (reading, writing) = try Syscall.pipe()
    let reader = Descriptor(owning: reading)
    let writer = Descriptor(owning: writing)
    try Syscall.write(Array("12345678".utf8), to: writer.borrowed)
    #expect(throws: ForeignFileFailure.isTooLarge(limit: 7)) {
      try ForeignFile.contents(of: reader.borrowed, limit: 7)
    }
  }

  static let lines: [(longest: Int, lines: [String])] = [
    (5, ["a", "", "bb", "ccccc", "d"]), (4, ["a", "", "bb", "d"]), (1, ["a", "", "d"]), (0, [""]),
  ]

  @Test(arguments: Self.lines) func aLineThatIsTooLongIsPassedOver(longest: Int, expected: [String]) throws {
    try withFolder { directory, _ in
      var file = try ForeignFile(at: directory, "lines", limit: 100)
      var lines: [String] = []
      while let line = try file.nextLine(longest: longest) { lines.append(String(decoding: line, as: UTF8.self)) }
      #expect(lines == expected)
    }
  }

  @Test(arguments: [4095, 4096, 4097, 8192, 20000]) func linesLongerThanWhatIsReadAtOnceAreWhole(length: Int) throws {
    try withFolder { directory, path in
      let long = String(repeating: "x", count: length)
      try Data("first\n\(long)\nlast\n".utf8).write(to: URL(fileURLWithPath: path + "/long"))
      for (longest, expected) in [(length, ["first", long, "last"]), (length - 1, ["first", "last"])] {
        var file = try ForeignFile(at: directory, "long", limit: 100_000)
        var lines: [String] = []
        while let line = try file.nextLine(longest: longest) { lines.append(String(decoding: line, as: UTF8.self)) }
        #expect(lines == expected)
      }
    }
  }

  @Test func aFileWithoutALineEndsAtItsLimit() throws {
    try withFolder { directory, _ in
      #expect(throws: ForeignFileFailure.isTooLarge(limit: 16 << 20)) {
        var file = try ForeignFile(at: directory, "sparse", limit: 16 << 20)
        while try file.nextLine(longest: 4096) != nil {}
      }
    }
  }
}
