import MountNamespace

/// A container that was found on the machine, whichever program made it.
package struct ContainerIdentity: Hashable, Sendable {
  /// The program whose users know the container.
  package enum Engine: String, CaseIterable, Hashable, Sendable {
    case berth, docker, podman, containerd, kubernetes
    /// Another OCI runtime's, called by nothing that is known.
    case runc, crun
  }

  package var engine: Engine
  /// The full id.
  package var id: String
  /// The name, where the engine gives one: a Docker or Podman name, `namespace/pod/container` for Kubernetes.
  package var name: String?
  /// The PID of the container's first process, while it runs.
  package var processID: Int32?
  /// Whose the engine is, when it is not this process's own user's: the kernel tells that, and all else the engine.
  package var user: UInt32?

  package init(engine: Engine, id: String, name: String? = nil, processID: Int32? = nil, user: UInt32? = nil) {
    self.engine = engine
    self.id = id
    self.name = name
    self.processID = processID
    self.user = user
  }

  /// A container that conmon watches over, by the name that its engine gave it.
  ///
  /// CRI-O's are Kubernetes', with names `k8s_CONTAINER_POD_NAMESPACE_UID_ATTEMPT`, where a pod's own container is `POD`; no
  /// part has an underscore, for Kubernetes allows that in none of them. All others are Podman's.
  package init(conmonID id: String, name: String?) {
    let parts = (name ?? "").split(separator: "_", omittingEmptySubsequences: false)
    guard parts.count == 6, parts[0] == "k8s" else {
      self.init(engine: .podman, id: id, name: name)
      return
    }
    let container = parts[1] == "POD" ? "" : "/\(parts[1])"
    self.init(engine: .kubernetes, id: id, name: "\(parts[3])/\(parts[2])\(container)")
  }

  /// The short form that a person reads: `docker web`, `podman 3f2a9c01b7d4`, `podman web (user 1000)`.
  package var label: String {
    "\(engine.rawValue) \(name ?? shortID)" + (user.map { " (user \($0))" } ?? "")
  }

  /// The word that names it on the command line, also where other engines have the name.
  package var word: String { "\(engine.rawValue):\(name ?? shortID)" }

  /// As much of the id as engines show.
  package var shortID: String { String(id.prefix(12)) }

  /// How one that is stopped runs again.
  package var restart: String {
    switch engine {
    case .docker, .podman: return "\(shellLine([engine.rawValue, "start", name ?? shortID])) starts it"
    case .containerd:
      let control =
        ["ctr"] + (name.map { ["-n", $0.split(separator: "/").first.map(String.init) ?? ""] } ?? []) + ["task"]
      return "\(shellLine(control + ["rm", id])) and then \(shellLine(control + ["start", "-d", id])) start it"
    case .kubernetes: return "the kubelet runs another one in its place"
    case .berth, .runc, .crun:
      return "\(shellLine([engine.rawValue, "delete", id])) removes it, for a new one of this id"
    }
  }
}
