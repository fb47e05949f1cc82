import ArgumentParser

/// `berth ns`: the namespaces of the machine.
struct NamespacesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ns",
    abstract: "List the namespaces of the machine, and enter them.",
    version: berthVersion,
    subcommands: [NamespaceListCommand.self, NamespaceEnterCommand.self]
  )
}
