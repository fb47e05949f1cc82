import ArgumentParser
import ContainerRuntime
import Instruments
import JSON
import LinuxABI
import LinuxSyscalls
import MachineReading
import MountNamespace
import SystemPackage

/// `berth mounts simulate`: a scenario on the model of the kernel.
struct MountsSimulateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Try a scenario of mounts and namespaces on a model of the kernel.",
    discussion: """
      A scenario is a file with a command a line: mount(8), umount(8), pivot_root(8), unshare(1) with the name of the \
      new namespace, mkdir(1), and exit, which ends a namespace. A name and a colon before a command say in which \
      namespace it runs; the first is called host. After # is a comment. It needs no privilege and changes nothing.

      After each line stand the mounts that came and went, in which namespace and by which rule, and the tables of the \
      namespaces that changed.

      Examples:
        berth mounts simulate docs/scenarios/volume.mounts
        printf '%s\\n' 'mount --make-shared /' 'unshare --mount web' 'host: mount -t tmpfs data /srv' |
          berth mounts simulate -
        berth mounts simulate --verify FILE      do the same in real namespaces, and compare; needs root
      """
  )

  @Argument(help: ArgumentHelp("The scenario's file; - is the standard input.", valueName: "file")) var file: String?
  @Flag(help: "Print JSON.") var json = false
  @Flag(help: "Do the same in real namespaces, which end with the command, and tell any difference.") var verify = false
  @Option(help: ArgumentHelp("The kernel whose rules apply: 6.1, or 6.18 for those since 6.17.", valueName: "version"))
  var kernel: Kernel?
  @Option(help: .hidden) var random: Int?
  @Option(help: .hidden) var seed: UInt64 = 1
  @Option(help: .hidden) var steps = 40

  /// A kernel whose rules the model knows.
  enum Kernel: String, CaseIterable, ExpressibleByArgument {
    case linux6_1 = "6.1"
    case linux6_18 = "6.18"

    var rules: KernelRules { self == .linux6_1 ? .linux6_1 : .current }
  }

  func validate() throws {
    if file == nil, random == nil { throw ValidationError("a scenario's file is missing; - is the standard input") }
  }

  func run() throws {
    if let random { return try compare(random) }
    let name = file == "-" ? "standard input" : file ?? ""
    let text: String
    do throws(Errno) {
      let bytes = try InstrumentSupport.bytes(of: file == "-" ? nil : name, atMost: MountScenario.mostBytes + 1)
      text = String(decoding: bytes, as: UTF8.self)
    } catch {
      throw ExitCode(fail("\(name): \(error)", status: 2))
    }
    let scenario: MountScenario
    do throws(MountScenario.Problem) {
      scenario = try MountScenario(text)
    } catch {
      throw ExitCode(fail("\(name):\(error.line): \(error.message)", status: 2))
    }
    var rules = kernel?.rules ?? .current
    if verify { rules.readMountMax() }
    let run = ScenarioRun(scenario, rules: rules)
    write(json ? Prose(verbatim: run.json.indentedText + "\n") : run.text)
    if let end = run.end {
      let why = "what comes after is not done: the namespaces have more mounts than a scenario is for"
      throw ExitCode(fail("\(name):\(end): \(why)", status: 2))
    }
    if verify { try verify(scenario, rules) }
  }

  /// Does the scenario in real namespaces too.
  private func verify(_ scenario: MountScenario, _ rules: KernelRules) throws {
    let actions = scenario.steps.flatMap { step in step.actions.map { (step, $0) } }
    let difference = try trial { () throws(Errno) in
      try ModelTrial(directories: scenario.directories, rules: rules).difference(on: actions.map(\.1))
    }
    guard let difference else {
      write("The kernel agrees: after each line it has the same mounts in every namespace.\n", toError: json)
      return
    }
    let step = actions[difference.step].0
    throw ExitCode(fail("line \(step.line), \(step.namespace): \(step.text): \(difference.words)", status: 1))
  }

  /// Compares the model and the kernel on random sequences: what the tests do.
  private func compare(_ count: Int) throws {
    let rules = kernel?.rules ?? .current
    let trial = try trial { () throws(Errno) in
      try ModelTrial(directories: RandomScenario.directories, rules: rules)
    }
    var scenarios = RandomScenario(seed: seed, rules: rules)
    for number in 1...max(1, count) {
      let actions = scenarios.next(steps: steps)
      guard try trial.difference(on: actions) != nil, let shrunk = try trial.shrunk(actions) else { continue }
      var text: Prose =
        "sequence \(number) of seed \(seed): \(shrunk.difference.words)\nmkdir \(RandomScenario.directories.joined(separator: " "))\n"
      for action in shrunk.actions { text += "\(action.namespace): \(MountLine.text(of: action.operation))\n" }
      throw ExitCode(fail(text, status: 1))
    }
    let counts = "\(trial.done) operations done, \(trial.refused) refused"
    write("\(count) sequences with seed \(seed): the model and the kernel agree (\(counts))\n")
  }

  private func trial<Result>(_ body: () throws(Errno) -> Result) throws -> Result {
    do throws(Errno) {
      return try body()
    } catch {
      let cause = error == .notPermitted ? "namespaces of its own need root" : "\(error)"
      throw ExitCode(fail("--verify: \(cause)", status: 2))
    }
  }
}
