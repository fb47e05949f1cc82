import ArgumentParser
import ContainerRuntime
import Instruments
import JSON
import LinuxABI
import MachineReading
import MountNamespace

/// `berth mounts predict`: what a mount or an unmount would do, on the whole machine.
struct MountsPredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Say what a mount(8) or umount(8) command would do, in every namespace, without doing it.",
    usage: "berth mounts predict [--json] [<target>] -- mount|umount <arguments> ...",
    discussion: """
      The answer comes from the mounts of the machine as they are, and a model of what the kernel does with them. Whether \
      the source is there, its type is known and this user may mount is looked at, too; what is on a device, and a file \
      system's own options, are not. The exit status is 1 when it would fail, and 2 when the command cannot be \
      read or there is no such target.

      Examples:
        berth mounts predict -- mount --bind /srv /mnt
        berth mounts predict web -- umount -R /data
        berth mounts predict -- mount --make-rprivate /
      """
  )

  @Argument(help: ArgumentHelp("Where the command would run.", valueName: "target")) var target = "self"
  @Flag(help: "Print JSON.") var json = false
  @Argument(parsing: .postTerminator, help: ArgumentHelp("The command.", valueName: "command")) var command: [String] =
    []

  func run() throws {
    let line: MountLine
    do throws(MountLine.Problem) {
      line = try MountLine(words: command)
    } catch {
      throw ExitCode(
        fail(
          command.isEmpty ? "the command is missing: berth mounts predict -- mount ..." : "\(error.message)",
          status: 2
        )
      )
    }
    let resolver = InstrumentSupport.resolver()
    let target = try InstrumentSupport.resolve(target, resolver)
    let state = MachineReader(resolver).state([])
    var trial = PredictionTrial(target, state, try table(of: target, state, resolver))
    do throws(MountLine.Problem) {
      try trial.read(line)
    } catch {
      throw ExitCode(fail("\(error.message)", status: 2))
    }
    let prediction = trial.prediction(of: line, resolver.scan)
    write(json ? Prose(verbatim: prediction.json.indentedText + "\n") : prediction.text)
    InstrumentSupport.tell(state.unseen)
    for reason in [prediction.busy?.message, prediction.denied] where !json {
      if let reason { _ = fail(reason, status: 1) }
    }
    if prediction.fails { throw ExitCode(1) }
  }

  /// All mounts of the target's namespace, whatever root its process has.
  private func table(of target: Target, _ state: MachineState, _ resolver: TargetResolver) throws -> MountTable {
    let namespace = state.namespaces.first { $0.inode == target.inode }
    if let table = namespace.flatMap({ try? MachineReader.table(of: $0) }) { return table }
    return try InstrumentSupport.table(of: target, resolver)
  }
}
