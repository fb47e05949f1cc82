import ArgumentParser

/// The command line of berth.
struct Berth: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "berth",
    abstract: "A container runtime that understands mounts.",
    discussion: """
      berth shell starts a shell, or any command, with its own mounts, processes and host name: no image, no daemon.

      Examples:
        berth shell                          a shell whose mounts are its own
        berth shell --overlay -- apt-get install -y cowsay
                                             try something on this very system, and throw it away
        berth shell --dry-run -v ./src:/src  what would be done, as commands to read

      berth help shell describes it.
      """,
    version: berthVersion,
    subcommands: [ShellCommand.self]
  )
}

/// berth's version, as `berth --version` prints it.
let berthVersion = "0.1.0"
