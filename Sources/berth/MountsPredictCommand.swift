import ArgumentParser
import ContainerRuntime
import Instruments
import JSON
import MachineReading
import MountNamespace
import SystemPackage

/// `berth mounts predict`: what a mount or an unmount would do, on the whole machine.
struct MountsPredictCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict",
    abstract: "Say what a mount(8) or umount(8) command would do, in every namespace, without doing it.",
    usage: "berth mounts predict [--json] [<target>] -- mount|umount <arguments> ...",
    discussion: """
      The answer comes from the mounts of the machine as they are, and a model of what the kernel does with them. Whether \
      a file system can be made of the source is not looked at. The exit status is 1 when it would fail.

      Examples:
        berth mounts predict -- mount --bind /srv /mnt
        berth mounts predict web -- umount /data
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
        fail(command.isEmpty ? "the command is missing: berth mounts predict -- mount ..." : error.message, status: 2)
      )
    }
    let resolver = InstrumentSupport.resolver()
    let target = try InstrumentSupport.resolve(target, resolver)
    let state = MachineReader(scan: resolver.scan, containers: resolver.containers).state([])
    let operations = try line.operations.map { try resolved($0, target) }
    var prediction = try prediction(operations, target, state, resolver)
    if prediction.refusal == nil { prediction.busy = try busy(operations, target, resolver) }
    write(json ? prediction.json.indentedText + "\n" : prediction.text)
    if !json { InstrumentSupport.tell(state.unseen) }
    if prediction.refusal != nil { throw ExitCode(1) }
    if let busy = prediction.busy { throw ExitCode(fail(busy.message, status: 1)) }
  }

  /// The operation with paths that exist and have no links, as the target sees them.
  private func resolved(_ operation: Machine.Operation, _ target: Target) throws -> Machine.Operation {
    guard let process = target.process else { return operation }
    let root = RootedPath(process: process)
    return try operation.replacingPaths { path in
      do throws(Errno) {
        return try root.resolve(path)
      } catch {
        throw ExitCode(fail("\(path): \(error)", status: 1))
      }
    }
  }

  /// Who would make an unmount fail.
  private func busy(
    _ operations: [Machine.Operation],
    _ target: Target,
    _ resolver: TargetResolver
  ) throws -> MountPrediction.Busy? {
    for case .unmount(let path, false) in operations {
      let table = try InstrumentSupport.table(of: target, resolver)
      guard let entry = table.topMount(at: path), let user = resolver.scan.user(ofMount: entry.id) else { continue }
      return MountPrediction.Busy(path: path, process: user.process, use: user.place)
    }
    return nil
  }

  /// Reads the tables of the namespaces that the target's peer groups reach, and tries the command on a model of them.
  private func prediction(
    _ operations: [Machine.Operation],
    _ target: Target,
    _ state: MachineState,
    _ resolver: TargetResolver
  ) throws -> MountPrediction {
    let table = try InstrumentSupport.table(of: target, resolver)
    var live = [Machine.LiveNamespace(name: target.label, owner: 0, table: table)]
    var labels = [MountPrediction.Label(name: target.label, inode: target.inode)]
    let others = state.namespaces.filter { $0.inode != target.inode }
    let owner = state.namespaces.first { $0.inode == target.inode }?.owner ?? 0
    live[0].owner = owner
    // Only what the peer groups of the places reach is read: nothing else of the machine can change.
    let groups = table.groups(concernedBy: operations)
    for (position, table) in MachineReader.tables(linkedTo: groups, in: others) {
      let namespace = others[position]
      let first = namespace.processes.first.map { "process \($0.id) \($0.command)" }
      let name = namespace.container?.label ?? first ?? namespace.fileName
      live.append(Machine.LiveNamespace(name: name, owner: namespace.owner ?? owner, table: table))
      labels.append(MountPrediction.Label(name: name, inode: namespace.inode))
    }
    let machine = Machine(live: live)
    return MountPrediction(
      of: operations,
      on: machine,
      in: 0,
      labels: labels,
      others: others.count + 1 - labels.count
    )
  }
}
