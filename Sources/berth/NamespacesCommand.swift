import ArgumentParser

/// `berth ns`: the namespaces of the machine.
struct NamespacesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ns",
    abstract: "List the namespaces of the machine, and enter them.",
    discussion: """
      Examples:
        berth ns list
        berth ns enter web
        berth ns enter web --with ./debian
      """,
    version: berthVersion,
    subcommands: [NamespaceListCommand.self, NamespaceEnterCommand.self]
  )
}
