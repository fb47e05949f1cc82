import ArgumentParser
import ContainerRuntime
import Instruments
import MachineReading
import MountNamespace

/// `berth mounts simulate`: a scenario on the model.
struct MountsSimulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Try a scenario of mounts and namespaces on a model of the kernel."
  )

  @Option(help: .hidden) var random: Int?
  @Option(help: .hidden) var seed: UInt64 = 1
  @Option(help: .hidden) var steps = 40

  func run() throws {
    guard let random else { return }
    let rules = KernelRules.current
    let trial = try ModelTrial(directories: RandomScenario.directories, rules: rules)
    var scenarios = RandomScenario(seed: seed, rules: rules)
    for number in 1...random {
      let actions = scenarios.next(steps: steps)
      guard try trial.difference(on: actions) != nil, let shrunk = try trial.shrunk(actions) else { continue }
      var text = "sequence \(number) of seed \(seed): \(shrunk.difference.words)\n"
      for action in shrunk.actions { text += "\(action.namespace): \(MountLine.text(of: action.operation))\n" }
      write(text)
      throw ExitCode(1)
    }
    let counts = "\(trial.done) operations done, \(trial.refused) refused"
    write("\(random) sequences with seed \(seed): the model and the kernel agree (\(counts))\n")
  }
}
