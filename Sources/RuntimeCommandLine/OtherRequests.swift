/// What `events` asks for.
package struct EventsRequest: Hashable, Sendable {
  package var id = ""
  /// Nanoseconds between two lines.
  package var interval: Int64 = 5_000_000_000
  /// One line, and no more.
  package var isOnce = false

  package init() {}

  static var table: CommandTable {
    CommandTable(
      name: "events",
      abstract: "Print what a container uses, and when it runs out of memory, as JSON.",
      usage: ["events [options] ID"],
      discussion: "A line at each interval, and one whenever a process is killed for want of memory, until the end.",
      examples: [("berth events --stats web", "once"), ("berth events --interval 1s web", "every second")],
      options: [
        .value("interval", called: "TIME", "The time between two lines: 5s, 100ms. (default: 5s)") {
          draft,
          text throws(ValueProblem) in draft.events.interval = try ValueSyntax.duration(text)
        },
        .flag("stats", help: "Print one line, and end.") { $0.events.isOnce = $1 },
      ],
      operandCount: 1...1,
      request: { draft, words in
        draft.events.id = words[0]
        return .events(draft.events)
      }
    )
  }
}

/// What `spec` asks for.
package struct SpecRequest: Hashable, Sendable {
  package var bundle = "."
  package var isRootless = false

  package init() {}

  static var table: CommandTable {
    CommandTable(
      name: "spec",
      abstract: "Write a config.json to begin with.",
      usage: ["spec [options]"],
      discussion: """
        The container that it describes runs sh in the directory rootfs beside it. A config.json that is there already \
        is left alone.
        """,
      examples: [
        ("mkdir -p bundle/rootfs; berth spec -b bundle", "write bundle/config.json"),
        ("berth spec --rootless", "one that needs no privilege"),
      ],
      options: [
        .value("bundle", "b", called: "DIR", "The directory to write it to. (default: the working directory)") {
          $0.spec.bundle = $1.isEmpty ? "." : $1
        },
        .flag("rootless", help: "One for a container that is made without root.") { $0.spec.isRootless = $1 },
      ],
      operandCount: 0...0,
      request: { draft, _ in .spec(draft.spec) }
    )
  }
}

extension CommandTable {
  static var features: CommandTable {
    CommandTable(
      name: "features",
      abstract: "Print what this berth can do, as JSON.",
      usage: ["features"],
      discussion: "In the form of the OCI runtime specification, features.md.",
      examples: [("berth features | jq .linux.namespaces", "the kinds of namespaces")],
      options: [],
      operandCount: 0...0,
      request: { _, _ in .features }
    )
  }
}
