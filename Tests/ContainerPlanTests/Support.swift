import ContainerPlan
import LinuxABI
import MountNamespace
import OCISpec

extension Caller {
  /// root, with every capability.
  static var root: Caller {
    Caller(
      userID: 0,
      groupID: 0,
      groups: [0],
      capabilities: CapabilitySets(bounding: .all, effective: .all, permitted: .all),
      workingDirectory: "/here",
      environment: ["PATH=/bin"]
    )
  }

  /// A user without privilege, who has the ids 1000 and 100.
  static var user: Caller {
    var caller = Caller.root
    caller.userID = 1000
    caller.groupID = 100
    caller.groups = [100]
    caller.capabilities = CapabilitySets(bounding: .all, effective: [], permitted: [])
    return caller
  }
}

extension Host {
  static func of(_ caller: Caller = .root, edit: (inout Host) -> Void = { _ in }) -> Host {
    var host = Host(kernel: KernelVersion(major: 6, minor: 1), caller: caller)
    edit(&host)
    return host
  }
}

extension MountFacts {
  /// Adds a fact, or puts it in another's place.
  mutating func set(_ fact: Fact, at index: Int) {
    var others = entries.filter { $0.index != index }
    others.append((index: index, fact: fact))
    self = [:]
    for entry in others.sorted(by: { $0.index < $1.index }) { add(entry.fact, at: entry.index) }
  }
}

extension DirectoryFact {
  /// A directory of root's with entries: a name with a slash at its end is a directory, `name -> text` a link.
  static func of(_ path: String, _ names: [String], permissions: UInt32 = 0o755, user: UInt32 = 0, group: UInt32 = 0)
    -> Self
  {
    DirectoryFact(path: path, permissions: permissions, userID: user, groupID: group, entries: names.map(entry))
  }

  private static func entry(_ text: String) -> Entry {
    if text.hasSuffix("/") { return Entry(name: String(text.dropLast()), kind: .directory) }
    guard let arrow = text.firstRange(of: " -> ") else { return Entry(name: text, kind: .regular) }
    return Entry(
      name: String(text[..<arrow.lowerBound]),
      kind: .symbolicLink,
      link: String(text[arrow.upperBound...])
    )
  }
}

extension DestinationFact {
  static func directory(_ path: String, in mount: Int? = nil) -> Self {
    Self(path: path, containingMount: mount, answer: .exists(.directory))
  }
  static func file(_ path: String) -> Self { Self(path: path, containingMount: nil, answer: .exists(.regular)) }
  static func missing(_ path: String, in directory: DirectoryFact, of mount: Int? = nil) -> Self {
    Self(path: path, containingMount: mount, answer: .missing(in: directory))
  }
  static func unknown(_ path: String) -> Self { Self(path: path, containingMount: nil, answer: .unknown) }
}

extension SourceFact {
  static var directory: Self { .found(.directory, propagation: nil) }
  static var file: Self { .found(.regular, propagation: nil) }
  static func directory(isShared: Bool = false, isSlave: Bool = false, on mountPoint: String) -> Self {
    .found(.directory, propagation: PropagationFact(isShared: isShared, isSlave: isSlave, mountPoint: mountPoint))
  }
}

extension Mount {
  static func bind(_ source: String, _ destination: String, _ options: [String] = ["rbind"]) -> Self {
    Mount(destination: destination, type: "bind", source: source, options: options)
  }
  static func tmpfs(_ destination: String, _ options: [String] = []) -> Self {
    Mount(destination: destination, type: "tmpfs", source: "tmpfs", options: options)
  }
}

extension Spec {
  /// A spec of `sh` in a private mount namespace and new pid and uts namespaces, on the host's root.
  static func of(
    root: String = "/",
    namespaces: [NamespaceType] = [.mount, .pid, .uts],
    mounts: [Mount]? = nil,
    propagation: String? = "rprivate",
    edit: (inout Spec) -> Void = { _ in }
  ) -> Spec {
    var spec = Spec(
      root: Root(path: root),
      process: ProcessSpec(user: ProcessSpec.User(uid: 0, gid: 0), args: ["sh"], env: ["PATH=/bin"], cwd: "/here"),
      mounts: mounts,
      linux: Linux(namespaces: namespaces.map { Linux.Namespace(type: $0.rawValue) }, rootfsPropagation: propagation)
    )
    edit(&spec)
    return spec
  }

  var linuxOrEmpty: Linux {
    get { linux ?? Linux() }
    set { linux = newValue }
  }

  /// The same with a new user namespace that has these mappings.
  func mapped(users: [IDMappingSpec], groups: [IDMappingSpec]) -> Spec {
    var spec = self
    spec.linuxOrEmpty.namespaces = [.init(type: "user")] + (linux?.namespaces ?? [])
    spec.linuxOrEmpty.uidMappings = users
    spec.linuxOrEmpty.gidMappings = groups
    return spec
  }

  /// The same with a user namespace in which the user of `Caller.user` is root.
  var mappedToCaller: Spec {
    mapped(
      users: [IDMappingSpec(containerID: 0, hostID: 1000, size: 1)],
      groups: [IDMappingSpec(containerID: 0, hostID: 100, size: 1)]
    )
  }
}

extension ShellTraits {
  static func of(_ edit: (inout ShellTraits) -> Void) -> Self {
    var traits = ShellTraits()
    edit(&traits)
    return traits
  }

  static func overlaid(_ layer: OverlayLayer = .temporary) -> Self { .of { $0.overlay = layer } }
}

/// All that is wrong with a spec, each as `PLACE: MESSAGE`.
func problems(_ spec: Spec, _ host: Host = .of(), _ traits: ShellTraits = ShellTraits()) -> [String] {
  do throws(SpecProblems) {
    _ = try ContainerPlan(spec, host: host, traits: traits)
    return []
  } catch {
    return error.problems.map { "\($0.path): \($0.message)" }
  }
}

/// The lines of the steps that make the root.
func steps(
  _ spec: Spec,
  _ host: Host = .of(),
  _ traits: ShellTraits = ShellTraits()
) throws(SpecProblems) -> [String] {
  try ContainerPlan(spec, host: host, traits: traits).steps.flatMap(\.commandLines)
}
