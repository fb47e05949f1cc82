/// The container's process, config.md "Process".
package struct ProcessSpec: Codable, Hashable, Sendable {
  package var terminal: Bool?
  package var user: User
  package var args: [String]?
  package var env: [String]?
  package var cwd: String
  package var capabilities: Capabilities?
  package var rlimits: [ResourceLimitSpec]?
  package var noNewPrivileges: Bool?

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

  /// Who the process runs as, config.md "User".
  package struct User: Codable, Hashable, Sendable {
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
  }

  /// The process's five capability sets, each a list of names like `CAP_CHOWN`.
  package struct Capabilities: Codable, Hashable, Sendable {
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
  }

  /// A resource limit, config.md "rlimits"; `UInt64.max` is no limit.
  package struct ResourceLimitSpec: Codable, Hashable, Sendable {
    package var type: String
    package var soft: UInt64
    package var hard: UInt64

    package init(type: String, soft: UInt64, hard: UInt64) {
      self.type = type
      self.soft = soft
      self.hard = hard
    }
  }
}
