import Foundation
import TestSupport
import Testing

/// The model of mounts against the kernel that runs the tests.
@Suite(.requiresRoot) struct ModelTests {
  /// Sequences of 40 operations in up to four namespaces of two user namespaces; the model and the kernel are compared after each.
  @Test(arguments: [1, 2, 3, 4])
  func agreesOnRandomSequences(part: UInt64) throws {
    // Half of the seeds are the same each time, half are new; the seed of a difference is in the message.
    let seed = part <= 2 ? part : UInt64.random(in: 1000...UInt64(UInt32.max))
    let output = try Berth.script("$BERTH mounts simulate --random 800 --seed \(seed)")
    #expect(output.status == 0, "\(output.err)")
    #expect(output.out.hasPrefix("800 sequences with seed \(seed): the model and the kernel agree"))
  }

  static let scenarios = URL(filePath: #filePath).appending(path: "../../../docs/scenarios").standardized

  static var names: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: scenarios.path)) ?? []
    return names.filter { $0.hasSuffix(".mounts") }.sorted()
  }

  @Test func thereAreADozenScenarios() { #expect(Self.names.count >= 12) }

  @Test(arguments: names)
  func agreesOnScenario(name: String) throws {
    let output = try Berth.script("$BERTH mounts simulate --verify \(Self.scenarios.path)/\(name)")
    #expect(output.status == 0, "\(output.err)")
    #expect(output.out.hasSuffix("The kernel agrees: after each line it has the same mounts in every namespace.\n"))
  }

  @Test func tellsWhatPropagated() throws {
    let output = try Berth.script(
      """
      $BERTH mounts simulate - <<'END'
      mount --make-shared /
      unshare --mount --propagation slave web
      host: mount -t tmpfs disk /srv
      web: umount /srv/nothing
      END
      """
    )
    #expect(output.status == 0)
    #expect(
      output.out.contains(
        "   + web  /srv  disk  a slave of group 1\n     rule: mount_namespaces(7), \"SHARED SUBTREES\"\n"
      )
    )
    #expect(output.out.contains("   refused: /srv/nothing is not a mount point (Invalid argument)\n"))
  }

  @Test(arguments: [
    (
      "mount --make-shard /",
      ":1: mount: \"--make-shard\" is not an option that is known here; did you mean --make-shared?"
    ),
    ("web: umount /", ":1: there is no namespace \"web\" yet"),
    ("mount -t tmpfs x srv", ":1: \"srv\" is not an absolute path"),
    ("mount 'x", ":1: a quote is not closed"),
    (
      "unshare --mount web --propagation odd",
      ":1: unshare: --propagation takes private, slave, shared or unchanged, and not \"odd\""
    ),
  ])
  func namesWhatIsWrong(line: String, message: String) throws {
    let output = try Berth.script(
      "printf '%s\\n' \"$LINE\" | $BERTH mounts simulate -".replacing("$LINE", with: line.replacing("\"", with: "\\\""))
    )
    #expect(output.status == 2)
    #expect(output.err == "berth: standard input\(message)\n")
  }
}
