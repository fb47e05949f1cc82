import ArgumentParser
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
      Without a command, $SHELL is run. Mounts made inside are seen inside only, ps shows only what runs inside, and
      all is gone with the command. The exit status is the command's; 125 is berth's own failure, 126 a command that
      cannot be executed, 127 one that is not found, and 128+n a command that signal n ended.

      Examples:
        berth shell                             a shell with mounts of its own
        berth shell -- mount --bind /usr/bin /mnt
                                                a mount that nobody else sees
        berth shell --overlay                   a throw-away copy of this system
        berth shell --read-only -v .:/src make  a build that can write to . alone
        berth shell --rootfs ./debian --user 1000:1000 -- id
        berth shell --propagation slave         see mounts that the host makes later
        berth shell --dry-run --net -v ./a:/b   what would be done, as commands
      """
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
    throw ExitCode(request.carryOut(startedAt: .now))
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

struct NamespaceOptions: ParsableArguments {
  @Flag(help: "A new network namespace, with its loopback up.") var net = false
  @Flag(help: "A new IPC namespace.") var ipc = false
  @Flag(help: "A new cgroup namespace.") var cgroup = false
  @Option(
    help: ArgumentHelp(
      "A new time namespace; =SECONDS, or =monotonic=SECONDS,boottime=SECONDS, sets its clocks apart.",
      valueName: "offsets"
    )
  )
  var time: String?
  @Flag(name: .customLong("userns"), help: "A new user namespace; --user alone says the same.") var userns = false
  @Flag(help: "New namespaces of every type.") var all = false
  @Option(help: ArgumentHelp("Keep the host's namespace: mount, pid or uts.", valueName: "type")) var share: [String] =
    []
  @Option(help: ArgumentHelp("Enter a namespace: of a process, or a namespace file.", valueName: "type=pid|path"))
  var join: [String] = []
  @Flag(help: "Be root in the new user namespace (the default without privilege).") var mapRoot = false
  @Flag(help: "Be oneself in the new user namespace.") var mapUser = false
  @Option(help: ArgumentHelp("The host name inside.", valueName: "name")) var hostname: String?
  @Option(help: ArgumentHelp("The NIS domain name inside.", valueName: "name")) var domainname: String?
  @Option(help: ArgumentHelp("A name for the shell: its prompt, and its host name unless given.", valueName: "name"))
  var name: String?

  func fill(_ options: inout ShellOptions) {
    let asked: [(Bool, NamespaceType)] = [
      (net, .network), (ipc, .ipc), (cgroup, .cgroup), (userns, .user),
    ]
    options.added = all ? Set(NamespaceType.allCases) : Set(asked.filter(\.0).map(\.1))
    options.shared = share
    options.joined = join
    options.time = time
    options.mapsRoot = mapRoot
    options.mapsUser = mapUser
    options.hostname = hostname
    options.domainname = domainname
    options.name = name
  }
}

struct MountOptionsGroup: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How mounts travel between the host and the shell: private, slave (from the host only), shared, unchanged.",
      valueName: "type"
    )
  )
  var propagation = "private"
  @Option(
    help: ArgumentHelp(
      "A copy-on-write layer over the root: writes vanish, or with =DIR are kept there.",
      valueName: "dir"
    )
  )
  var overlay: String?
  @Option(help: ArgumentHelp("A directory as root.", valueName: "dir")) var rootfs: String?
  @Option(help: ArgumentHelp("An erofs or squashfs image as root.", valueName: "file")) var image: String?
  @Flag(help: "Make the root read-only, all the way down; volumes are not.") var readOnly = false
  @Option(
    name: [.customShort("v"), .long],
    help: ArgumentHelp(
      "Mount a file or directory: options are those of mount(8) and OCI, such as ro, rro, rslave, nosymfollow, idmap=...",
      valueName: "src:dst[:opts]"
    )
  )
  var volume: [String] = []
  @Option(help: ArgumentHelp("Mount anything, in docker's syntax.", valueName: "type=...,src=...,dst=..."))
  var mount: [String] = []
  @Option(help: ArgumentHelp("Mount an empty tmpfs.", valueName: "dst[:opts]")) var tmpfs: [String] = []

  func fill(_ options: inout ShellOptions) {
    options.propagation = propagation
    options.overlay = overlay
    options.rootfs = rootfs
    options.image = image
    options.readOnly = readOnly
    options.volumes = volume
    options.mounts = mount
    options.temporaryFileSystems = tmpfs
  }
}

struct ProcessOptions: ParsableArguments {
  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "Run as a user of the root's /etc/passwd, or a number. Alone: a new user namespace.",
      valueName: "uid[:gid]|name"
    )
  )
  var user: String?
  @Option(help: ArgumentHelp("Add a supplementary group.", valueName: "gid|name")) var groupAdd: [String] = []
  @Option(name: [.short, .long], help: ArgumentHelp("The working directory inside.", valueName: "dir")) var workdir:
    String?
  @Option(
    name: [.short, .long],
    help: ArgumentHelp("Set a variable; NAME alone takes the caller's.", valueName: "name[=value]")
  )
  var env: [String] = []
  @Option(help: ArgumentHelp("Set the variables of a file, a line each.", valueName: "file")) var envFile: [String] = []
  @Flag(help: "Start with an empty environment, but for PATH and TERM.") var clearEnv = false
  @Option(help: ArgumentHelp("Add a capability, or ALL.", valueName: "cap")) var capAdd: [String] = []
  @Option(help: ArgumentHelp("Drop a capability, or ALL.", valueName: "cap")) var capDrop: [String] = []
  @Flag(help: "Let no program gain privileges.") var noNewPrivs = false
  @Option(help: ArgumentHelp("Set a resource limit.", valueName: "name=soft[:hard]")) var ulimit: [String] = []
  @Option(help: ArgumentHelp("Set the file mode creation mask.", valueName: "octal")) var umask: String?
  @Option(help: ArgumentHelp("Set a kernel parameter of the shell's own namespaces.", valueName: "name=value"))
  var sysctl: [String] = []
  @Flag(name: .customLong("init"), help: "Run a minimal init before the command: it reaps, and forwards signals.")
  var initProcess = false

  func fill(_ options: inout ShellOptions) {
    options.user = user
    options.groups = groupAdd
    options.workingDirectory = workdir
    options.environment = env
    options.clearEnvironment = clearEnv
    options.addedCapabilities = capAdd
    options.droppedCapabilities = capDrop
    options.noNewPrivileges = noNewPrivs
    options.limits = ulimit
    options.fileCreationMask = umask
    options.kernelParameters = sysctl
    options.hasInit = initProcess
  }
}

struct OutputOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Print what would be done as commands, or with =json the plan; do nothing.", valueName: "form")
  )
  var dryRun: DryRunForm?
  @Flag(help: "Print the OCI config.json; do nothing.") var spec = false
  @Option(help: ArgumentHelp("How much to tell: error, or debug for each step's microseconds.", valueName: "level"))
  var logLevel: LogLevel = .error
}

enum DryRunForm: String, ExpressibleByArgument, CaseIterable {
  case text, json
}

enum LogLevel: String, ExpressibleByArgument, CaseIterable {
  case error, debug
}
