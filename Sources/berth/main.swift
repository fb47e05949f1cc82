import ArgumentParser
import ContainerRuntime

// `berth shell` is parsed by itself: the look-up of all commands costs more than the rest of a start.
let clock = ContinuousClock.now
let arguments = Array(CommandLine.arguments.dropFirst())
endProcess(
  status: arguments.first == "shell"
    ? ShellCommand.main(words: Array(arguments.dropFirst()), startedAt: clock) : Berth.main(words: arguments)
)
