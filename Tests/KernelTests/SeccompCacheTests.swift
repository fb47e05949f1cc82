import Foundation
import JSON
import LinuxSyscalls
import OCISpec
import Seccomp
import SeccompCompilation
import SystemPackage
import Testing

/// Programs that were made before, and what must not pass for one.
struct SeccompCacheTests {
  /// A runtime's directory of the test's own.
  private struct Root: ~Copyable {
    let path: String = NSTemporaryDirectory() + "berth-seccomp-\(UUID().uuidString)"
    var cache: SeccompCache { SeccompCache(root: path) }

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }  // Only this test's own files are in it.

    func files() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: path + "/.seccomp,programs").map {
        "\(path)/.seccomp,programs/\($0)"
      }
    }
    func contents() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: try #require(try files().first))) }
    func replace(_ contents: Data) throws {
      try contents.write(to: URL(fileURLWithPath: try #require(try files().first)))
    }
  }

  private func plan(_ name: String = "mkdir", errno: UInt32 = 1) throws -> SeccompPlan {
    var problems: [JSONProblem] = []
    let rule = Linux.Seccomp.Rule(names: [name], action: "SCMP_ACT_ERRNO", errnoRet: errno)
    let spec = Linux.Seccomp(defaultAction: "SCMP_ACT_ALLOW", syscalls: [rule])
    return try #require(SeccompPlan(spec, problems: &problems))
  }

  @Test func aProgramIsMadeOnceAndReadAgain() throws {
    let root = try Root()
    let made = try SeccompProgram(compiling: try plan())
    #expect(try root.cache.program(for: try plan()) == made)
    #expect(try root.files().count == 1)
    #expect(try Syscall.status(path: root.path + "/.seccomp,programs").permissions == 0o700)
    // What is in the file is what is read: one that was changed shows it.
    var contents = try root.contents()
    contents[contents.count - 1] ^= 1
    try root.replace(contents)
    let read = try root.cache.program(for: try plan())
    #expect(read != made && read.bytes.count == made.bytes.count)
    #expect(try root.cache.program(for: try plan(errno: 2)) != made)
    #expect(try root.files().count == 2)
  }

  private func set(_ attribute: FileAttributeKey, _ value: Any, of path: String) throws {
    try FileManager.default.setAttributes([attribute: value], ofItemAtPath: path)
  }

  /// What a file may be instead of a cached program.
  static let damages: [@Sendable (inout Data) -> Void] = [
    { $0 = Data() }, { $0.removeLast() }, { $0.removeLast(8 * ($0.count / 8)) }, { $0[0] ^= 1 }, { $0[8] ^= 1 },
    { $0[60] ^= 1 },  // Another key with the same hash.
    { $0 = Data(repeating: 0, count: $0.count) },
  ]

  @Test(arguments: Self.damages.indices) func aFileThatIsNoneIsMadeAnew(index: Int) throws {
    let root = try Root()
    let made = try root.cache.program(for: try plan())
    let right = try root.contents()
    var wrong = right
    Self.damages[index](&wrong)
    try root.replace(wrong)
    #expect(try root.cache.program(for: try plan()) == made)
    #expect(try root.contents() == right)
  }

  @Test func whatOthersCanWriteIsNotBelieved() throws {
    let root = try Root()
    let made = try root.cache.program(for: try plan())
    var forged = try root.contents()
    forged[forged.count - 1] ^= 1
    try root.replace(forged)
    let file = try #require(try root.files().first)
    try set(.posixPermissions, 0o622, of: file)
    #expect(try root.cache.program(for: try plan()) == made)
    // It was replaced; now the directory is open to others.
    try root.replace(forged)
    try set(.posixPermissions, 0o777, of: root.path + "/.seccomp,programs")
    #expect(try root.cache.program(for: try plan()) == made)
    #expect(try root.contents() == forged)
    try set(.posixPermissions, 0o700, of: root.path + "/.seccomp,programs")
    // A link in place of the directory or the file is not followed.
    try FileManager.default.moveItem(atPath: root.path + "/.seccomp,programs", toPath: root.path + "/elsewhere")
    try FileManager.default.createSymbolicLink(
      atPath: root.path + "/.seccomp,programs",
      withDestinationPath: "elsewhere"
    )
    #expect(try root.cache.program(for: try plan()) == made)
  }

  @Test(.enabled(if: getuid() == 0, "giving a file away needs root"))
  func aFileOfAnotherUserIsNotBelieved() throws {
    let root = try Root()
    let made = try root.cache.program(for: try plan())
    var forged = try root.contents()
    forged[forged.count - 1] ^= 1
    try root.replace(forged)
    try set(.ownerAccountID, 65534, of: try #require(try root.files().first))
    #expect(try root.cache.program(for: try plan()) == made)
  }

  @Test func onlySoManyAreKeptAndTheOldestGo() throws {
    let root = try Root()
    for errno in 1...64 { _ = try root.cache.program(for: try plan(errno: UInt32(errno))) }
    let first = Set(try root.files())
    #expect(first.count == 64)
    for file in first { try set(.modificationDate, Date(timeIntervalSince1970: 1000), of: file) }
    let oldest = try #require(first.sorted().last)
    try set(.modificationDate, Date(timeIntervalSince1970: 500), of: oldest)
    _ = try root.cache.program(for: try plan(errno: 100))
    let files = Set(try root.files())
    #expect(files.count == 64)
    #expect(first.subtracting(files) == [oldest])
  }

  @Test func aCacheThatCannotBeUsedIsNoFailure() throws {
    let cache = SeccompCache(root: "/proc/no/such/directory")
    #expect(try cache.program(for: try plan()) == SeccompProgram(compiling: try plan()))
  }

  @Test func theKernelTakesAProgramAndObeysIt() async {
    await #expect(processExitsWith: .success) {
      var problems: [JSONProblem] = []
      let spec = Linux.Seccomp(
        defaultAction: "SCMP_ACT_ALLOW",
        flags: ["SECCOMP_FILTER_FLAG_TSYNC"],
        syscalls: [Linux.Seccomp.Rule(names: ["sched_yield"], action: "SCMP_ACT_ERRNO", errnoRet: 77)]
      )
      let plan = try #require(SeccompPlan(spec, problems: &problems))
      try Syscall.setNoNewPrivileges()
      let listener = try Syscall.setSeccompFilter(SeccompProgram(compiling: plan).bytes, flags: plan.flags)
      let hasListener = listener != nil
      #expect(!hasListener)
      #expect(sched_yield() == -1 && errno == 77)
    }
  }
}
