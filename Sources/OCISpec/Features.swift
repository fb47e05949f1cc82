package import JSON

/// What a runtime can do, features.md: what it was built with, whatever the host has of it.
package struct Features: Hashable, Sendable {
  package var ociVersionMin: String
  package var ociVersionMax: String
  package var hooks: [String]
  package var mountOptions: [String]
  package var linux: Linux
  /// By name, in the order of the text.
  package var annotations: [JSONValue.Member]
  /// Annotations of config.json that change more than the container; one that ends with a dot stands for all of its kind.
  package var potentiallyUnsafeConfigAnnotations: [String]

  package init(
    ociVersionMin: String = "1.0.0",
    ociVersionMax: String = Spec.version,
    hooks: [String],
    mountOptions: [String],
    linux: Linux,
    annotations: [JSONValue.Member],
    potentiallyUnsafeConfigAnnotations: [String]
  ) {
    self.ociVersionMin = ociVersionMin
    self.ociVersionMax = ociVersionMax
    self.hooks = hooks
    self.mountOptions = mountOptions
    self.linux = linux
    self.annotations = annotations
    self.potentiallyUnsafeConfigAnnotations = potentiallyUnsafeConfigAnnotations
  }

  /// What is particular to Linux, features-linux.md.
  package struct Linux: Hashable, Sendable {
    package var namespaces: [String]
    package var capabilities: [String]
    package var seccomp: Seccomp?
    package var memoryPolicyModes: [String]
    package var memoryPolicyFlags: [String]

    package init(
      namespaces: [String],
      capabilities: [String],
      seccomp: Seccomp?,
      memoryPolicyModes: [String],
      memoryPolicyFlags: [String]
    ) {
      self.namespaces = namespaces
      self.capabilities = capabilities
      self.seccomp = seccomp
      self.memoryPolicyModes = memoryPolicyModes
      self.memoryPolicyFlags = memoryPolicyFlags
    }
  }

  /// The names of a seccomp profile that are understood, features-linux.md "Seccomp".
  package struct Seccomp: Hashable, Sendable {
    package var actions: [String]
    package var operators: [String]
    package var architectures: [String]
    package var knownFlags: [String]
    /// Those that the library and the kernel take.
    package var supportedFlags: [String]

    package init(
      actions: [String],
      operators: [String],
      architectures: [String],
      knownFlags: [String],
      supportedFlags: [String]
    ) {
      self.actions = actions
      self.operators = operators
      self.architectures = architectures
      self.knownFlags = knownFlags
      self.supportedFlags = supportedFlags
    }
  }
}

extension Features {
  package var json: JSONValue {
    .object([
      JSONValue.Member("ociVersionMin", .string(ociVersionMin)),
      JSONValue.Member("ociVersionMax", .string(ociVersionMax)),
      JSONValue.Member("hooks", .strings(hooks)),
      JSONValue.Member("mountOptions", .strings(mountOptions)),
      JSONValue.Member("linux", linux.json),
      JSONValue.Member("annotations", .object(annotations)),
      JSONValue.Member("potentiallyUnsafeConfigAnnotations", .strings(potentiallyUnsafeConfigAnnotations)),
    ])
  }
}

extension Features.Linux {
  fileprivate var json: JSONValue {
    func all(_ names: String...) -> JSONValue { .object(names.map { JSONValue.Member($0, .bool(true)) }) }
    let policy = [
      JSONValue.Member("modes", .strings(memoryPolicyModes)), JSONValue.Member("flags", .strings(memoryPolicyFlags)),
    ]
    return .object([
      JSONValue.Member("namespaces", .strings(namespaces)),
      JSONValue.Member("capabilities", .strings(capabilities)),
      JSONValue.Member("cgroup", all("v1", "v2", "systemd", "systemdUser", "rdma")),
      JSONValue.Member("seccomp", seccomp?.json ?? .object([JSONValue.Member("enabled", .bool(false))])),
      JSONValue.Member("apparmor", all("enabled")),
      JSONValue.Member("selinux", all("enabled")),
      JSONValue.Member("intelRdt", .object([JSONValue.Member("enabled", .bool(false))])),
      JSONValue.Member("memoryPolicy", .object(policy)),
      JSONValue.Member("mountExtensions", .object([JSONValue.Member("idmap", all("enabled"))])),
      JSONValue.Member("netDevices", all("enabled")),
    ])
  }
}

extension Features.Seccomp {
  fileprivate var json: JSONValue {
    .object([
      JSONValue.Member("enabled", .bool(true)),
      JSONValue.Member("actions", .strings(actions)),
      JSONValue.Member("operators", .strings(operators)),
      JSONValue.Member("archs", .strings(architectures)),
      JSONValue.Member("knownFlags", .strings(knownFlags)),
      JSONValue.Member("supportedFlags", .strings(supportedFlags)),
    ])
  }
}
