import Instruments
import JSON
import LinuxSyscalls

/// A process that watches over containers: containerd's shim, for Docker, containerd and Kubernetes, or conmon, for Podman and
/// CRI-O.
struct ContainerShim {
  let process: Int32
  let isConmon: Bool
  private let words: [String]
  /// The container that it was started for.
  private let id: String

  /// nil for any other process, and for the conmon of a command in a container, which watches over no container.
  init?(_ facts: ProcessFacts) {
    // The kernel keeps fifteen characters of a name.
    guard facts.process.command.hasPrefix("containerd-shim") || facts.process.command == "conmon" else { return nil }
    process = facts.process.id
    isConmon = facts.process.command == "conmon"
    words = EngineFile.words(of: process)
    if isConmon, words.contains("-e") || words.contains("--exec") { return nil }
    let option = isConmon ? ["-c", "--cid"] : ["-id"]
    guard let id = option.compactMap({ [words] in EngineFile.value(words, $0) }).first else { return nil }
    self.id = id
  }

  /// containerd's namespace.
  var namespace: String? { EngineFile.value(words, "-namespace") }

  /// Where the bundles of a shim are, side by side.
  var bundles: String { "/proc/\(process)/cwd/.." }

  /// The containers that it watches over, and their first processes, among its children: a pod's are all watched by one, and
  /// each has the process's id in its bundle.
  func watched(_ children: [Int32]) -> [(id: String, process: Int32)] {
    guard let first = children.first else { return [] }
    if isConmon { return [(id, first)] }
    let found = EngineFile.names(in: bundles).compactMap { name -> (id: String, process: Int32)? in
      guard let bytes = EngineFile.contents("\(bundles)/\(name)/init.pid"),
        let process = Int32(String(decoding: bytes, as: UTF8.self)), children.contains(process)
      else { return nil }
      return (name, process)
    }
    return found.isEmpty ? [(id, first)] : found
  }

  /// Whose container it is, by the shim's arguments and the container's bundle.
  func identity(of id: String, _ docker: @autoclosure () -> DockerFiles) -> ContainerIdentity? {
    if isConmon {
      return ContainerIdentity(conmonID: id, name: EngineFile.value(words, "-n") ?? EngineFile.value(words, "--name"))
    }
    guard let namespace else { return nil }
    if namespace == "moby" { return ContainerIdentity(engine: .docker, id: id, name: docker().name(of: id)) }
    guard namespace == "k8s.io" else {
      return ContainerIdentity(engine: .containerd, id: id, name: namespace == "default" ? nil : "\(namespace)/\(id)")
    }
    var configuration = EngineFile.object("\(bundles)/\(id)/config.json")
    let annotations = configuration?.texts("annotations") ?? [:]
    guard let pod = annotations["io.kubernetes.cri.sandbox-name"] else {
      return ContainerIdentity(engine: .kubernetes, id: id)
    }
    let space = annotations["io.kubernetes.cri.sandbox-namespace"] ?? "default"
    let name = annotations["io.kubernetes.cri.container-name"].map { "/" + $0 } ?? ""
    return ContainerIdentity(engine: .kubernetes, id: id, name: "\(space)/\(pod)\(name)")
  }
}
