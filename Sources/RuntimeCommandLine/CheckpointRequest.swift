/// What `checkpoint` asks for.
package struct CheckpointRequest: Hashable, Sendable {
  package var id = ""
  package var image = CheckpointImage()
  /// Where an earlier image of the memory is, relative to the image.
  package var parentPath: String?
  package var isLeftRunning = false
  /// Only the memory, and the container goes on.
  package var isPreDump = false
  /// The descriptor that criu writes to once lazy pages can be fetched.
  package var statusDescriptor: Int32?
  package var pageServer: PageServer?

  package init() {}

  /// Where the memory is sent to.
  package struct PageServer: Hashable, Sendable {
    package var address: String
    package var port: UInt16

    package init(address: String, port: UInt16) {
      self.address = address
      self.port = port
    }
  }

  static var table: CommandTable {
    CommandTable(
      name: "checkpoint",
      abstract: "Save a running container to files, and end it.",
      usage: ["checkpoint [options] ID"],
      discussion: "Drives criu(8). berth restore makes a running container of the files, here or on another machine.",
      examples: [
        ("berth checkpoint --image-path ./image web", "save web, and end it"),
        ("berth checkpoint --leave-running web", "save it to ./checkpoint, and let it run"),
      ],
      options: CheckpointImage.rows + [
        .value("parent-path", called: "DIR", "An earlier image of the memory, relative to this one.") {
          draft,
          text throws(ValueProblem) in
          if text.hasPrefix("/") { throw ValueProblem("the path must be relative to --image-path") }
          draft.checkpoint.parentPath = text.isEmpty ? nil : text
        },
        .flag("leave-running", help: "Let the container run on.") { $0.checkpoint.isLeftRunning = $1 },
        .flag("pre-dump", help: "Save the memory alone, and let the container run on.") {
          $0.checkpoint.isPreDump = $1
        },
        .flag("tcp-skip-in-flight", help: "Leave out connections that are being made.") {
          $0.image.skipsConnectionsInFlight = $1
        },
        .flag("link-remap", help: "Give files without a name one while they are saved.") { $0.image.remapsLinks = $1 },
        .value("status-fd", called: "FD", "A descriptor to write to once lazy pages are ready.") {
          draft,
          text throws(ValueProblem) in
          let number: Int32 = try ValueSyntax.number(text, from: -1)
          draft.checkpoint.statusDescriptor = number < 0 ? nil : number
        },
        .value("page-server", called: "ADDRESS:PORT", "Send the memory to a page server.") {
          draft,
          text throws(ValueProblem) in draft.checkpoint.pageServer = text.isEmpty ? nil : try pageServer(text)
        },
      ],
      operandCount: 1...1,
      request: { draft, words in
        draft.checkpoint.id = words[0]
        draft.checkpoint.image = draft.image
        return .checkpoint(draft.checkpoint)
      }
    )
  }

  /// An address may be in brackets, as IPv6 ones must: `[::1]:9000`.
  private static func pageServer(_ text: String) throws(ValueProblem) -> PageServer {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
      throw ValueProblem("this is not ADDRESS:PORT, such as 192.0.2.1:9000")
    }
    var address = text[..<colon]
    if address.hasPrefix("["), address.hasSuffix("]") { address = address.dropFirst().dropLast() }
    if address.isEmpty { throw ValueProblem("the address is missing before the colon") }
    return PageServer(address: String(address), port: port)
  }
}

/// What `restore` asks for.
package struct RestoreRequest: Hashable, Sendable {
  package var creation = CreateRequest()
  package var image = CheckpointImage()
  package var securityProfile: String?
  package var mountContext: String?

  package init() {}

  static var table: CommandTable {
    CommandTable(
      name: "restore",
      abstract: "Make a running container of what checkpoint saved.",
      usage: ["restore [options] ID"],
      discussion: """
        Drives criu(8). The bundle must be there as it was when the checkpoint was made.

        The exit status is the process's, 128+n if signal n ended it, and 1 if the container could not be restored.
        """,
      examples: [("berth restore -d --image-path ./image -b ./bundle web", "web goes on where it was")],
      options: CreateRequest.restoreRows
        + CheckpointImage.rows + [
          .value("lsm-profile", called: "TYPE:NAME", "The security profile to restore with.") {
            $0.restore.securityProfile = $1.isEmpty ? nil : $1
          },
          .value("lsm-mount-context", called: "CONTEXT", "The SELinux context of mounts to restore with.") {
            $0.restore.mountContext = $1.isEmpty ? nil : $1
          },
        ],
      operandCount: 1...1,
      request: { draft, words in
        draft.create.id = words[0]
        draft.restore.creation = draft.create
        draft.restore.image = draft.image
        return .restore(draft.restore)
      }
    )
  }
}

/// Where a checkpoint is, and how criu makes and reads it.
package struct CheckpointImage: Hashable, Sendable {
  package var path = "checkpoint"
  package var workPath: String?
  package var keepsConnections = false
  package var skipsConnectionsInFlight = false
  package var remapsLinks = false
  package var allowsExternalSockets = false
  package var isShellJob = false
  package var fetchesPagesLazily = false
  package var handlesFileLocks = false
  package var cgroupsMode = CgroupsMode.soft
  /// The network namespace is made empty instead of as it was.
  package var hasEmptyNetwork = false
  package var dropsDuplicates = false

  package init() {}

  /// How cgroups are restored, criu(8) --manage-cgroups.
  package enum CgroupsMode: String, CaseIterable, Sendable { case soft, full, strict, ignore }

  static var rows: [OptionRow] {
    [
      .value("image-path", called: "DIR", "The directory of the image. (default: ./checkpoint)") {
        if !$1.isEmpty { $0.image.path = $1 }
      },
      .value("work-path", called: "DIR", "The directory of criu's logs.") { $0.image.workPath = $1.isEmpty ? nil : $1 },
      .flag("tcp-established", help: "Allow open TCP connections.") { $0.image.keepsConnections = $1 },
      .flag("ext-unix-sk", help: "Allow Unix sockets that lead out of the container.") {
        $0.image.allowsExternalSockets = $1
      },
      .flag("shell-job", help: "Allow a job of a shell outside.") { $0.image.isShellJob = $1 },
      .flag("lazy-pages", help: "Fetch memory when it is used, by userfaultfd(2).") {
        $0.image.fetchesPagesLazily = $1
      },
      .flag("file-locks", help: "Save and restore file locks.") { $0.image.handlesFileLocks = $1 },
      .value("manage-cgroups-mode", called: "MODE", "soft, full, strict or ignore. (default: soft)") {
        draft,
        text throws(ValueProblem) in draft.image.cgroupsMode = text.isEmpty ? .soft : try ValueSyntax.choice(text)
      },
      .value("empty-ns", called: "TYPE", "Restore a namespace empty: network is the one that can be.") {
        draft,
        text throws(ValueProblem) in
        if text != "network" { throw ValueProblem("network is the only type of namespace that can be restored empty") }
        draft.image.hasEmptyNetwork = true
      },
      .flag("auto-dedup", help: "Drop pages of the earlier image that this one replaces.") {
        $0.image.dropsDuplicates = $1
      },
    ]
  }
}
