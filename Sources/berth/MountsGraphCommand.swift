import ArgumentParser
import ContainerRuntime
import Instruments
import LinuxSyscalls
import MachineReading
import SystemPackage

/// `berth mounts graph`: the namespaces, their mounts and what links them, as a picture.
struct MountsGraphCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "graph",
    abstract: "Draw the mounts of namespaces side by side, with their peer groups and masters.",
    discussion: """
      A column is a namespace, with its mounts as a tree. Dots of one colour are members of a peer group, rings are \
      slaves; lines join peers, and arrows lead from a master to its slaves. html is a single file with search, folding \
      and details, that needs no network.

      Examples:
        berth mounts graph --all > mounts.html
        berth mounts graph host web --format svg > mounts.svg
        berth mounts graph --all --format dot | dot -Tpdf > mounts.pdf
      """
  )

  /// What the picture is written as.
  enum Format: String, ExpressibleByArgument, CaseIterable { case svg, html, dot }

  @Argument(help: ArgumentHelp("Whose mounts; none is this shell's.", valueName: "target")) var targets: [String] = []
  @Flag(help: "Draw every namespace.") var all = false
  @Option(help: "What it is written as.") var format = Format.html

  func validate() throws {
    if all, !targets.isEmpty { throw ValidationError("--all draws every namespace: it takes no target") }
  }

  func run() throws {
    let resolver = InstrumentSupport.resolver()
    let inodes = try (targets.isEmpty ? ["self"] : targets).map { try InstrumentSupport.resolve($0, resolver).inode }
    let state = MachineReader(resolver).state(.tables)
    var namespaces = state.namespaces
    if !all {
      var drawn: Set<UInt64> = []
      namespaces = inodes.filter { drawn.insert($0).inserted }.compactMap { inode in
        state.namespaces.first { $0.inode == inode }
      }
    }
    let graph = MountGraph(namespaces)
    switch format {
    case .svg: write(verbatim: graph.svg)
    case .html: write(verbatim: graph.html)
    case .dot: write(verbatim: graph.dot)
    }
    InstrumentSupport.tell(state.unseen)
  }
}
