import ArgumentParser
import ContainerRuntime
import RuntimeCommandLine

// `berth shell` and the commands of the OCI runtime are read by themselves: to look up all commands with ArgumentParser
// costs more than the rest of a start.
let clock = StepTimer.now
let arguments = Array(CommandLine.arguments.dropFirst())
let status: Int32 =
  if arguments.first == "shell" {
    ShellCommand.main(words: Array(arguments.dropFirst()), startedAt: clock)
  } else if arguments.first == "mounts" {
    MountsCommand.main(words: Array(arguments.dropFirst()))
  } else if arguments.first == "ns" {
    NamespacesCommand.main(words: Array(arguments.dropFirst()))
  } else if let word = arguments.first, Berth.isDevelopersOption(word) {
    Berth.main(words: arguments)
  } else {
    RuntimeRequest.main(words: arguments) ?? Berth.main(words: arguments)
  }
endProcess(status: status)
