import RuntimeCommandLine
import Testing

struct StateDirectoryTests {
  private static let own = "XDG_RUNTIME_DIR=/run/user/7"

  @Test(
    arguments: [
      (0, [], false, "/run/berth"), (0, [own], false, "/run/berth"), (0, [own], true, "/run/user/7/berth"),
      (0, [own, "USER=me"], true, "/run/user/7/berth"), (0, [own, "USER=root"], true, "/run/berth"),
      (0, [], true, "/run/berth"), (7, [own], false, "/run/user/7/berth"), (7, [own], true, "/run/user/7/berth"),
      (7, [], false, nil), (7, ["XDG_RUNTIME_DIR="], false, nil),
    ] as [(UInt32, [String], Bool, String?)]
  )
  func usual(userID: UInt32, environment: [String], isInUserNamespace: Bool, directory: String?) {
    let answer = GlobalOptions().stateDirectory(userID: userID, environment: environment) { isInUserNamespace }
    #expect(answer == directory)
  }

  @Test func given() {
    let options = with(GlobalOptions()) { $0.root = "/r" }
    #expect(options.stateDirectory(userID: 7, environment: [Self.own]) { true } == "/r")
  }
}
