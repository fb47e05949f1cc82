import ArgumentParser
import ContainerRuntime
import LinuxABI

/// The command line of berth.
struct Berth: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "berth",
    abstract: "A container runtime that understands mounts.",
    discussion: """
      berth shell starts a shell, or any command, with its own mounts, processes and host name: no image, no \
      daemon.

      Examples:
        berth shell                          a shell whose mounts are its own
        berth shell --overlay -- apt-get install -y cowsay
                                             try it on this system, and throw it away
        berth shell --dry-run -v ./src:/src  what would be done, as commands to read
        berth mounts holders /mnt/usb        who keeps it busy, in every namespace

      berth help shell describes it.
      """,
    version: berthVersion,
    subcommands: [
      ShellCommand.self, MountsCommand.self, NamespacesCommand.self, RuntimeEntry<0>.self, RuntimeEntry<1>.self,
      RuntimeEntry<2>.self, RuntimeEntry<3>.self,
      RuntimeEntry<4>.self, RuntimeEntry<5>.self, RuntimeEntry<6>.self, RuntimeEntry<7>.self, RuntimeEntry<8>.self,
      RuntimeEntry<9>.self, RuntimeEntry<10>.self, RuntimeEntry<11>.self, RuntimeEntry<12>.self, RuntimeEntry<13>.self,
      RuntimeEntry<14>.self, RuntimeEntry<15>.self, RuntimeEntry<16>.self,
    ]
  )
}

extension Berth {
  /// Runs berth with these words, parsed as a whole; returns the status to exit with.
  static func main(words: [String]) -> Int32 {
    if let word = words.first, let problem = unknownCommand(word) {
      return fail("\(problem)\n  berth --help lists the commands.")
    }
    do {
      var command = try parseAsRoot(words)
      try command.run()
      return 0
    } catch {
      return report(error, by: self, help: "berth --help")
    }
  }
}

extension Berth {
  /// Whether a first word is an option of ArgumentParser's own, for those who make completions and man pages.
  static func isDevelopersOption(_ word: String) -> Bool {
    word == "---completion" || word.hasPrefix("--generate-completion-script") || word.hasPrefix("--experimental-dump-")
  }

  /// What is wrong with a first word that is neither an option nor a command.
  private static func unknownCommand(_ word: String) -> String? {
    let known = configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
    if word.hasPrefix("-") || known.contains(word) { return nil }
    let hint = nearestName(to: word, among: known).map { "; did you mean \($0)?" } ?? ""
    return "\"\(word)\" is not a command\(hint)"
  }
}

/// Tells of an error of ArgumentParser's, or of what is none (help, a command's own status); returns the status to exit with.
func report(_ error: any Error, by command: any ParsableCommand.Type, help: Prose) -> Int32 {
  let status = command.exitCode(for: error)
  if error is ExitCode { return status.rawValue }
  if status.isSuccess {
    write(verbatim: command.fullMessage(for: error) + "\n")
    return 0
  }
  let message = command.message(for: error)
  // A message can have lines, unless one of them could be a word's.
  let hasLines = !CommandLine.arguments.contains { $0.utf8.contains(UInt8(ascii: "\n")) }
  return fail(
    "\(hasLines ? Prose(escapingLinesOf: message) : Prose(escaping: message))\n  \(help) describes the options."
  )
}

/// Writes a message of berth's own to standard error; returns the status to exit with, as docker's for the like.
@discardableResult
func fail(_ message: Prose, status: Int32 = 125) -> Int32 {
  write("berth: \(message)\n", toError: true)
  return status
}

/// berth's version, as `berth --version` prints it.
let berthVersion = "0.1.0"
