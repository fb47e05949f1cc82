package import JSON
package import LinuxABI

/// The list of namespaces, for a person and for a program.
package struct NamespaceListing: Sendable {
  private let state: MachineState

  package init(_ state: MachineState) { self.state = state }

  /// A line a namespace; with a width, cut to fit.
  package func text(width: Int?) -> Prose {
    var table = TextTable(
      headings: ["NAMESPACE", "ID", "OWNER", "MOUNTS", "PROCESSES", "OF", "KEPT BY"],
      numbers: [1, 2, 3, 4]
    )
    for namespace in state.namespaces {
      table.add([
        "\(namespace.fileName)", namespace.id.map { "\($0)" } ?? "-", namespace.owner.map { "\($0)" } ?? "-",
        namespace.mountCount.map { "\($0)" } ?? "-", "\(namespace.processes.count)",
        "\(namespace.container?.label ?? namespace.unit ?? "-")", "\(Self.keepers(of: namespace))",
      ])
    }
    return table.text(width: width)
  }

  /// What keeps a namespace, in words.
  private static func keepers(of namespace: NamespaceState) -> String {
    var words = namespace.processes.prefix(1).map { "\($0.id) \($0.command)" }
    words += namespace.keepers.map(\.words)
    return words.isEmpty ? "nothing that is seen" : words.text(separatedBy: ", ")
  }

  /// The list for a program.
  package var json: JSONValue {
    .object([
      .init("namespaces", .array(state.namespaces.map(Self.json(of:)))), .init("unseen", .strings(state.unseen)),
    ])
  }

  private static func json(of namespace: NamespaceState) -> JSONValue {
    .object([
      .init("type", .string(namespace.type.procName)), .init("inode", .number(namespace.inode)),
      .init("id", namespace.id.map { .number($0) } ?? .null),
      .init("owner", namespace.owner.map { .number($0) } ?? .null),
      .init("mounts", namespace.mountCount.map { .number($0) } ?? .null),
      .init("processes", .array(namespace.processes.map(\.json))),
      .init("keepers", .array(namespace.keepers.map(\.json))),
      .init("container", namespace.container?.json ?? .null),
      .init("unit", namespace.unit.map(JSONValue.string) ?? .null),
    ])
  }
}

extension NamespaceProcess {
  package var json: JSONValue {
    .object([.init("pid", .number(id)), .init("command", .string(command)), .init("user", .number(user))])
  }
}

extension ContainerIdentity {
  package var json: JSONValue {
    .object([
      .init("engine", .string(engine.rawValue)), .init("id", .string(id)),
      .init("name", name.map(JSONValue.string) ?? .null), .init("pid", processID.map { .number($0) } ?? .null),
      .init("user", user.map { .number($0) } ?? .null),
    ])
  }
}

extension NamespaceKeeper {
  /// The keeper in words.
  package var words: String {
    switch self {
    case .descriptor(let process, let number): "open in \(process.id) \(process.command) (descriptor \(number))"
    case .bindMount(let namespace, let path): "mounted at \(path) in mnt:[\(namespace)]"
    case .thread(let process, let thread): "thread \(thread) of \(process.id) \(process.command)"
    case .kernel: "the kernel, for its devtmpfs"
    case .child(_, let fileName): "owns \(fileName)"
    }
  }

  package var json: JSONValue {
    switch self {
    case .descriptor(let process, let number):
      .object([
        .init("kind", .string("descriptor")), .init("process", process.json), .init("descriptor", .number(number)),
      ])
    case .bindMount(let namespace, let path):
      .object([
        .init("kind", .string("bindMount")), .init("namespace", .number(namespace)), .init("path", .string(path)),
      ])
    case .thread(let process, let thread):
      .object([.init("kind", .string("thread")), .init("process", process.json), .init("thread", .number(thread))])
    case .kernel: .object([.init("kind", .string("kernel"))])
    case .child(let inode, let fileName):
      .object([.init("kind", .string("child")), .init("inode", .number(inode)), .init("name", .string(fileName))])
    }
  }
}
