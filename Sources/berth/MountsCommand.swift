import ArgumentParser

/// `berth mounts`: the instruments that show, explain, predict, watch and change mounts.
struct MountsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mounts",
    abstract: "Show, explain, predict and watch the mounts of processes and containers.",
    version: berthVersion,
    subcommands: [
      MountsShowCommand.self, MountsExplainCommand.self, MountsPredictCommand.self, MountsHoldersCommand.self,
      MountsWatchCommand.self, MountsGraphCommand.self, MountsDiffCommand.self, MountsSnapshotCommand.self,
      MountsSimulateCommand.self,
    ],
    defaultSubcommand: MountsShowCommand.self
  )
}

extension ParsableCommand {
  /// Runs a group of instruments with these words; returns the status to exit with.
  static func main(words: [String]) -> Int32 {
    do {
      var command = try parseAsRoot(words)
      try command.run()
      return 0
    } catch {
      return report(error, by: self, help: "berth \(_commandName) --help")
    }
  }
}
