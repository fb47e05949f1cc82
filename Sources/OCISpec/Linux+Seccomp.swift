package import JSON

extension Linux {
  /// Which system calls the container's processes may make, config-linux.md "Seccomp".
  package struct Seccomp: Encodable, Hashable, Sendable {
    package var defaultAction: String
    package var defaultErrnoRet: UInt32?
    package var architectures: [String]?
    package var flags: [String]?
    package var listenerPath: String?
    package var listenerMetadata: String?
    package var syscalls: [Rule]?

    package init(
      defaultAction: String,
      defaultErrnoRet: UInt32? = nil,
      architectures: [String]? = nil,
      flags: [String]? = nil,
      listenerPath: String? = nil,
      listenerMetadata: String? = nil,
      syscalls: [Rule]? = nil
    ) {
      self.defaultAction = defaultAction
      self.defaultErrnoRet = defaultErrnoRet
      self.architectures = architectures
      self.flags = flags
      self.listenerPath = listenerPath
      self.listenerMetadata = listenerMetadata
      self.syscalls = syscalls
    }

    package init(_ json: inout JSONReader) {
      self.init(
        defaultAction: json.required("defaultAction") ?? "",
        defaultErrnoRet: json.integer("defaultErrnoRet"),
        architectures: json.strings("architectures"),
        flags: json.strings("flags"),
        listenerPath: json.string("listenerPath"),
        listenerMetadata: json.string("listenerMetadata"),
        syscalls: json.objects("syscalls", Rule.init)
      )
    }

    /// What happens to system calls, by name and arguments.
    package struct Rule: Encodable, Hashable, Sendable {
      package var names: [String]
      package var action: String
      package var errnoRet: UInt32?
      package var args: [Argument]?

      package init(names: [String], action: String, errnoRet: UInt32? = nil, args: [Argument]? = nil) {
        self.names = names
        self.action = action
        self.errnoRet = errnoRet
        self.args = args
      }

      package init(_ json: inout JSONReader) {
        if json.value("names") == nil { json.problem("names", "this field is required, and it is not there") }
        self.init(
          names: json.strings("names") ?? [],
          action: json.required("action") ?? "",
          errnoRet: json.integer("errnoRet"),
          args: json.objects("args", Argument.init)
        )
      }
    }

    /// A comparison of an argument of a system call.
    package struct Argument: Encodable, Hashable, Sendable {
      package var index: UInt32
      package var value: UInt64
      package var valueTwo: UInt64?
      package var op: String

      package init(index: UInt32, value: UInt64, valueTwo: UInt64? = nil, op: String) {
        self.index = index
        self.value = value
        self.valueTwo = valueTwo
        self.op = op
      }

      package init(_ json: inout JSONReader) {
        self.init(
          index: json.required("index", as: UInt32.self) ?? 0,
          value: json.required("value", as: UInt64.self) ?? 0,
          valueTwo: json.integer("valueTwo"),
          op: json.required("op") ?? ""
        )
      }
    }
  }
}
