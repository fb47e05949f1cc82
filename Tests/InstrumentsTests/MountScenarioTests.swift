import Instruments
import LinuxABI
import MountNamespace
import Testing

@Suite("MountScenario")
struct MountScenarioTests {
  @Test("Lines may end as on other systems, and unshare(1)'s short options stand together")
  func lines() throws {
    let scenario = try MountScenario("mount -t tmpfs a /a\r\nunshare -mUr guest\r\nguest: umount -l /a\r\n")
    #expect(scenario.steps.map(\.line) == [1, 2, 3])
    #expect(scenario.steps[1].actions.first?.operation == .unshare(as: "guest", newUser: true))
    #expect(scenario.steps[2].actions.map(\.operation) == [.unmount(at: "/a", detach: true)])
  }

  @Test(
    "What is not one operation is refused with what to write instead",
    arguments: [
      ("umount -R /a", "--recursive is many unmounts"), ("umount -A /a", "--all-targets is many unmounts"),
      ("mount -o remount,ro /a", "use -o remount,bind"), ("umount a", "\"a\" is not an absolute path"),
      ("unshare -m a b", "\"b\" is one name too many"), ("unshare -mX a", "\"-X\" is not an option"),
    ]
  )
  func refuses(line: String, message: String) {
    let problem = #expect(throws: MountScenario.Problem.self) { try MountScenario(line) }
    #expect(problem?.message.contains(message) ?? false, "\(problem?.message ?? "")")
  }

  @Test("A slave whose group is gone is told of, with the rule")
  func orphans() throws {
    let text = "mount --make-shared /\nunshare -m --propagation slave web\nhost: mount --make-private /\n"
    let run = ScenarioRun(try MountScenario(text))
    #expect(
      run.text.text.contains(
        "   ~ web  /  root  group 1, which it received from, is gone\n     rule: mount_namespaces(7)"
      )
    )
  }
}
