import ArgumentParser
import ContainerRuntime

// `berth shell` is parsed by itself: the look-up of all commands costs more than the rest of a start.
let clock = ContinuousClock.now
let arguments = Array(CommandLine.arguments.dropFirst())
if arguments.first == "shell" {
  endProcess(status: ShellCommand.main(arguments: Array(arguments.dropFirst()), startedAt: clock))
} else {
  Berth.main(arguments)
}
