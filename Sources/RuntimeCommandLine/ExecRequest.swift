/// What `exec` asks for: another process in a container.
package struct ExecRequest: Hashable, Sendable {
  package var id = ""
  /// The program and its arguments; empty when they are in `processFile`.
  package var command: [String] = []
  /// A file with the process as config.json describes it.
  package var processFile: String?
  package var consoleSocket: String?
  package var pidfdSocket: String?
  package var pidFile: String?
  package var isDetached = false
  package var hasTerminal = false
  package var workingDirectory: String?
  package var environment: [String] = []
  package var userID: UInt32?
  package var groupID: UInt32?
  package var additionalGroups: [UInt32] = []
  package var capabilities: [String] = []
  /// nil: as the container's own process has it.
  package var noNewPrivileges: Bool?
  package var processLabel: String?
  package var appArmorProfile: String?
  /// Cgroups below the container's, `[controllers:]path`.
  package var cgroups: [String] = []
  package var preservedDescriptors: Int32 = 0
  package var isRunWhilePaused = false

  package init() {}

  static var table: CommandTable {
    CommandTable(
      name: "exec",
      abstract: "Run another process in a container.",
      usage: ["exec [options] ID COMMAND [ARGUMENT ...]", "exec [options] --process FILE ID"],
      discussion: """
        Options end at the container's ID: what follows is the command's own. What is not said here is as the \
        container's config.json has it for its own process.

        The exit status is the command's, 128+n if signal n ended it, and 255 if it could not be run.
        """,
      examples: [
        ("berth exec web ps -ef", "what runs in the container"),
        ("berth exec -t -e TERM=xterm web sh", "a shell on a terminal"),
        ("berth exec -u 1000:1000 --cwd /srv web id", "as another user, in another directory"),
      ],
      options: streamRows + processRows + securityRows,
      operandCount: 1...Int.max,
      endsOptionsAtOperand: true,
      request: { draft, words throws(ValueProblem) in
        draft.exec.id = words[0]
        draft.exec.command = Array(words.dropFirst())
        if words.count == 1, draft.exec.processFile == nil {
          throw ValueProblem("\(words[0]): the command is missing: what is to run in the container?")
        }
        return .exec(draft.exec)
      }
    )
  }

  private static var streamRows: [OptionRow] {
    [
      .consoleSocket { $0.exec.consoleSocket = $1 }, .pidfdSocket { $0.exec.pidfdSocket = $1 },
      .pidFile { $0.exec.pidFile = $1 },
      .detach { $0.exec.isDetached = $1 },
      .flag("tty", "t", help: "Give the process a terminal.") { $0.exec.hasTerminal = $1 },
      .preservedDescriptors { $0.exec.preservedDescriptors = $1 },
    ]
  }

  private static var processRows: [OptionRow] {
    [
      .value("process", "p", called: "FILE", "Read the process from a file, in the form of config.json's process.") {
        $0.exec.processFile = $1.isEmpty ? nil : $1
      },
      .value("cwd", called: "DIR", "The working directory in the container.") {
        $0.exec.workingDirectory = $1.isEmpty ? nil : $1
      },
      .value("env", "e", called: "NAME=VALUE", "Set a variable.") { $0.exec.environment.append($1) },
      .value("user", "u", called: "UID[:GID]", "Run as a user, by numbers.") { draft, text throws(ValueProblem) in
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        draft.exec.userID = try ValueSyntax.id(parts[0], "user")
        if parts.count > 1 { draft.exec.groupID = try ValueSyntax.id(parts[1], "group") }
      },
      .value("additional-gids", "g", called: "GID", "Add a supplementary group, by number.") {
        draft,
        text throws(ValueProblem) in
        draft.exec.additionalGroups.append(try ValueSyntax.id(text[...], "group"))
      },
    ]
  }

  private static var securityRows: [OptionRow] {
    [
      .value("cap", "c", called: "CAP", "Add a capability, such as CAP_NET_ADMIN.") { $0.exec.capabilities.append($1) },
      .flag("no-new-privs", help: "Let no program gain privileges.") { $0.exec.noNewPrivileges = $1 },
      .value("process-label", called: "LABEL", "The process's SELinux label.") {
        $0.exec.processLabel = $1.isEmpty ? nil : $1
      },
      .value("apparmor", called: "PROFILE", "The process's AppArmor profile.") {
        $0.exec.appArmorProfile = $1.isEmpty ? nil : $1
      },
      .value("cgroup", called: "[CONTROLLER,...:]PATH", "Run in a cgroup that is there below the container's.") {
        $0.exec.cgroups.append($1)
      },
      .flag("ignore-paused", help: "Do it even while the container is paused: the process waits.") {
        $0.exec.isRunWhilePaused = $1
      },
    ]
  }
}
