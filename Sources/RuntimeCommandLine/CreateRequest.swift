/// What `create`, `run`, and in parts `restore` ask for.
package struct CreateRequest: Hashable, Sendable {
  package var id = ""
  package var bundle = "."
  package var consoleSocket: String?
  package var pidfdSocket: String?
  package var pidFile: String?
  package var isPivotAvoided = false
  package var keepsKeyring = false
  /// How many descriptors from 3 on the container inherits, besides those of socket activation.
  package var preservedDescriptors: Int32 = 0
  /// Of `run`: do not wait for the container.
  package var isDetached = false
  /// Of `run`: leave the container's state when its process has ended.
  package var isKept = false
  /// Of `run`: do not become the parent of what the container leaves.
  package var avoidsSubreaper = false

  package init() {}

  static var createTable: CommandTable {
    CommandTable(
      name: "create",
      abstract: "Create a container, without starting its process.",
      usage: ["create [options] ID"],
      discussion: """
        Reads config.json in the bundle, makes the container's namespaces, mounts and cgroup, and leaves its process \
        waiting for berth start.
        """,
      examples: [
        ("berth create -b ./bundle web", "a container of the bundle in ./bundle"),
        ("berth start web", "its process begins"),
      ],
      options: creationRows,
      operandCount: 1...1,
      request: { draft, words in
        draft.create.id = words[0]
        return .create(draft.create)
      }
    )
  }

  static var runTable: CommandTable {
    CommandTable(
      name: "run",
      abstract: "Create a container, start it, wait for its end and delete it.",
      usage: ["run [options] ID"],
      discussion: """
        Reads config.json in the bundle and runs its process, in the foreground unless --detach is given.

        The exit status is the process's, 128+n if signal n ended it, and 1 if the container could not be made.
        """,
      examples: [
        ("berth spec -b ./bundle", "a config.json to begin with"),
        ("berth run -b ./bundle web", "run it here"),
        ("berth run -d --pid-file web.pid -b ./bundle web", "run it in the background"),
      ],
      options: creationRows + [
        detachRow,
        .flag("keep", help: "Keep the container's state after its end, until berth delete.") { $0.create.isKept = $1 },
        subreaperRow,
      ],
      operandCount: 1...1,
      request: { draft, words in
        draft.create.id = words[0]
        return .run(draft.create)
      }
    )
  }

  private static var creationRows: [OptionRow] {
    [
      bundleRow, consoleRow, .pidfdSocket { $0.create.pidfdSocket = $1 }, pidFileRow, pivotRow,
      .flag("no-new-keyring", help: "Keep the caller's session keyring instead of making one.") {
        $0.create.keepsKeyring = $1
      },
      .preservedDescriptors { $0.create.preservedDescriptors = $1 },
    ]
  }

  /// The options of `run` that `restore` has too.
  static var restoreRows: [OptionRow] {
    [bundleRow, consoleRow, detachRow, pidFileRow, subreaperRow, pivotRow]
  }

  private static var bundleRow: OptionRow {
    .value("bundle", "b", called: "DIR", "The directory with config.json. (default: the working directory)") {
      $0.create.bundle = $1.isEmpty ? "." : $1
    }
  }

  private static var consoleRow: OptionRow { .consoleSocket { $0.create.consoleSocket = $1 } }
  private static var pidFileRow: OptionRow { .pidFile { $0.create.pidFile = $1 } }
  private static var detachRow: OptionRow { .detach { $0.create.isDetached = $1 } }

  private static var pivotRow: OptionRow {
    .flag("no-pivot", help: "Move the root over / instead of pivot_root(2): for a host whose root is a ramdisk.") {
      $0.create.isPivotAvoided = $1
    }
  }

  private static var subreaperRow: OptionRow {
    .flag("no-subreaper", help: "Do not become the parent of processes that the container leaves.") {
      $0.create.avoidsSubreaper = $1
    }
  }
}

/// Rows that commands share.
extension OptionRow {
  static func consoleSocket(_ take: @escaping @Sendable (inout RequestDraft, String?) -> Void) -> Self {
    .value("console-socket", called: "SOCKET", "A Unix socket that receives the terminal's master end.") {
      take(&$0, $1.isEmpty ? nil : $1)
    }
  }

  static func pidfdSocket(_ take: @escaping @Sendable (inout RequestDraft, String?) -> Void) -> Self {
    .value("pidfd-socket", called: "SOCKET", "A Unix socket that receives a descriptor of the process.") {
      take(&$0, $1.isEmpty ? nil : $1)
    }
  }

  static func pidFile(_ take: @escaping @Sendable (inout RequestDraft, String?) -> Void) -> Self {
    .value("pid-file", called: "FILE", "A file that the process's id is written to.") {
      take(&$0, $1.isEmpty ? nil : $1)
    }
  }

  static func detach(_ take: @escaping @Sendable (inout RequestDraft, Bool) -> Void) -> Self {
    .flag("detach", "d", help: "Do not wait for the process.", take)
  }

  static func preservedDescriptors(_ take: @escaping @Sendable (inout RequestDraft, Int32) -> Void) -> Self {
    .value("preserve-fds", called: "N", "Pass on N descriptors besides the first three and $LISTEN_FDS.") {
      draft,
      text throws(ValueProblem) in
      take(&draft, try ValueSyntax.number(text, from: 0, to: 1 << 20))
    }
  }
}
