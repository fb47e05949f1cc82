package import JSON

extension ProcessSpec {
  /// The size of the terminal, in characters.
  package struct ConsoleSize: Encodable, Hashable, Sendable {
    package var height: UInt16
    package var width: UInt16

    package init(_ json: inout JSONReader) {
      height = json.integer("height") ?? 0
      width = json.integer("width") ?? 0
    }
  }

  /// How the process is scheduled, sched_setattr(2); times are in nanoseconds.
  package struct Scheduler: Encodable, Hashable, Sendable {
    package var policy: String
    package var nice: Int32?
    package var priority: Int32?
    package var flags: [String]?
    package var runtime: UInt64?
    package var deadline: UInt64?
    package var period: UInt64?

    package init(_ json: inout JSONReader) {
      policy = json.required("policy") ?? ""
      nice = json.integer("nice")
      priority = json.integer("priority")
      flags = json.strings("flags")
      runtime = json.integer("runtime")
      deadline = json.integer("deadline")
      period = json.integer("period")
    }
  }

  /// The priority of input and output, ioprio_set(2).
  package struct IOPriority: Encodable, Hashable, Sendable {
    package var `class`: String
    package var priority: Int?

    package init(_ json: inout JSONReader) {
      `class` = json.required("class") ?? ""
      priority = json.integer("priority")
    }
  }

  /// The processors of a process that `exec` starts, lists as in cpuset(7): before it enters the cgroup, and after.
  package struct CPUAffinity: Encodable, Hashable, Sendable {
    package var initial: String?
    package var final: String?

    package init(_ json: inout JSONReader) {
      initial = json.string("initial")
      final = json.string("final")
    }
  }
}
