/// What a command asks for that needs to know the container alone.
package struct ContainerRequest: Hashable, Sendable {
  package var id = ""

  package init() {}

  private static func table(
    _ name: String,
    _ abstract: String,
    _ discussion: String,
    _ example: String,
    _ make: @escaping @Sendable (ContainerRequest) -> RuntimeRequest
  ) -> CommandTable {
    CommandTable(
      name: name,
      abstract: abstract,
      usage: ["\(name) ID"],
      discussion: discussion,
      examples: [("berth \(name) web", example)],
      options: [],
      operandCount: 1...1,
      request: { draft, words in
        draft.container.id = words[0]
        return make(draft.container)
      }
    )
  }

  static var startTable: CommandTable {
    table(
      "start",
      "Start the process of a container that was created.",
      "Returns when the process runs, without waiting for its end.",
      "what berth create prepared begins",
      RuntimeRequest.start
    )
  }

  static var stateTable: CommandTable {
    table(
      "state",
      "Print the state of a container, as JSON.",
      "The status is creating, created, running, paused or stopped; pid is 0 for a container that is stopped.",
      "its status, process id and bundle",
      RuntimeRequest.state
    )
  }

  static var pauseTable: CommandTable {
    table(
      "pause",
      "Suspend all processes of a container.",
      "They stand still, and keep what they have, until berth resume.",
      "its processes get no time",
      RuntimeRequest.pause
    )
  }

  static var resumeTable: CommandTable {
    table(
      "resume",
      "Let the processes of a paused container go on.",
      "Undoes berth pause.",
      "its processes go on where they were",
      RuntimeRequest.resume
    )
  }
}

/// What `delete` asks for.
package struct DeleteRequest: Hashable, Sendable {
  package var id = ""
  package var isForced = false

  package init() {}

  static var table: CommandTable {
    CommandTable(
      name: "delete",
      abstract: "Delete what is left of a container.",
      usage: ["delete [options] ID"],
      discussion: """
        Removes the state and the cgroup of a container that is stopped, or that was created and never started. With \
        --force, one that runs is killed first, and one that does not exist is no error.
        """,
      examples: [("berth delete web", "web is gone"), ("berth delete -f web", "even if it runs")],
      options: [
        .flag("force", "f", help: "Kill the container if it runs.") { $0.delete.isForced = $1 }
      ],
      operandCount: 1...1,
      request: { draft, words in
        draft.delete.id = words[0]
        return .delete(draft.delete)
      }
    )
  }
}

/// What `kill` asks for.
package struct KillRequest: Hashable, Sendable {
  package var id = ""
  package var signal: Int32 = 15
  /// All processes of the container, and no error if it is stopped.
  package var isForAll = false

  package init() {}

  static var table: CommandTable {
    CommandTable(
      name: "kill",
      abstract: "Send a signal to a container.",
      usage: ["kill [options] ID [SIGNAL]"],
      discussion: """
        The container's first process gets the signal: TERM unless another is given, by its name with or without SIG, \
        or by its number. Real-time signals are RTMIN+1 and so on; 0 only asks whether the process is there.
        """,
      examples: [
        ("berth kill web", "ask it to end"), ("berth kill web KILL", "end it"),
        ("berth kill --all web 9", "end it all"),
      ],
      options: [
        .flag("all", "a", help: "Send it to all processes of the container.") { $0.kill.isForAll = $1 }
      ],
      operandCount: 1...2,
      request: { draft, words throws(ValueProblem) in
        draft.kill.id = words[0]
        if words.count > 1, !words[1].isEmpty {
          do throws(ValueProblem) {
            draft.kill.signal = try ValueSyntax.signal(words[1])
          } catch {
            throw ValueProblem("\(words[0]) \(words[1]): \(error.message)")
          }
        }
        return .kill(draft.kill)
      }
    )
  }
}

/// How lists are printed.
package enum ListFormat: String, CaseIterable, Sendable { case table, json }

/// What `list` asks for.
package struct ListRequest: Hashable, Sendable {
  package var format = ListFormat.table
  package var showsIDsAlone = false

  package init() {}

  static var table: CommandTable {
    CommandTable(
      name: "list",
      abstract: "List containers.",
      usage: ["list [options]"],
      discussion: "Those under --root; other runtimes keep theirs elsewhere.",
      examples: [
        ("berth list", "all containers, a line each"), ("berth list -q", "their IDs alone"),
        ("berth --root /run/other list -f json", "those of another place, as JSON"),
      ],
      options: [
        .format { $0.list.format = $1 },
        .flag("quiet", "q", help: "Print IDs alone.") { $0.list.showsIDsAlone = $1 },
      ],
      operandCount: 0...0,
      request: { draft, _ in .list(draft.list) }
    )
  }
}

/// What `ps` asks for.
package struct ProcessListRequest: Hashable, Sendable {
  package var id = ""
  package var format = ListFormat.table
  /// For ps(1).
  package var arguments = ["-ef"]

  package init() {}

  static var table: CommandTable {
    CommandTable(
      name: "ps",
      abstract: "List the processes of a container.",
      usage: ["ps [options] ID [PS-OPTION ...]"],
      discussion: """
        Runs ps(1), with -ef unless options of its own are given, and prints the lines of the container's processes. \
        Its options must leave the column PID.
        """,
      examples: [
        ("berth ps web", "its processes"), ("berth ps web -o pid,rss,args", "other columns"),
        ("berth ps -f json web", "their ids alone, as the host sees them"),
      ],
      options: [.format { $0.processList.format = $1 }],
      operandCount: 1...Int.max,
      endsOptionsAtOperand: true,
      request: { draft, words in
        draft.processList.id = words[0]
        if words.count > 1 { draft.processList.arguments = Array(words.dropFirst()) }
        return .ps(draft.processList)
      }
    )
  }
}

extension OptionRow {
  fileprivate static func format(_ take: @escaping @Sendable (inout RequestDraft, ListFormat) -> Void) -> Self {
    .value("format", "f", called: "FORMAT", "How to print: table or json. (default: table)") {
      draft,
      text throws(ValueProblem) in
      take(&draft, text.isEmpty ? .table : try ValueSyntax.choice(text))
    }
  }
}
