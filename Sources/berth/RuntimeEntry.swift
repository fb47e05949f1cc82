import ArgumentParser
import RuntimeCommandLine

/// A command of the OCI runtime as ArgumentParser shows it: in the list of all commands, and to a completing shell.
///
/// ArgumentParser never parses it: the main program takes such a command line first. The number is the command's place
/// in `RuntimeCommand.allCases`.
struct RuntimeEntry<let number: Int>: ParsableCommand {
  private static var command: CommandSummary { RuntimeCommand.allCases[number].summary }

  static var configuration: CommandConfiguration {
    CommandConfiguration(commandName: command.name, abstract: command.abstract, discussion: command.discussion)
  }

  @Argument(parsing: .captureForPassthrough, completion: .custom { _, _, prefix in options(beginningWith: prefix) })
  var words: [String] = []

  private static func options(beginningWith prefix: String) -> [String] {
    guard prefix.hasPrefix("-") else { return [] }
    return (command.options + GlobalOptions.summaries).flatMap(\.names).filter { $0.hasPrefix(prefix) }
  }
}
