import ArgumentParser
import ContainerRuntime
import Instruments
import LinuxABI
import LinuxSyscalls
import MachineReading
import MountNamespace

/// `berth mounts [TARGET]`: the mounts of a namespace as a tree.
struct MountsShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show the mounts of a process, a container or a namespace (the default).",
    discussion: """
      TARGET is a process's id, self, host, a container's name or the beginning of its id (docker:web says whose), a \
      namespace's file, mnt:[INODE], or a namespace's id. The exit status is 1 when nothing is mounted that was asked for, \
      2 when there is no such target.

      Examples:
        berth mounts                          the mounts that this shell sees
        berth mounts web                      those of the container web
        berth mounts --path /srv host         what is mounted at and below /srv
        berth mounts --columns target,propagation,id --list 812
        berth mounts --all --type nfs4        in every namespace, side by side
        berth mounts -o target,peers,masters  where else they are
      """
  )

  @Argument(help: ArgumentHelp("Whose mounts; none is this shell's.", valueName: "target")) var target: String?
  @Flag(help: "Show the mounts of every namespace.") var all = false
  @Flag(help: "Print JSON.") var json = false
  @Flag(help: "Print a list instead of a tree.") var list = false
  @Flag(help: "With --json: say where the peers and masters of each mount are, in every namespace.") var peers = false
  @Option(
    name: [.short, .customLong("columns")],
    help: ArgumentHelp("The columns, by comma; help lists them.", valueName: "names")
  )
  var output: String?
  @Option(help: ArgumentHelp("Only file systems of these types, by comma.", valueName: "types")) var type: String?
  @Option(help: ArgumentHelp("Only what is mounted at the path and below it.", valueName: "path")) var path: String?
  @Option(help: ArgumentHelp("Only mounts of this source.", valueName: "source")) var source: String?
  @Option(help: ArgumentHelp("Only mounts that are shared, slave, private or unbindable.", valueName: "type"))
  var propagation: Propagation?

  /// The types of propagation that mounts are chosen by.
  enum Propagation: String, CaseIterable, ExpressibleByArgument {
    case shared, slave, `private`, unbindable
  }

  func validate() throws {
    if all, target != nil { throw ValidationError("--all shows every namespace: it takes no target") }
  }

  func run() throws {
    var style = try style()
    let resolver = InstrumentSupport.resolver()
    let target = try InstrumentSupport.resolve(target ?? "self", resolver)
    let filter = MountListing.Filter(
      type: type,
      path: try path.map { try InstrumentSupport.resolved($0, target) },
      source: source,
      propagation: propagation?.rawValue
    )
    if all { return showAll(resolver, style, filter) }
    if peers || style.columns.contains(where: \.needsMachine) {
      style.places = PeerPlaces(MachineReader(resolver).state(.tables))
    }
    let table = try InstrumentSupport.table(
      of: target,
      resolver,
      uniqueIDs: json || style.columns.contains { $0 == .uniqueID || $0 == .idmap }
    )
    let listing = MountListing(table, filter: filter)
    if let process = target.process { style.space = { Self.space(of: $0, process) } }
    if json {
      write(verbatim: listing.json(namespace: target.inode, unseen: [], places: style.places))
    } else if !listing.isEmpty {
      write(listing.text(style))
    }
    if listing.isEmpty { throw ExitCode(1) }
  }

  private func showAll(_ resolver: TargetResolver, _ style: MountListing.Style, _ filter: MountListing.Filter) {
    let state = MachineReader(resolver).state(.tables)
    if !json, !list {
      write(MountsSideBySide(state, filter: filter).text(width: style.width))
      return InstrumentSupport.tell(state.unseen)
    }
    if json { write("[") }
    var isFirst = true
    for namespace in state.namespaces {
      guard let table = namespace.table else { continue }
      let listing = MountListing(table, filter: filter)
      if json {
        write(verbatim: (isFirst ? "" : ",") + listing.json(namespace: namespace.inode, unseen: state.unseen))
      } else {
        let first = namespace.processes.first.map { "\($0.id) \($0.command)" }
        if !isFirst { write("\n") }
        write("\(namespace.fileName)  \(namespace.container?.label ?? first ?? "no process")\n\(listing.text(style))")
      }
      isFirst = false
    }
    if json { write("]\n") }
    if !json { InstrumentSupport.tell(state.unseen) }
  }

  /// The room of a mount's file system, as a process of the namespace reaches it.
  private static func space(of entry: MountEntry, _ process: Int32) -> MountListing.Space? {
    // A place that cannot be reached any more, or that hides, has no size to tell.
    guard let root = try? Syscall.open("/proc/\(process)/root", .path),
      let file = try? Syscall.open(at: root.borrowed, entry.mountPoint, .path, resolve: .inRoot),
      let space = try? Syscall.space(of: file.borrowed)
    else { return nil }
    return MountListing.Space(size: space.size, used: space.used, available: space.available)
  }

  private func style() throws -> MountListing.Style {
    var columns: [MountListing.Column] = [.target, .source, .fstype, .propagation, .options]
    if let output {
      columns = []
      for name in output.split(separator: ",", omittingEmptySubsequences: false) {
        guard let column = MountListing.Column(rawValue: name.lowercased()) else {
          let known = MountListing.Column.allCases.map(\.rawValue).joined(separator: ", ")
          throw ExitCode(fail("--columns: there is no column \"\(name)\"; there are \(known)", status: 2))
        }
        columns.append(column)
      }
    }
    var style = MountListing.Style(columns: columns)
    for column in columns { style.tags[column] = column.linkDirectory.map(BlockDeviceNames.read) }
    style.isTree = !list
    style.width = InstrumentSupport.terminalWidth
    style.isASCII = !InstrumentSupport.isUTF8
    style.hasColours = style.width != nil && !InstrumentSupport.refusesColours
    return style
  }
}
