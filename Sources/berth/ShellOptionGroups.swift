import ArgumentParser
import LinuxABI
import ShellSpec

struct NamespaceOptions: ParsableArguments {
  @Flag(help: "A new network namespace, with its loopback up.") var net = false
  @Flag(help: "A new IPC namespace.") var ipc = false
  @Flag(help: "A new cgroup namespace.") var cgroup = false
  @Option(
    help: .of(
      "A new time namespace; =SECONDS, or =monotonic=SECONDS,boottime=SECONDS, sets its clocks apart.",
      "offsets"
    )
  )
  var time: String?
  @Flag(name: .customLong("userns"), help: "A new user namespace; --user alone says the same.") var userns = false
  @Flag(help: "New namespaces of every type.") var all = false
  @Option(help: .of("Keep the host's namespace: mount, pid or uts.", "type")) var share: [String] = []
  @Option(help: .of("Enter a namespace: of a process, or a namespace file.", "type=pid|path"))
  var join: [String] = []
  @Flag(help: "Be root in the new user namespace (the default without privilege).") var mapRoot = false
  @Flag(help: "Be oneself in the new user namespace.") var mapUser = false
  @Option(help: .of("The host name inside.", "name")) var hostname: String?
  @Option(help: .of("The NIS domain name inside.", "name")) var domainname: String?
  @Option(help: .of("A name for the shell: its prompt, and its host name unless given.", "name"))
  var name: String?

  func fill(_ options: inout ShellOptions) {
    let asked: [(Bool, NamespaceType)] = [
      (net, .network), (ipc, .ipc), (cgroup, .cgroup), (userns, .user),
    ]
    options.added = all ? NamespaceSet(NamespaceType.allCases) : NamespaceSet(asked.filter(\.0).map(\.1))
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
    help: .of(
      "How mounts travel between the host and the shell: private, slave (from the host only), shared, unchanged.",
      "type"
    )
  )
  var propagation = "private"
  @Option(help: .of("A copy-on-write layer over the root: writes vanish, or with =DIR are kept there.", "dir"))
  var overlay: String?
  @Option(help: .of("A directory as root.", "dir")) var rootfs: String?
  @Option(help: .of("An erofs or squashfs image as root.", "file")) var image: String?
  @Flag(help: "Make the root read-only, all the way down; volumes are not.") var readOnly = false
  @Option(
    name: [.customShort("v"), .long],
    help: .of(
      "Mount a file or directory: options are those of mount(8) and OCI, such as ro, rro, rslave, nosymfollow, idmap=...",
      "src:dst[:opts]"
    )
  )
  var volume: [String] = []
  @Option(help: .of("Mount anything, in docker's syntax.", "type=...,src=...,dst=..."))
  var mount: [String] = []
  @Option(help: .of("Mount an empty tmpfs.", "dst[:opts]")) var tmpfs: [String] = []

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
    help: .of("Run as a user of the root's /etc/passwd, or a number. Alone: a new user namespace.", "uid[:gid]|name")
  )
  var user: String?
  @Option(help: .of("Add a supplementary group.", "gid|name")) var groupAdd: [String] = []
  @Option(name: [.short, .long], help: .of("The working directory inside.", "dir")) var workdir: String?
  @Option(name: [.short, .long], help: .of("Set a variable; NAME alone takes the caller's.", "name[=value]"))
  var env: [String] = []
  @Option(help: .of("Set the variables of a file, a line each.", "file")) var envFile: [String] = []
  @Flag(help: "Start with an empty environment, but for PATH and TERM.") var clearEnv = false
  @Option(help: .of("Add a capability, or ALL.", "cap")) var capAdd: [String] = []
  @Option(help: .of("Drop a capability, or ALL.", "cap")) var capDrop: [String] = []
  @Flag(help: "Let no program gain privileges.") var noNewPrivs = false
  @Option(help: .of("Set a resource limit.", "name=soft[:hard]")) var ulimit: [String] = []
  @Option(help: .of("Set the file mode creation mask.", "octal")) var umask: String?
  @Option(help: .of("Set a kernel parameter of the shell's own namespaces.", "name=value"))
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
  @Option(help: .of("Print what would be done as commands, or with =json the plan; do nothing.", "form"))
  var dryRun: DryRunForm?
  @Flag(help: "Print the OCI config.json; do nothing.") var spec = false
  @Option(help: .of("How much to tell: error, or debug for each step's microseconds.", "level"))
  var logLevel: LogLevel = .error
}

enum DryRunForm: String, ExpressibleByArgument, CaseIterable {
  case text, json
}

enum LogLevel: String, ExpressibleByArgument, CaseIterable {
  case error, debug
}

extension ArgumentHelp {
  /// What an option does, and what its value is.
  fileprivate static func of(_ abstract: String, _ valueName: String) -> Self {
    ArgumentHelp(abstract, valueName: valueName)
  }
}
