import ArgumentParser
import ContainerRuntime
import Instruments
import JSON
import MachineReading

/// `berth ns list`: every mount namespace of the machine.
struct NamespaceListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the namespaces of the machine, those without a process too.",
    discussion: """
      Of each namespace: its file's number, its id (which is never used again), the user namespace that owns it, how many \
      mounts and processes it has, the container or systemd unit, and what keeps it alive: a process, an open \
      descriptor, a mount of its file, or a thread. Namespaces without a process are seen since Linux 6.12, by root.

      Examples:
        berth ns list
        berth ns list --all                     network, PID and all other namespaces too
        berth ns list --json | jq '.namespaces[] | select(.processes == [])'
      """
  )

  @Flag(help: "List the namespaces of all types, namespaces(7).") var all = false
  @Flag(help: "Print JSON.") var json = false

  func run() throws { Self.list(all: all, json: json) }

  /// Lists the namespaces: without options, ArgumentParser is not asked, which takes longer than the list.
  static func list(all: Bool = false, json: Bool = false) {
    let resolver = InstrumentSupport.resolver()
    var state = MachineReader(resolver).state(.keepers)
    if all {
      state.namespaces += MachineReader.otherNamespaces(containers: resolver.containers)
      state.addOwners()
    }
    let listing = NamespaceListing(state)
    if json { return write(verbatim: listing.json.indentedText + "\n") }
    write(listing.text(width: InstrumentSupport.terminalWidth))
    InstrumentSupport.tell(state.unseen)
  }
}
