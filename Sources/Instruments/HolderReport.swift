package import JSON
package import LinuxABI
package import MountNamespace

/// Who keeps a file system in use: its mounts in every namespace, and the processes that use files of it.
package struct HolderReport: Sendable {
  /// A mount of the file system.
  package struct Mount: Hashable, Sendable {
    package var namespace: NamespaceState
    package var entry: MountEntry
    /// Whether it is in the namespace of who asks.
    package var isOwn: Bool

    package init(namespace: NamespaceState, entry: MountEntry, isOwn: Bool) {
      self.namespace = namespace
      self.entry = entry
      self.isOwn = isOwn
    }
  }

  /// A process that uses a file of it.
  package struct Use: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
      case workingDirectory, root, program
      /// A file that is part of its memory.
      case mapped
      case file(descriptor: Int32)
    }
    package var process: NamespaceProcess
    package var kind: Kind
    package var path: String
    package var container: ContainerIdentity?
    /// Whether the process is in the namespace of who asks: then it is the mount there that is busy.
    package var isOwn: Bool

    package init(process: NamespaceProcess, kind: Kind, path: String, container: ContainerIdentity?, isOwn: Bool) {
      self.process = process
      self.kind = kind
      self.path = path
      self.container = container
      self.isOwn = isOwn
    }
  }

  /// What the kernel itself uses of it: a loop device, a swap file, a device that is built on it.
  package struct Pin: Hashable, Sendable {
    package var words: String
    package var command: String

    package init(words: String, command: String) {
      self.words = words
      self.command = command
    }
  }

  /// What was asked for, and the file system that it is on: `0:45`.
  package var subject: String
  package var device: String
  package var mounts: [Mount]
  /// How many mounts of it are in no namespace: unmounted lazily, or not attached yet; nil when the kernel does not tell.
  package var detachedMounts: Int?
  package var uses: [Use]
  package var pins: [Pin]
  /// The other file systems that are mounted below its mounts, in the namespace of who asks.
  package var below: [String]
  package var unseen: [String]

  package init(
    subject: String,
    device: String,
    mounts: [Mount],
    detachedMounts: Int?,
    uses: [Use],
    pins: [Pin],
    below: [String],
    unseen: [String]
  ) {
    self.subject = subject
    self.device = device
    self.mounts = mounts
    self.detachedMounts = detachedMounts
    self.uses = uses
    self.pins = pins
    self.below = below
    self.unseen = unseen
  }

  /// Whether nothing at all holds it.
  package var isFree: Bool { mounts.isEmpty && detachedMounts ?? 0 == 0 && uses.isEmpty && pins.isEmpty }

  /// The answer for a person.
  package var text: Prose {
    if isFree { return "Nothing holds \(subject) (\(device)).\n" }
    let source: Prose = mounts.first.map { " (\($0.entry.type) \($0.entry.source))" } ?? ""
    var text: Prose = "\(subject) is on the file system \(device)\(source). It is held by:\n"
    for mount in mounts {
      text += "\n\(Self.place(mount.namespace))\(mount.isOwn ? " (yours)" : "")\n"
      text +=
        "  mounted at \(mount.entry.mountPoint)"
        + (mount.entry.root == "/" ? "" : ", of its directory \(mount.entry.root)") + "\n"
      if mount.namespace.processes.isEmpty {
        text += "  no process is in the namespace; it is kept by: \(Self.keepers(mount.namespace))\n"
      }
      text += "  to unmount it:  \(Self.unmount(mount))\n"
    }
    if let detachedMounts, detachedMounts > 0 {
      text += detachedMounts == 1 ? "\na mount that is" : "\n\(detachedMounts) mounts that are"
      text += " in no namespace: unmounted lazily (umount -l), or not attached yet\n"
      text += "  to let go:  end what has a file, a directory or the mount itself open there\n"
    }
    for use in uses {
      text +=
        "\nprocess \(use.process.id) \(use.process.command)" + (use.container.map { " of \($0.label)" } ?? "") + "\n"
      text += "  \(use.kind.words) \(use.path)\n  to let go:  \(use.advice)\n"
    }
    for pin in pins { text += "\n\(pin.words)\n  to let go:  \(pin.command)\n" }
    for path in below {
      text +=
        "\nanother file system is mounted below it, at \(path)\n  to unmount it:  \(shellLine(["umount", path]))\n"
    }
    return text
  }

  /// A namespace in words.
  private static func place(_ namespace: NamespaceState) -> String {
    let first = namespace.processes.first.map { "process \($0.id) \($0.command)" }
    let count = namespace.processes.count
    let more = count > 1 ? " and \(count - 1) more" : ""
    let name = namespace.container?.label ?? first.map { $0 + more } ?? namespace.unit
    return (name.map { $0 + ", " } ?? "") + "namespace \(namespace.fileName)"
  }

  private static func keepers(_ namespace: NamespaceState) -> String {
    namespace.keepers.isEmpty ? "nothing that is seen" : namespace.keepers.map(\.words).joined(separator: ", ")
  }

  /// The command that unmounts a mount where it is: in a namespace of others berth itself, for a program there is theirs.
  private static func unmount(_ mount: Mount) -> String {
    let unmount = mount.isOwn ? ["umount"] : ["berth", "mounts", "remove", mount.namespace.fileName]
    return shellLine(unmount + [mount.entry.mountPoint])
  }

  /// The answer for a program.
  package var json: JSONValue {
    .object([
      .init("subject", .string(subject)), .init("device", .string(device)),
      .init(
        "mounts",
        .array(
          mounts.map { mount in
            .object([
              .init("namespace", .number(mount.namespace.inode)), .init("own", .bool(mount.isOwn)),
              .init("mountPoint", .string(mount.entry.mountPoint)), .init("root", .string(mount.entry.root)),
              .init("type", .string(mount.entry.type)), .init("source", .string(mount.entry.source)),
              .init("container", mount.namespace.container?.json ?? .null),
              .init("processes", .array(mount.namespace.processes.map(\.json))),
              .init("keepers", .array(mount.namespace.keepers.map(\.json))),
              .init("command", .string(Self.unmount(mount))),
            ])
          }
        )
      ),
      .init("detachedMounts", detachedMounts.map { .number($0) } ?? .null),
      .init(
        "processes",
        .array(
          uses.map { use in
            .object([
              .init("process", use.process.json), .init("use", .string(use.kind.name)),
              .init("path", .string(use.path)),
              .init("container", use.container?.json ?? .null), .init("advice", .string(use.advice)),
            ])
          }
        )
      ),
      .init(
        "pins",
        .array(pins.map { .object([.init("what", .string($0.words)), .init("command", .string($0.command))]) })
      ),
      .init("below", .strings(below)), .init("unseen", .strings(unseen)),
    ])
  }
}

extension HolderReport.Use {
  /// What a person can do about it; berth itself ends no process.
  package var advice: String {
    switch kind {
    case .workingDirectory: "cd somewhere else in it, or end it: kill \(process.id)"
    case .root: "it is the process's root: end it: kill \(process.id)"
    case .program, .mapped: "it runs from there: end it: kill \(process.id)"
    case .file: "close the file, or end it: kill \(process.id)"
    }
  }
}

extension HolderReport.Use.Kind {
  package var words: String {
    switch self {
    case .workingDirectory: "works in"
    case .root: "has its root at"
    case .program: "runs the program"
    case .mapped: "has mapped"
    case .file(let descriptor): "has open (descriptor \(descriptor))"
    }
  }

  package var name: String {
    switch self {
    case .workingDirectory: "workingDirectory"
    case .root: "root"
    case .program: "program"
    case .mapped: "mapped"
    case .file: "file"
    }
  }
}
