package import MountNamespace

extension Machine.Effect.Cause {
  /// Why it happens, in words for a person.
  package var words: String {
    switch self {
    case .asked: "asked for"
    case .peer(let group): "a peer of group \(group)"
    case .slave(let group): "a slave of group \(group)"
    case .shifted: "stays on top"
    case .orphaned(let group): "group \(group), which it received from, is gone"
    }
  }

  /// The manual's section that has the rule.
  package var section: String? {
    switch self {
    case .asked, .shifted: nil
    case .peer, .slave, .orphaned: "mount_namespaces(7), \"SHARED SUBTREES\""
    }
  }

  /// The one word for a program.
  package var name: String {
    switch self {
    case .asked: "asked"
    case .peer: "peer"
    case .slave: "slave"
    case .shifted: "shifted"
    case .orphaned: "orphaned"
    }
  }

  /// The peer group that it comes by.
  package var group: Int? {
    switch self {
    case .asked, .shifted: nil
    case .peer(let group), .slave(let group), .orphaned(let group): group
    }
  }
}

extension Machine.Effect.Kind {
  /// The sign at the beginning of a line.
  package var sign: String {
    switch self {
    case .attached: "+"
    case .detached: "-"
    case .moved: ">"
    case .changed: "~"
    }
  }

  /// The one word for a program.
  package var name: String {
    switch self {
    case .attached: "attached"
    case .detached: "detached"
    case .moved: "moved"
    case .changed: "changed"
    }
  }
}
