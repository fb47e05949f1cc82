import JSON
import MountNamespace

extension MountExplanation {
  /// A command, what it is for, and how it stands to the one before it.
  package struct Advice: Hashable, Sendable {
    package enum Relation: String, Hashable, Sendable {
      case first, then, or

      var words: String {
        switch self {
        case .first: "To "
        case .then: "Then, to "
        case .or: "Or, to "
        }
      }
    }

    package var relation: Relation
    package var purpose: String
    package var command: String

    init(_ purpose: String, _ command: String, _ relation: Relation = .first) {
      self.relation = relation
      self.purpose = purpose
      self.command = command
    }
  }

  /// Commands that would change it.
  package var advice: [Advice] {
    let place = place ?? path
    switch finding {
    case .sameNamespace, .outsideRoot, .seen, .seenElsewhere, .mountedThereOnly: return []
    case .seenAsCopy: return [Advice("unmount the copy too", unmount(place, in: to))]
    case .covered:
      let cover = to.table.mount(containing: place)?.mountPoint ?? place
      return [Advice("take the cover away", unmount(cover, in: to))]
    case .noParent, .unlinked: return [receiving()]
    case .parentPrivate:
      let parent = parent?.mountPoint ?? "/"
      let share =
        isOwn(from) ? ["mount", "--make-shared", parent] : ["berth", "mounts", "set", from.target, parent, "shared"]
      return [
        Advice("share the parent mount, for the namespaces and binds that are made from then on", shellLine(share)),
        receiving(.then),
      ]
    case .oneWay:
      // In a namespace of others the program that mounts would be theirs.
      guard isOwn(to) else { return [sending] }
      let words = ["mount", "-t", mount?.type ?? "auto", mount?.source ?? "SOURCE", place]
      return [sending, Advice("mount it in \(to.name), from where it is sent", shellLine(words), .or)]
    case .linkedLater:
      let renewal = shellLine(["berth", "mounts", "renew", from.target, path])
      return [Advice("put it in its place anew, now that the two are linked", renewal)]
    case .notMounted:
      guard let mount else { return [] }
      let words = ["berth", "mounts", "explain", mount.mountPoint, "--from", from.target, "--to", to.target]
      return [Advice("ask about the mount that it lies in", shellLine(words))]
    }
  }

  /// Whether a namespace is the caller's own, where the caller's own programs run. In any other it is berth that does what is advised.
  private func isOwn(_ side: Side) -> Bool { side.target == "self" }

  private func unmount(_ place: String, in side: Side) -> String {
    shellLine((isOwn(side) ? ["umount"] : ["berth", "mounts", "remove", side.target]) + [place])
  }

  /// How `to` is made anew so that it receives what is mounted in `from`.
  private func receiving(_ relation: Advice.Relation = .first) -> Advice {
    if to.engine == nil, from.engine != nil { return sending }
    let purpose = "start the \(kind(of: to)) anew with the directory, and with what is mounted below it later"
    return Advice(purpose, start(to, directory(of: path), directory(of: place ?? path), both: false), relation)
  }

  /// How `from` is made anew so that it sends what it mounts.
  private var sending: Advice {
    let purpose = "start the \(kind(of: from)) anew with a link both ways"
    return Advice(purpose, start(from, directory(of: place ?? path), directory(of: path), both: true))
  }

  private func kind(of side: Side) -> String { side.engine == nil ? "process" : "container" }

  /// How a container, or a process, is started with a directory that receives, or sends too: each engine has its own words.
  private func start(_ side: Side, _ outside: String, _ inside: String, both: Bool) -> String {
    switch side.engine {
    case .docker?, .podman?:
      let volume = "\(outside):\(inside):\(both ? "rshared" : "rslave")"
      return "\(side.engine?.rawValue ?? "") run -v \(shellLine([volume])) ..."
    case .kubernetes?:
      let propagation = both ? "Bidirectional" : "HostToContainer"
      return "volumeMounts: [{mountPath: \(JSONValue.quoted(inside)), mountPropagation: \(propagation), ...}]"
    case .berth?, .containerd?, .runc?, .crun?:
      let options = "\"options\": [\"rbind\", \"\(both ? "rshared" : "rslave")\"]"
      let places = "\"destination\": \(JSONValue.quoted(inside)), \"source\": \(JSONValue.quoted(outside))"
      return "config.json: {\(places), \(options)}"
    case nil: return "unshare --mount --propagation \(both ? "unchanged" : "slave") COMMAND"
    }
  }

  /// The directory that a container would be given to see a mount below it.
  private func directory(of path: String) -> String {
    let names = MountNamespace.names(of: path)
    return names.count > 1 ? "/" + names.dropLast().joined(separator: "/") : path
  }
}
