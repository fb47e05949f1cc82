import OCISpec
import ShellSpec
import Testing

/// `--user`, read by the root's /etc/passwd and /etc/group.
struct UserTests {
  private typealias User = ProcessSpec.User

  @Test(
    arguments: [
      ("alice", .init(uid: 1000, gid: 100, additionalGids: [100, 10, 44]), "/home/alice"),
      ("bob", .init(uid: 1002, gid: 1002, additionalGids: [10]), "/home/bob"),
      ("root", .init(uid: 0, gid: 0), "/root"),
      ("1000", .init(uid: 1000, gid: 100, additionalGids: [100, 10, 44]), "/home/alice"),
      ("4711", .init(uid: 4711, gid: 0), nil),
      ("4711:4712", .init(uid: 4711, gid: 4712), nil),
      ("alice:wheel", .init(uid: 1000, gid: 10), "/home/alice"),
      ("1000:44", .init(uid: 1000, gid: 44), "/home/alice"),
      ("0:0", .init(uid: 0, gid: 0), "/root"),
      ("4294967294", .init(uid: 4_294_967_294, gid: 0), nil),
      // A number is never a name, whatever a root's files say: CVE-2016-3697.
      ("1001", .init(uid: 1001, gid: 0), nil),
      ("4711:20", .init(uid: 4711, gid: 20), nil),
    ] as [(String, ProcessSpec.User, String?)]
  )
  func user(text: String, user: ProcessSpec.User, home: String?) throws {
    let process = try #require(try spec { $0.user = text }.process)
    #expect(process.user == user)
    #expect(process.env?.first { $0.hasPrefix("HOME=") } == home.map { "HOME=\($0)" })
  }

  /// Loose reading made root of "0x10" and of -1 (CVE-2026-30892).
  @Test(
    arguments: [
      "0x10", "+1", "1000 ", " 1000", "4294967295", "4294967296", "-1", "", "1e3", "nobody-such", "broken", "short",
      "１", "1_0",
    ]
  )
  func refused(text: String) {
    #expect(
      usageError { $0.user = text }
        == "--user \(text): there is no user \"\(text)\" in the root's /etc/passwd, nor is it a number"
    )
  }

  @Test(arguments: ["0x10", "+1", "", "4294967295", "-1", "nobody-such", "broken", "1:2"])
  func groupRefused(text: String) {
    #expect(
      usageError { $0.user = "0:\(text)" }
        == "--user 0:\(text): there is no group \"\(text)\" in the root's /etc/group, nor is it a number"
    )
    #expect(
      usageError { $0.groups = [text] }
        == "--group-add \(text): there is no group \"\(text)\" in the root's /etc/group, nor is it a number"
    )
  }

  @Test func filesThatAreNotThere() throws {
    var options = ShellOptions()
    options.user = "1:2"
    let facts = ShellFacts.of(.root, accounts: Accounts(passwd: "", group: ""))
    #expect(try Spec(options, facts: facts).process?.user == ProcessSpec.User(uid: 1, gid: 2))
  }
}
