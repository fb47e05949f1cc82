package import JSON

/// The container's process, config.md "Process".
package struct ProcessSpec: Encodable, Hashable, Sendable {
  package var terminal: Bool?
  package var consoleSize: ConsoleSize?
  package var user: User
  package var args: [String]?
  package var env: [String]?
  package var cwd: String
  package var capabilities: Capabilities?
  package var rlimits: [ResourceLimitSpec]?
  package var noNewPrivileges: Bool?
  package var apparmorProfile: String?
  package var selinuxLabel: String?
  package var oomScoreAdj: Int?
  package var scheduler: Scheduler?
  package var ioPriority: IOPriority?
  package var execCPUAffinity: CPUAffinity?

  package init(
    terminal: Bool? = nil,
    user: User,
    args: [String]? = nil,
    env: [String]? = nil,
    cwd: String,
    capabilities: Capabilities? = nil,
    rlimits: [ResourceLimitSpec]? = nil,
    noNewPrivileges: Bool? = nil
  ) {
    self.terminal = terminal
    self.user = user
    self.args = args
    self.env = env
    self.cwd = cwd
    self.capabilities = capabilities
    self.rlimits = rlimits
    self.noNewPrivileges = noNewPrivileges
  }

  package init(_ json: inout JSONReader) {
    self.init(
      terminal: json.bool("terminal"),
      user: json.object("user", User.init) ?? User(uid: 0, gid: 0),
      args: json.strings("args"),
      env: json.strings("env"),
      cwd: json.required("cwd") ?? "/",
      capabilities: json.object("capabilities", Capabilities.init),
      rlimits: json.objects("rlimits", ResourceLimitSpec.init),
      noNewPrivileges: json.bool("noNewPrivileges")
    )
    consoleSize = json.object("consoleSize", ConsoleSize.init)
    apparmorProfile = json.string("apparmorProfile")
    selinuxLabel = json.string("selinuxLabel")
    oomScoreAdj = json.integer("oomScoreAdj")
    scheduler = json.object("scheduler", Scheduler.init)
    ioPriority = json.object("ioPriority", IOPriority.init)
    execCPUAffinity = json.object("execCPUAffinity", CPUAffinity.init)
  }

  /// Who the process runs as, config.md "User".
  package struct User: Encodable, Hashable, Sendable {
    package var uid: UInt32
    package var gid: UInt32
    package var umask: UInt32?
    package var additionalGids: [UInt32]?

    package init(uid: UInt32, gid: UInt32, umask: UInt32? = nil, additionalGids: [UInt32]? = nil) {
      self.uid = uid
      self.gid = gid
      self.umask = umask
      self.additionalGids = additionalGids
    }

    package init(_ json: inout JSONReader) {
      self.init(
        uid: json.integer("uid") ?? 0,
        gid: json.integer("gid") ?? 0,
        umask: json.integer("umask"),
        additionalGids: json.integers("additionalGids")
      )
    }
  }

  /// The process's five capability sets, each a list of names like `CAP_CHOWN`.
  package struct Capabilities: Encodable, Hashable, Sendable {
    package var bounding: [String]?
    package var effective: [String]?
    package var permitted: [String]?
    package var inheritable: [String]?
    package var ambient: [String]?

    package init(
      bounding: [String]?,
      effective: [String]?,
      permitted: [String]?,
      inheritable: [String]? = nil,
      ambient: [String]? = nil
    ) {
      self.bounding = bounding
      self.effective = effective
      self.permitted = permitted
      self.inheritable = inheritable
      self.ambient = ambient
    }

    package init(_ json: inout JSONReader) {
      self.init(
        bounding: json.strings("bounding"),
        effective: json.strings("effective"),
        permitted: json.strings("permitted"),
        inheritable: json.strings("inheritable"),
        ambient: json.strings("ambient")
      )
    }
  }

  /// A resource limit, config.md "rlimits"; `UInt64.max` is no limit.
  package struct ResourceLimitSpec: Encodable, Hashable, Sendable {
    package var type: String
    package var soft: UInt64
    package var hard: UInt64

    package init(type: String, soft: UInt64, hard: UInt64) {
      self.type = type
      self.soft = soft
      self.hard = hard
    }

    package init(_ json: inout JSONReader) {
      self.init(
        type: json.required("type") ?? "",
        soft: json.required("soft", as: UInt64.self) ?? 0,
        hard: json.required("hard", as: UInt64.self) ?? 0
      )
    }
  }
}
