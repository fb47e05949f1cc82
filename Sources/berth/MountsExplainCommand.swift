import ArgumentParser
import ContainerRuntime
import Instruments
import JSON
import LinuxABI
import MachineReading
import MountNamespace
import SystemPackage

/// `berth mounts explain`: why a mount is, or is not, seen elsewhere.
struct MountsExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Say why a mount is seen in another namespace, or is not, and what would change it.",
    discussion: """
      The exit status is 0 when the mount is seen, 1 when it is not, and 2 when there is no such path \
      or target.

      Examples:
        berth mounts explain /srv/data --to web           why does my container not see the mount?
        berth mounts explain /data --from web --to host   why does the host not see the container's?
      """
  )

  @Argument(help: "The mount point, as FROM sees it.") var path: String
  @Option(help: ArgumentHelp("Where it is mounted; none is here.", valueName: "target")) var from: String?
  @Option(help: ArgumentHelp("Where it should be seen; none is here.", valueName: "target")) var to: String?
  @Flag(help: "Print the mounts that the answer comes from, too.") var verbose = false
  @Flag(help: "Print JSON.") var json = false

  func validate() throws {
    if from == nil, to == nil {
      throw ValidationError("say where it should be seen, --to TARGET, or where it is mounted, --from TARGET")
    }
  }

  func run() throws {
    let resolver = InstrumentSupport.resolver()
    let target = try InstrumentSupport.resolve(from ?? "self", resolver)
    let source = try side(target, resolver)
    let other = try side(try InstrumentSupport.resolve(to ?? "self", resolver), resolver)
    guard var place = target.absolute(path) else {
      throw ExitCode(fail("\(path): the path must begin with /: it is \(target.label)'s", status: 2))
    }
    var missing: Errno?
    do throws(Errno) {
      if let process = target.process { place = try RootedPath(process: process).resolve(place) }
    } catch {
      missing = error
    }
    // Mounts of a third namespace can link the two.
    let machine = MachineReader(resolver).state(.tables)
    let explanation = MountExplanation(
      path: normalized(place),
      from: source,
      to: other,
      machine: machine.namespaces.compactMap(\.table)
    )
    if let missing, explanation.finding == .notMounted {
      throw ExitCode(fail("\(place): \(missing), as \(source.name) sees it", status: 2))
    }
    write(json ? Prose(verbatim: explanation.json.indentedText + "\n") : explanation.text(verbose: verbose))
    InstrumentSupport.tell(machine.unseen)
    if !explanation.isSeen { throw ExitCode(1) }
  }

  private func side(_ target: Target, _ resolver: TargetResolver) throws -> MountExplanation.Side {
    let table = try InstrumentSupport.table(of: target, resolver)
    return MountExplanation.Side(
      name: target.label,
      target: target.word,
      inode: target.inode,
      table: table,
      engine: target.container?.engine
    )
  }
}
