import Instruments
import JSON
import LinuxSyscalls

/// A process that watches over containers: containerd's shim, for Docker, containerd and Kubernetes, or conmon, for Podman and
/// CRI-O.
struct ContainerShim {
  let engine: EngineProcess
  let isConmon: Bool
  /// The container that it was started for.
  private let id: String
  private let name: String?
  /// containerd's namespace.
  let namespace: String?

  /// nil for any other process, for one that is not believed, and for the conmon of a command in a container, which watches over no
  /// container.
  init?(_ facts: ProcessFacts) {
    // The kernel keeps fifteen characters of a name.
    isConmon = facts.process.command == "conmon"
    guard isConmon || facts.process.command.hasPrefix("containerd-shim") else { return nil }
    let program: EngineProcess.Program =
      isConmon ? .named { $0 == "conmon" } : .named { $0.hasPrefix("containerd-shim") }
    guard let engine = EngineProcess(facts, program) else { return nil }
    if isConmon, engine.words.contains("-e") || engine.words.contains("--exec") { return nil }
    guard let id = isConmon ? engine.name("-c", "--cid") : engine.name("-id") else { return nil }
    self.engine = engine
    self.id = id
    name = isConmon ? engine.name("-n", "--name") : nil
    namespace = engine.name("-namespace")
  }

  /// Where the bundles of a shim are, side by side; nil where they are another user's, whose files tell nothing.
  func openBundles() -> EngineDirectory? { engine.isOwn ? EngineDirectory("/proc/\(engine.id)/cwd/..") : nil }

  /// The containers that it watches over, and their first processes, among its children: a pod's are all watched by one, and
  /// each has the process's id in its bundle.
  func watched(_ children: [Int32]) -> [(id: String, process: Int32)] {
    let children = children.filter(engine.canOwn)
    guard let first = children.first else { return [] }
    if isConmon { return [(id, first)] }
    var found: [(id: String, process: Int32)] = []
    if let bundles = openBundles() {
      for name in bundles.names {
        guard let bytes = bundles.contents("\(name)/init.pid"),
          let process = Int32(String(decoding: bytes, as: UTF8.self)), children.contains(process)
        else { continue }
        found.append((name, process))
      }
    }
    return found.isEmpty ? [(id, first)] : found
  }

  /// Whose container it is, by the shim's arguments and the container's bundle.
  func identity(of id: String, _ docker: @autoclosure () -> DockerFiles) -> ContainerIdentity? {
    var identity: ContainerIdentity
    if isConmon {
      identity = ContainerIdentity(conmonID: id, name: name)
    } else if let namespace {
      let isOwn = engine.isOwn
      switch namespace {
      case "moby": identity = ContainerIdentity(engine: .docker, id: id, name: isOwn ? docker().name(of: id) : nil)
      case "k8s.io": identity = ContainerIdentity(engine: .kubernetes, id: id, name: podName(of: id))
      case "default": identity = ContainerIdentity(engine: .containerd, id: id)
      default: identity = ContainerIdentity(engine: .containerd, id: id, name: "\(namespace)/\(id)")
      }
    } else {
      return nil
    }
    identity.user = engine.otherUser
    return identity
  }

  /// The name of a container of Kubernetes', from its bundle's annotations.
  private func podName(of id: String) -> String? {
    guard let bundles = openBundles() else { return nil }
    var configuration = bundles.object("\(id)/config.json")
    let annotations = configuration?.texts("annotations") ?? [:]
    guard let pod = annotations["io.kubernetes.cri.sandbox-name"] else { return nil }
    let space = annotations["io.kubernetes.cri.sandbox-namespace"] ?? "default"
    let name = annotations["io.kubernetes.cri.container-name"].map { "/" + $0 } ?? ""
    return "\(space)/\(pod)\(name)"
  }
}
