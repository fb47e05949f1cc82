package import OCISpec

/// What `update` asks for: other limits for a container.
package struct UpdateRequest: Hashable, Sendable {
  package var id = ""
  /// A file with `linux.resources` as config.json has it, or `-`; `resources` does not count then.
  package var file: String?
  /// What is to change; 0 has the meaning that `Resources.updated` gives it.
  package var resources = Resources()
  package var l3CacheSchema: String?
  package var memoryBandwidthSchema: String?

  package init() {}

  // Parts that are made when they are first set.
  fileprivate var cpu: Resources.CPU {
    get { resources.cpu ?? Resources.CPU() }
    set { resources.cpu = newValue }
  }
  fileprivate var memory: Resources.Memory {
    get { resources.memory ?? Resources.Memory() }
    set { resources.memory = newValue }
  }
  fileprivate var blockIO: Resources.BlockIO {
    get { resources.blockIO ?? Resources.BlockIO() }
    set { resources.blockIO = newValue }
  }

  static var table: CommandTable {
    CommandTable(
      name: "update",
      abstract: "Change the limits of a container.",
      usage: ["update [options] ID", "update --resources FILE ID"],
      discussion: """
        What is not given stays as it is, and so does what is given as 0, but for --cpu-burst, --cpu-idle and \
        --pids-limit. -1 is no limit. Bytes may have a unit: 64m, 1.5g.
        """,
      examples: [
        ("berth update --memory 256m --pids-limit 100 web", "less memory, fewer processes"),
        ("berth update --cpu-quota 50000 --cpu-period 100000 web", "half a processor"),
        ("echo '{\"memory\":{\"limit\":268435456}}' | berth update -r - web", "in the words of config.json"),
      ],
      options: [
        .value("resources", "r", called: "FILE", "Read them from a file, or with - from standard input, as JSON.") {
          $0.update.file = $1.isEmpty ? nil : $1
        }
      ] + cpuRows + memoryRows + otherRows,
      operandCount: 1...1,
      request: { draft, words in
        draft.update.id = words[0]
        return .update(draft.update)
      }
    )
  }

  private static var cpuRows: [OptionRow] {
    [
      .number("cpu-period", "The period of the quota, in microseconds.") { $0.update.cpu.period = $1 },
      .number("cpu-quota", "The processor time in each period, in microseconds.") { $0.update.cpu.quota = $1 },
      .number("cpu-burst", "The unused quota that may be saved up, in microseconds.") { $0.update.cpu.burst = $1 },
      .number("cpu-share", "The weight of processor time.") { $0.update.cpu.shares = $1 },
      .number("cpu-rt-period", "The period of real-time scheduling, in microseconds.") {
        $0.update.cpu.realtimePeriod = $1
      },
      .number("cpu-rt-runtime", "The real-time processor time in each period, in microseconds.") {
        $0.update.cpu.realtimeRuntime = $1
      },
      .number("cpu-idle", "1: run only when no one else wants the processor; 0: as usual.") { $0.update.cpu.idle = $1 },
      .value("cpuset-cpus", called: "LIST", "The processors it may use: 0-3,5.") {
        $0.update.cpu.cpus = $1.isEmpty ? nil : $1
      },
      .value("cpuset-mems", called: "LIST", "The memory nodes it may use.") {
        $0.update.cpu.mems = $1.isEmpty ? nil : $1
      },
    ]
  }

  private static var memoryRows: [OptionRow] {
    [
      .bytes("memory", "The most memory.") { $0.update.memory.limit = $1 },
      .bytes("memory-reservation", "The memory that is left to it when memory is short.") {
        $0.update.memory.reservation = $1
      },
      .bytes("memory-swap", "The most memory and swap together.") { $0.update.memory.swap = $1 },
      // Obsolete in the kernel, and without effect in runc too.
      .bytes("kernel-memory", "") { _, _ in }.hidden(),
      .bytes("kernel-memory-tcp", "") { _, _ in }.hidden(),
    ]
  }

  private static var otherRows: [OptionRow] {
    [
      .number("blkio-weight", "The weight of block I/O, from 10 to 1000.") { $0.update.blockIO.weight = $1 },
      .number("pids-limit", "The most processes.") { $0.update.resources.pids = Resources.PIDs(limit: $1) },
      .value("l3-cache-schema", called: "SCHEMA", "The Intel RDT schema of the L3 cache.") {
        $0.update.l3CacheSchema = $1.isEmpty ? nil : $1
      },
      .value("mem-bw-schema", called: "SCHEMA", "The Intel RDT schema of memory bandwidth.") {
        $0.update.memoryBandwidthSchema = $1.isEmpty ? nil : $1
      },
    ]
  }
}

extension OptionRow {
  fileprivate static func number<Number: FixedWidthInteger & Sendable>(
    _ name: String,
    _ help: String,
    _ take: @escaping @Sendable (inout RequestDraft, Number) -> Void
  ) -> Self {
    .value(name, called: "N", help) { draft, text throws(ValueProblem) in
      if !text.isEmpty { take(&draft, try ValueSyntax.number(text)) }
    }
  }

  fileprivate static func bytes(
    _ name: String,
    _ help: String,
    _ take: @escaping @Sendable (inout RequestDraft, Int64) -> Void
  ) -> Self {
    .value(name, called: "BYTES", help) { draft, text throws(ValueProblem) in
      if !text.isEmpty { take(&draft, try ValueSyntax.bytes(text)) }
    }
  }
}
