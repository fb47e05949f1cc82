import ArgumentParser
import ContainerRuntime
import LinuxABI
import OCISpec
import ShellSpec

/// `berth shell`: a command with its own mounts, processes and host name.
struct ShellCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shell",
    abstract: "Run a shell, or a command, with its own mounts, processes and host name.",
    usage: "berth shell [options] [--] [command ...]",
    discussion: """
      Without a command, $SHELL is run. Mounts made inside are seen inside only, ps shows only what runs inside, and \
      all is gone with the command.

      The exit status is the command's; 125 is berth's own failure, 126 a command that cannot be executed, 127 one \
      that is not found, and 128+n a command that signal n ended.

      Examples:
        berth shell                             a shell with mounts of its own
        berth shell -- mount --bind /usr/bin /mnt
                                                a mount that nobody else sees
        berth shell --overlay                   a throw-away copy of this system
        berth shell --read-only -v .:/src -w /src make
                                                a build that can write to . alone
        berth shell --rootfs ./debian --user 1000:1000 -- id
        berth shell --propagation slave         see mounts that the host makes later
        berth shell --dry-run --net -v ./a:/b   what would be done, as commands
      """,
    version: berthVersion
  )

  @OptionGroup(title: "Namespaces") var namespaces: NamespaceOptions
  @OptionGroup(title: "Root and mounts") var mounts: MountOptionsGroup
  @OptionGroup(title: "Process") var process: ProcessOptions
  @OptionGroup(title: "Instead of running") var output: OutputOptions

  @Argument(parsing: .postTerminator, help: ArgumentHelp("The command and its arguments.", valueName: "command"))
  var command: [String] = []

  /// Runs the command as ArgumentParser calls it, when `shell` was found among all commands.
  func run() throws {
    var request = request
    request.options.command = command
    throw ExitCode(request.carryOut(startedAt: StepTimer.now))
  }

  /// What the flags ask for.
  var request: ShellRequest {
    var request = ShellRequest()
    namespaces.fill(&request.options)
    mounts.fill(&request.options)
    process.fill(&request.options)
    request.environmentFiles = process.envFile
    request.dryRun = output.dryRun
    request.printsSpec = output.spec
    request.tellsTimes = output.logLevel == .debug
    return request
  }
}
