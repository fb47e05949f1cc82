import Foundation
import TestSupport
import Testing

/// The OCI runtime's command line as its clients see it: what it prints, where, and its exit status.
@Suite(.requiresRoot)
struct RuntimeCommandLineTests {
  @Test func version() throws {
    for words in ["--version", "-v", "--root /r --version", "-version"] {
      let output = try Berth.script("$BERTH \(words) | sed -E '$s/[0-9]+[.][0-9]+[.][0-9]+$/NUMBER/'")
      #expect(output == Output(status: 0, out: "berth version 0.1.0\nspec: 1.3.0\nlibseccomp: NUMBER\n", err: ""))
    }
  }

  @Test func helpOfACommand() throws {
    let help = try Berth.script("$BERTH spec --help")
    #expect(help.status == 0)
    #expect(help.err.isEmpty)
    #expect(help.out.hasPrefix("NAME:\n   berth spec - write a config.json to begin with\n\nUSAGE:\n"))
    #expect(help.out.contains("\n   --bundle, -b DIR           The directory to write it to."))
    for words in ["spec -h", "help spec", "--root /r spec -h", "spec --bundle x --help"] {
      #expect(try Berth.script("$BERTH \(words)") == help)
    }
  }

  /// The list of all commands has every command of the OCI runtime.
  @Test func overview() throws {
    let out = try Berth.script("$BERTH --help").out
    let commands = """
      shell create start run exec state kill delete list ps pause resume update events spec features checkpoint restore
      """
    for command in commands.split(separator: " ") {
      #expect(out.contains("\n  \(command)  "))
      #expect(try Berth.script("$BERTH help \(command)").out.contains("berth \(command)") || command == "shell")
    }
  }

  @Test(
    arguments: [
      ("spce", 125, "\"spce\" is not a command; did you mean spec?\n  berth --help lists the commands."),
      ("nope", 125, "\"nope\" is not a command\n  berth --help lists the commands."),
      ("--nope spec", 1, "--nope: there is no such option\n  berth --help describes the options."),
      (
        "spec --bundel x", 1,
        "spec --bundel: there is no such option; did you mean --bundle?\n  berth spec --help describes the options."
      ),
      ("spec x", 1, "spec \"x\" is a word too many: berth spec [options]\n  berth spec --help describes the options."),
      (
        "--log-format xml spec", 1,
        "--log-format xml: the choice is between text, json\n  berth --help describes the options."
      ),
      (
        "spec --bundle", 1,
        "spec --bundle: the value is missing: --bundle DIR\n  berth spec --help describes the options."
      ),
      ("spec -b /nonexistent", 1, "write /nonexistent/config.json: No such file or directory"),
      (
        "--log /nonexistent/log spec", 1,
        "--log /nonexistent/log: No such file or directory\n  the log is made if it is not there, but its directory is not"
      ),
    ] as [(String, Int32, String)]
  )
  func errors(words: String, status: Int32, message: String) throws {
    let output = try Berth.script("$BERTH \(words)")
    #expect(output == Output(status: status, out: "", err: "berth: \(message)\n"))
  }

  // MARK: Logs

  /// The log's line, its time replaced.
  private func log(_ options: String, _ command: String = "spec -b /nonexistent", then: String = "cat log") throws
    -> Output
  {
    try Berth.script(
      "$BERTH \(options) \(command) 2>err; status=$?; { \(then); } | sed -E 's/20[0-9-]+T[0-9:.]+Z/TIME/'; exit $status"
    )
  }

  @Test func logs() throws {
    let text = "time=\"TIME\" level=error msg=\"write /nonexistent/config.json: No such file or directory\"\n"
    let json =
      "{\"level\":\"error\",\"msg\":\"write /nonexistent/config.json: No such file or directory\",\"time\":\"TIME\"}\n"
    #expect(try log("--log log") == Output(status: 1, out: text, err: ""))
    #expect(try log("--log log --log-format text") == Output(status: 1, out: text, err: ""))
    #expect(try log("--log log --log-format json") == Output(status: 1, out: json, err: ""))
    #expect(try log("--log=$PWD/log -log-format=json") == Output(status: 1, out: json, err: ""))
    // Standard error has the message too, unless it is the log.
    let plain = "berth: write /nonexistent/config.json: No such file or directory\n"
    #expect(try log("--log log", then: "cat err").out == plain)
    #expect(try log("--log /dev/stderr", then: "cat err").out == text)
  }

  @Test func aLineIsAddedToTheLog() throws {
    let output = try Berth.script(
      "for id in 1 2; do $BERTH --log log --log-format json spec -b /$id; done 2>/dev/null; jq -r .msg log"
    )
    #expect(output.lines.map { $0.prefix(8) } == ["write /1", "write /2"])
  }

  /// An error of the command line itself is logged too, and so is what has several lines.
  @Test func aMisunderstoodCommandLineIsLogged() throws {
    let output = try log("--log log --log-format json", "spec --nope")
    let message = "spec --nope: there is no such option\\n  berth spec --help describes the options."
    #expect(output.out == "{\"level\":\"error\",\"msg\":\"\(message)\",\"time\":\"TIME\"}\n")
  }

  @Test func aFIFOAsLog() throws {
    let output = try Berth.script(
      "mkfifo fifo; cat fifo & $BERTH --log fifo --log-format json spec -b /nonexistent 2>err; wait"
    )
    #expect(output.out.hasPrefix("{\"level\":\"error\",\"msg\":\"write /nonexistent/config.json: "))
  }

  // MARK: Spec

  /// The same as runc's, but for its name and the version of the specification.
  @Test(.requires("runc", "jq"), arguments: ["", "--rootless"])
  func spec(options: String) throws {
    let output = try Berth.script(
      """
      mkdir ours theirs; $BERTH spec -b ours \(options); runc spec -b theirs \(options)
      # Older ones raised ambient capabilities, which has no effect without inheritable ones.
      look() { jq -S 'del(.ociVersion, .hostname, .process.capabilities.ambient)' $1/config.json; }
      diff <(look theirs) <(look ours) && jq -r '.ociVersion, .hostname' ours/config.json
      """
    )
    #expect(output == Output(status: 0, out: "1.3.0\nberth\n", err: ""))
  }

  @Test func aSpecThatIsThereIsLeftAlone() throws {
    let output = try Berth.script("echo mine >config.json; $BERTH spec; echo $?; cat config.json")
    #expect(output.out == "1\nmine\n")
    #expect(
      output.err
        == "berth: write config.json: File exists\n  it is left as it is: remove it first, or choose another directory\n"
    )
  }

  @Test func aSpecOfAUser() throws {
    let output = try Berth.script(
      Scripts.users
        + "mkdir -m 777 b; $nobody $BERTH spec --rootless -b b; jq -c .linux.uidMappings,.linux.gidMappings b/config.json"
    )
    let mapping = "[{\"containerID\":0,\"hostID\":65534,\"size\":1}]\n"
    #expect(output == Output(status: 0, out: mapping + mapping, err: ""))
  }

  // MARK: Features

  private struct Features: Decodable {
    struct Seccomp: Decodable {
      var enabled: Bool
      var actions: [String]
      var archs: [String]
      var knownFlags: [String]
      var supportedFlags: [String]
    }
    struct Linux: Decodable {
      var namespaces: [String]
      var capabilities: [String]
      var cgroup: [String: Bool]
      var seccomp: Seccomp
      var memoryPolicy: [String: [String]]
    }
    var ociVersionMin: String
    var ociVersionMax: String
    var hooks: [String]
    var mountOptions: [String]
    var linux: Linux
    var potentiallyUnsafeConfigAnnotations: [String]
  }

  @Test func features() throws {
    let output = try Berth.script("$BERTH features")
    #expect(output.err.isEmpty)
    let features = try JSONDecoder().decode(Features.self, from: Data(output.out.utf8))
    #expect(features.ociVersionMin == "1.0.0")
    #expect(features.ociVersionMax == "1.3.0")
    #expect(
      features.hooks == ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]
    )
    #expect(features.linux.namespaces == ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"])
    #expect(features.linux.capabilities.count == 41)
    #expect(features.linux.cgroup.values.allSatisfy { $0 })
    #expect(features.linux.seccomp.enabled)
    #expect(features.linux.seccomp.actions.contains("SCMP_ACT_NOTIFY"))
    #expect(features.linux.seccomp.archs.contains("SCMP_ARCH_X86_64"))
    #expect(Set(features.linux.seccomp.supportedFlags).isSubset(of: features.linux.seccomp.knownFlags))
    #expect(features.linux.seccomp.supportedFlags.contains("SECCOMP_FILTER_FLAG_LOG"))
    #expect(features.linux.memoryPolicy["modes"]?.contains("MPOL_INTERLEAVE") == true)
    #expect(features.mountOptions == features.mountOptions.sorted())
    #expect(features.potentiallyUnsafeConfigAnnotations.contains("org.systemd.property."))
  }

  /// Every mount option that the specification demands, config.md "Linux mount options", and all that runc has.
  @Test(.requires("runc", "jq"))
  func mountOptions() throws {
    let output = try Berth.script(
      """
      comm -23 <(runc features | jq -r '.mountOptions[]' | sort) <($BERTH features | jq -r '.mountOptions[]' | sort)
      """
    )
    // These two are flags of old file systems that no kernel of today has for a mount.
    #expect(output == Output(status: 0, out: "acl\nnoacl\n", err: ""))
  }
}
