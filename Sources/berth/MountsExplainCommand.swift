import ArgumentParser
import ContainerRuntime
import Instruments
import JSON
import MachineReading
import MountNamespace

/// `berth mounts explain`: why a mount is, or is not, seen elsewhere.
struct MountsExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Say why a mount is seen in another namespace, or is not, and what would change it.",
    discussion: """
      The exit status is 0 when the mount is seen, and 1 when it is not.

      Examples:
        berth mounts explain /srv/data --to web           why does my container not see the mount?
        berth mounts explain /data --from web --to host   why does the host not see the container's?
      """
  )

  @Argument(help: "The mount point, as FROM sees it.") var path: String
  @Option(help: ArgumentHelp("Where it is mounted.", valueName: "target")) var from = "self"
  @Option(help: ArgumentHelp("Where it should be seen.", valueName: "target")) var to = "self"
  @Flag(help: "Print the mounts that the answer comes from, too.") var verbose = false
  @Flag(help: "Print JSON.") var json = false

  func run() throws {
    let resolver = InstrumentSupport.resolver()
    guard path.hasPrefix("/") else {
      throw ExitCode(fail("\(path): the path must begin with /: it is FROM's", status: 2))
    }
    let source = try side(from, resolver)
    let other = try side(to, resolver)
    // Mounts of a third namespace can link the two.
    let machine = MachineReader(scan: resolver.scan, containers: resolver.containers).state(.tables)
    let explanation = MountExplanation(
      path: normalized(path),
      from: source,
      to: other,
      machine: machine.namespaces.compactMap(\.table)
    )
    write(json ? explanation.json.indentedText + "\n" : explanation.text(verbose: verbose))
    if !json { InstrumentSupport.tell(machine.unseen) }
    if !explanation.isSeen { throw ExitCode(1) }
  }

  private func side(_ word: String, _ resolver: TargetResolver) throws -> MountExplanation.Side {
    let target = try InstrumentSupport.resolve(word, resolver)
    let table = try InstrumentSupport.table(of: target, resolver)
    return MountExplanation.Side(name: target.label, target: word, inode: target.inode, table: table)
  }
}
