import TestSupport
import Testing

/// Configurations, ids and users that nobody means well with.
@Suite(.requiresRoot, .requires("jq", "busybox", "perl")) struct RuntimeInputTests {
  /// A way to make a config.json, and what berth says of it.
  static let configurations: [(make: String, message: String)] = [
    ("head -c 300 config.json", "line 17, column 22: the document ends in the middle: is it truncated?"),
    ("true", "line 1, column 1: it is empty"),
    (#"printf '\xff\xfe{'"#, "line 1, column 1: this is not a JSON value"),
    (#"perl -pe 's/"sh"/"s\xff"/' config.json"#, "line 10, column 10: this string is not UTF-8"),
    ("perl -e 'print \"[\" x 10_000_000'", "line 1, column 129: arrays and objects are nested more than 128 deep"),
    (
      "perl -e 'print q({\"a\":) x 1_000_000, 1, q(}) x 1_000_000'",
      "line 1, column 641: arrays and objects are nested more than 128 deep"
    ),
    (#"printf '{"root": {}, "root": {}}'"#, #"line 1, column 25: the object that ends here has "root" twice"#),
    (
      #"printf '{"process": {"args": ["true\\u0000x"]}}'"#,
      "line 1, column 34: a string has NUL in it, and no name or argument can"
    ),
  ]

  @Test(arguments: configurations.indices)
  func aBrokenConfigurationIsNamed(index: Int) throws {
    let (make, message) = Self.configurations[index]
    let output = try RuntimeHost.script("\(make) >bundle/config.json; said berth run -b bundle $id; ls containers 2>&1")
    #expect(
      output.out == "berth: DIR/bundle/config.json: \(message)\n"
        + "ls: cannot access 'containers': No such file or directory\n"
    )
  }

  @Test func whatIsNoFileIsNotRead() throws {
    let output = try RuntimeHost.script(
      """
      try() { said berth run -b bundle $id | sed 's,.*config.json,,'; rm -r bundle/config.json; }
      rm bundle/config.json; mkfifo bundle/config.json; try; mkdir bundle/config.json; try
      ln -s /dev/zero bundle/config.json; try; ln -s config.json bundle/config.json; try
      truncate -s 65M bundle/config.json; try
      """
    )
    func words(_ kind: String) -> String { ": it is \(kind), not a regular file" }
    #expect(
      output.lines == [
        words("a FIFO"), words("a directory"), words("a character device"), ": Too many levels of symbolic links",
        ": it has more than 67108864 bytes",
      ]
    )
  }

  @Test func manyProblemsAreToldAtOnce() throws {
    let output = try RuntimeHost.script(
      """
      change '.process.user.uid = 1e30 | .process.user.gid = -1 | .process.rlimits[0].hard = 1.5 | .process.cwd = 7
        | .linux.resources.memory.limit = 99999999999999999999 | .process.args = []
        | .linux.namespaces += [{type: "pid"}, {type: "nope"}] | .linux.maskedPaths = ["x"]
        | .linux.seccomp = {defaultAction: "X"} | .hooks.prestart = [{path: "relative"}]'
      berth run -b bundle $id 2>&1 | sed 's/^berth: //' | cut -d ' ' -f 2
      """
    )
    #expect(
      output.lines == [
        "process.user.uid:", "process.user.gid:", "process.cwd:", "process.rlimits[0].hard:",
        "linux.resources.memory.limit:", "linux.namespaces[5]:", "linux.namespaces[6].type:", "process.args:",
        "process.rlimits[0]:", "linux.seccomp.defaultAction:", "linux.maskedPaths[0]:", "hooks.prestart[0].path:",
      ]
    )
  }

  /// What is large, and right, is read all the same.
  @Test func aLargeConfigurationIsRead() throws {
    let output = try RuntimeHost.script(
      """
      command true; change '.annotations = ([range(20000) | {key: "k\\(.)", value: ("v" * 100)}] | from_entries)'
      berth run -b bundle $id; echo $?
      """
    )
    #expect(output == Output(status: 0, out: "0\n", err: ""))
  }

  /// The bundle is exchanged while it is read: each container is that of one configuration, or of none.
  @Test func aBundleThatChangesIsReadOnce() throws {
    let output = try RuntimeHost.script(
      """
      command echo one; cp bundle/config.json one; command sh -c 'echo two'; cp bundle/config.json two
      while [ ! -e stop ]; do
        cp one new && mv new bundle/config.json; cp two bundle/config.json; rm -f bundle/config.json
      done 2>/dev/null & racer=$!
      for _ in $(seq 60); do berth run -b bundle $id 2>/dev/null; done | sort -u
      touch stop; wait $racer
      """
    )
    #expect(Set(output.lines).isSubset(of: ["one", "two"]))
    #expect(output.err == "")
  }

  @Test(arguments: [".", "..", "", "a/b", "../x", "/", "a b", "é", "$'a\\nb'", "\"$(printf 'x%.0s' $(seq 5000))\""])
  func anIdIsTheNameOfAFile(id: String) throws {
    let word = id.hasPrefix("$'") || id.hasPrefix("\"") ? id : "'\(id)'"
    let output = try RuntimeHost.script(
      """
      command true
      for verb in 'run -b bundle' 'create -b bundle' start state pause 'delete --force' ps; do
        berth $verb -- \(word) 2>&1 | head -n 1 | cut -d : -f 1-2
      done | uniq -c | tr -s ' '
      find containers /run/berth -newer config.json 2>/dev/null
      """
    )
    let message = id.isEmpty ? "container id cannot be empty" : "invalid container ID format"
    #expect(output.out == " 7 berth: \(message)\n")
  }

  /// CVE-2026-30892: a user that is not a number is nobody, and least of all root.
  @Test(arguments: [
    "-1", "4294967295", "4294967296", "18446744073709551616", "0x0", "0 ", " 0", "1e0", "+0", "0:", ":0", "0:0:0",
    "root", "", "1:-1", "１", "1000:4294967295",
  ])
  func aUserIsANumber(user: String) throws {
    let output = try RuntimeHost.script(
      "berth run -d -b bundle $id; berth exec --user '\(user)' $id id -u 2>&1; echo $?"
    )
    #expect(output.lines.first?.contains("number from 0 to 4294967294") == true)
    #expect(output.lines.last != "0")
  }
}
