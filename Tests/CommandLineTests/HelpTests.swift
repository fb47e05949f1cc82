import Foundation
import TestSupport
import Testing

/// What berth tells of itself, and that its quick way of reading options agrees with it.
@Suite(.requiresRoot)
struct HelpTests {
  @Test(arguments: ["$BERTH", "$BERTH --help", "$BERTH help"])
  func overview(command: String) throws {
    let output = try Berth.script(command)
    #expect(output.status == 0)
    #expect(output.err.isEmpty)
    #expect(
      output.out.contains("\nExamples:\n  berth shell                          a shell whose mounts are its own\n")
    )
    #expect(output.out.contains("\n  shell  "))
  }

  @Test(arguments: [
    "mounts", "mounts show", "mounts holders", "mounts predict", "mounts simulate", "mounts remove", "mounts set",
    "mounts renew", "ns", "ns enter",
  ])
  func ofTheInstruments(command: String) throws {
    let help = try Berth.script("$BERTH \(command) --help")
    #expect(help.status == 0)
    #expect(help.out.contains("USAGE: berth \(command)"))
    #expect(help.out.contains("\nExamples:\n  "))
    #expect(try Berth.script("$BERTH help \(command)") == help)
  }

  @Test func ofTheShell() throws {
    let help = try Berth.script("$BERTH help shell")
    #expect(help.status == 0)
    #expect(help.err.isEmpty)
    #expect(help.out.contains("\nUSAGE: berth shell [options] [--] [command ...]\n"))
    #expect(help.out.contains("\n  berth shell --overlay  "))
    #expect(help.out.contains("\n  --propagation <type>"))
    #expect(try Berth.script("$BERTH shell --help") == help)
    #expect(try Berth.script("$BERTH shell -h") == help)
    #expect(try Berth.script("$BERTH shell --net --help -- true") == help)
  }

  /// The fields that are looked at of ArgumentParser's description of a command line.
  private struct Dump: Decodable {
    struct Command: Decodable {
      struct Argument: Decodable {
        struct Name: Decodable {
          var kind: String
          var name: String
          var word: String { kind == "long" ? "--" + name : "-" + name }
        }
        var kind: String
        var names: [Name]?
      }
      var commandName: String
      var subcommands: [Command]?
      var arguments: [Argument]?
    }
    var command: Command
  }

  private func optionsOfShell(kind: String) throws -> [String] {
    let text = try Berth.script("$BERTH --experimental-dump-help").out
    let dump = try JSONDecoder().decode(Dump.self, from: Data(text.utf8))
    let shell = try #require(dump.command.subcommands?.first { $0.commandName == "shell" })
    return (shell.arguments ?? []).filter { $0.kind == kind }.flatMap { $0.names ?? [] }.map(\.word)
  }

  /// Options whose value comes after `=` alone: the word behind them is the command.
  private static let attached = ["--overlay", "--time", "--dry-run"]

  /// Behind an option with a value, the next word is that value and never the command.
  @Test func everyValueIsTakenByItsOption() throws {
    let options = try optionsOfShell(kind: "option").filter { !Self.attached.contains($0) }
    #expect(options.count > 20)
    let script = options.map { "$BERTH shell \($0) @value --no-such -- true" }.joined(separator: "\n")
    // Were the value the command, --no-such would be its argument, and no error of berth's.
    let output = try Berth.script("exec 2>&1\n" + script)
    let errors = output.lines.filter { $0.hasPrefix("berth: ") }
    #expect(errors.count == options.count)
    #expect(errors.filter { !$0.contains("--no-such") && !$0.contains("@value") } == [])
    #expect(!output.out.contains("not found"))
  }

  /// Behind a flag, or an option with its value attached, the next word is the command.
  @Test func theWordBehindAFlagIsTheCommand() throws {
    let flags = try optionsOfShell(kind: "flag").filter { !["--help", "-h", "--version", "--spec"].contains($0) }
    #expect(flags.count > 10)
    for option in flags + Self.attached.filter({ $0 != "--dry-run" }) + ["--user"] {
      let words = option == "--user" ? "--user --" : option
      let output = try Berth.script("$BERTH shell --spec \(words) @command | tr -d ' \\n' | grep -o '\"args\":[^]]*'")
      #expect(output.out == "\"args\":[\"@command\"\n", "\(option as String)")
    }
    #expect(try Berth.script("$BERTH shell --dry-run @command | grep -o '@command$'").out == "@command\n")
  }

  /// Without options nothing is parsed: the defaults must be those of the parser.
  @Test(arguments: ["--dry-run", "--dry-run=json"])
  func theDefaultsAreTheParsers(form: String) throws {
    let output = try Berth.script(
      """
      berth() { env -u _ "$BERTH" shell "$@"; }
      berth \(form) -- true >with
      berth \(form) --propagation private --log-level error -- true | diff with -
      # And what really runs, where no option is parsed, has the same mounts.
      berth -- sh -c 'cut -d " " -f 4- /proc/self/mountinfo; id; umask; env' >plain
      berth --propagation private -- sh -c 'cut -d " " -f 4- /proc/self/mountinfo; id; umask; env' |
        diff plain - && [ "$(wc -l <plain)" -gt 10 ] && echo the same
      """
    )
    #expect(output == Output(status: 0, out: "the same\n", err: ""))
  }
}
