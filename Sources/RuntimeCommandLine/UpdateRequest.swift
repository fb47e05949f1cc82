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

  static var table: CommandTable<UpdateRequest> {
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
          $0.file = $1.isEmpty ? nil : $1
        }
      ] + cpuRows + memoryRows + otherRows,
      operandCount: 1...1,
      request: UpdateRequest()
    ) { $0.id = $1[0] }
  }

  private static var cpuRows: [OptionRow<UpdateRequest>] {
    let rows: [OptionRow<Resources.CPU>] = [
      .number("cpu-period", "The period of the quota, in microseconds.") { $0.period = $1 },
      .number("cpu-quota", "The processor time in each period, in microseconds.") { $0.quota = $1 },
      .number("cpu-burst", "The unused quota that may be saved up, in microseconds.") { $0.burst = $1 },
      .number("cpu-share", "The weight of processor time.") { $0.shares = $1 },
      .number("cpu-rt-period", "The period of real-time scheduling, in microseconds.") { $0.realtimePeriod = $1 },
      .number("cpu-rt-runtime", "The real-time processor time in each period, in microseconds.") {
        $0.realtimeRuntime = $1
      },
      .number("cpu-idle", "1: run only when no one else wants the processor; 0: as usual.") { $0.idle = $1 },
      .value("cpuset-cpus", called: "LIST", "The processors it may use: 0-3,5.") { $0.cpus = $1.isEmpty ? nil : $1 },
      .value("cpuset-mems", called: "LIST", "The memory nodes it may use.") { $0.mems = $1.isEmpty ? nil : $1 },
    ]
    return rows.map { row in
      row.lifted { request, body throws(ValueProblem) in
        var cpu = request.resources.cpu ?? Resources.CPU()
        try body(&cpu)
        request.resources.cpu = cpu
      }
    }
  }

  private static var memoryRows: [OptionRow<UpdateRequest>] {
    let rows: [OptionRow<Resources.Memory>] = [
      .bytes("memory", "The most memory.") { $0.limit = $1 },
      .bytes("memory-reservation", "The memory that is left to it when memory is short.") { $0.reservation = $1 },
      .bytes("memory-swap", "The most memory and swap together.") { $0.swap = $1 },
      // Obsolete in the kernel, and without effect in runc too.
      .bytes("kernel-memory", "") { _, _ in }.hidden(),
      .bytes("kernel-memory-tcp", "") { _, _ in }.hidden(),
    ]
    return rows.map { row in
      row.lifted { request, body throws(ValueProblem) in
        var memory = request.resources.memory ?? Resources.Memory()
        try body(&memory)
        request.resources.memory = memory
      }
    }
  }

  private static var otherRows: [OptionRow<UpdateRequest>] {
    [
      .number("blkio-weight", "The weight of block I/O, from 10 to 1000.") { request, weight in
        var blockIO = Resources.BlockIO()
        blockIO.weight = weight
        request.resources.blockIO = blockIO
      },
      .number("pids-limit", "The most processes.") { $0.resources.pids = Resources.PIDs(limit: $1) },
      .value("l3-cache-schema", called: "SCHEMA", "The Intel RDT schema of the L3 cache.") {
        $0.l3CacheSchema = $1.isEmpty ? nil : $1
      },
      .value("mem-bw-schema", called: "SCHEMA", "The Intel RDT schema of memory bandwidth.") {
        $0.memoryBandwidthSchema = $1.isEmpty ? nil : $1
      },
    ]
  }
}

extension OptionRow {
  fileprivate static func number<Number: FixedWidthInteger & Sendable>(
    _ name: String,
    _ help: String,
    _ take: @escaping @Sendable (inout Request, Number) -> Void
  ) -> Self {
    .value(name, called: "N", help) { request, text throws(ValueProblem) in
      if !text.isEmpty { take(&request, try ValueSyntax.number(text)) }
    }
  }

  fileprivate static func bytes(
    _ name: String,
    _ help: String,
    _ take: @escaping @Sendable (inout Request, Int64) -> Void
  ) -> Self {
    .value(name, called: "BYTES", help) { request, text throws(ValueProblem) in
      if !text.isEmpty { take(&request, try ValueSyntax.bytes(text)) }
    }
  }
}
