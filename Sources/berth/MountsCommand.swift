import ArgumentParser
import LinuxABI
import SystemPackage

/// `berth mounts`: the instruments that show, explain, predict, watch and change mounts.
struct MountsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mounts",
    abstract: "Show, explain, predict and watch the mounts of processes and containers.",
    discussion: """
      Examples:
        berth mounts web                            what the container web sees
        berth mounts holders /mnt/usb               "umount: target is busy"
        berth mounts explain /srv/data --to web     "my volume is empty in the container"
        berth mounts predict -- umount /srv         what would go, in which namespace
        berth mounts watch --all                    what is mounted now, and by whom
        berth mounts remove web /mnt/old            unmount it there
        berth mounts graph --all > mounts.html      the picture
      """,
    version: berthVersion,
    subcommands: [
      MountsShowCommand.self, MountsExplainCommand.self, MountsPredictCommand.self, MountsHoldersCommand.self,
      MountsRemoveCommand.self, MountsSetCommand.self, MountsRenewCommand.self, MountsWatchCommand.self,
      MountsGraphCommand.self, MountsDiffCommand.self, MountsSnapshotCommand.self,
      MountsSimulateCommand.self,
    ],
    defaultSubcommand: MountsShowCommand.self
  )
}

extension ParsableCommand {
  /// Runs a group of instruments with these words; returns the status to exit with.
  static func main(words: [String]) -> Int32 {
    // Help names the command as it is typed, which the whole command line knows.
    let own = words.prefix { $0 != "--" }
    if own.contains("--help") || own.contains("-h") || own.first == "help" {
      return Berth.main(words: [_commandName] + words)
    }
    do {
      if try !carriesOut(words) {
        var command = try parseAsRoot(words)
        try command.run()
      }
      return InstrumentSupport.status(0)
    } catch let code as ExitCode where code.rawValue == 1 {
      return InstrumentSupport.status(1)
    } catch let error as Errno {
      return fail("\(error)", status: 2)
    } catch {
      let command = configuration.subcommands.first { $0._commandName == words.first }
      let name = command.map { "\(_commandName) \($0._commandName)" } ?? _commandName
      // What runs another command takes it after two dashes, which docker exec and nsenter do without.
      let takesCommand = command?.configuration.usage?.contains("-- ") ?? false
      let isMissed = takesCommand && !words.contains("--") && words.count(where: { !$0.hasPrefix("-") }) > 2
      let advice: Prose = isMissed ? "the command comes after --\n  " : ""
      return report(error, by: self, help: "\(advice)berth \(name) --help")
    }
  }

  /// Carries out words that hold no option, of the instruments that are done sooner than ArgumentParser is; false for all others.
  private static func carriesOut(_ words: [String]) throws -> Bool {
    if self == NamespacesCommand.self, words == ["list"] {
      NamespaceListCommand.list()
    } else if self == MountsCommand.self, words.count == 2, words[0] == "holders", !words[1].hasPrefix("-") {
      try HoldersRequest(subject: words[1]).carryOut()
    } else {
      return false
    }
    return true
  }
}
