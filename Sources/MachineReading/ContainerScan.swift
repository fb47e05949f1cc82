package import Instruments
import JSON
import LinuxSyscalls
import SystemPackage

/// The containers that run on the machine, told from the processes that watch over them.
///
/// Docker, containerd and Kubernetes have a shim beside each container, Podman and CRI-O have conmon: the shim's working
/// directory is the bundle, and its arguments have the id. So no engine has to be asked, and those in other mount namespaces are
/// found too. berth's own containers come from its state directory.
package struct ContainerScan: Sendable {
  package private(set) var containers: [ContainerIdentity] = []
  /// The container of each process that a shim or conmon is the parent of, and of each first process.
  private var byProcess: [Int32: Int] = [:]
  private var parents: [Int32: Int32] = [:]

  package init() {}

  /// Finds the containers among processes; `known` are those whose first processes are known already.
  package static func read(_ scan: ProcessScan, known: [ContainerIdentity] = []) -> ContainerScan {
    var containers = ContainerScan()
    for facts in scan.processes { containers.parents[facts.process.id] = facts.parent }
    for facts in scan.processes {
      guard var found = shim(facts) else { continue }
      for child in scan.processes
      where child.parent == facts.process.id && containers.byProcess[child.process.id] == nil {
        found.processID = found.processID ?? child.process.id
        containers.byProcess[child.process.id] = containers.containers.count
      }
      if found.processID != nil { containers.containers.append(found) }
    }
    for container in known {
      // One that an engine called berth for is the engine's, by whose name its users know it.
      guard let process = container.processID, containers.byProcess[process] == nil else { continue }
      containers.byProcess[process] = containers.containers.count
      containers.containers.append(container)
    }
    return containers
  }

  /// The container that a process is of: its own, or that of the nearest ancestor.
  package func container(of facts: ProcessFacts) -> ContainerIdentity? {
    var id = facts.process.id
    // A process that ended and whose id came back could make a circle of parents.
    for _ in 0..<256 {
      if let position = byProcess[id] { return containers[position] }
      guard let parent = parents[id], parent > 1 else { return nil }
      id = parent
    }
    return nil
  }

  /// The container that a process watches over, if it is a shim.
  private static func shim(_ facts: ProcessFacts) -> ContainerIdentity? {
    // The kernel keeps fifteen characters of a name.
    guard facts.process.command.hasPrefix("containerd-shim") || facts.process.command == "conmon",
      let bytes = try? Syscall.contents(of: "/proc/\(facts.process.id)/cmdline")
    else { return nil }
    let words = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    func value(_ names: String...) -> String? {
      guard let position = words.firstIndex(where: names.contains), position + 1 < words.count else { return nil }
      return words[position + 1]
    }
    if facts.process.command == "conmon" {
      guard let id = value("-c", "--cid") else { return nil }
      return ContainerIdentity(engine: .podman, id: id, name: value("-n", "--name"))
    }
    guard let id = value("-id"), let namespace = value("-namespace") else { return nil }
    if namespace == "moby" {
      return ContainerIdentity(engine: .docker, id: id, name: dockerName(of: id))
    }
    let annotations = annotations(ofBundle: "/proc/\(facts.process.id)/cwd/config.json")
    if namespace == "k8s.io", let pod = annotations["io.kubernetes.cri.sandbox-name"] {
      let space = annotations["io.kubernetes.cri.sandbox-namespace"] ?? "default"
      let name = annotations["io.kubernetes.cri.container-name"].map { "/" + $0 } ?? ""
      return ContainerIdentity(engine: .kubernetes, id: id, name: "\(space)/\(pod)\(name)")
    }
    return ContainerIdentity(engine: .containerd, id: id, name: namespace == "default" ? nil : "\(namespace)/\(id)")
  }

  /// The name that Docker keeps of a container, where its files are: seen from the daemon, whose mounts can be its own.
  private static func dockerName(of id: String) -> String? {
    for root in dockerRoots {
      guard let bytes = try? Syscall.contents(of: "\(root)/containers/\(id)/config.v2.json"),
        let value = try? JSONValue(parsing: bytes), case .object(let members) = value
      else { continue }
      if case .string(let name)? = members.first(where: { $0.name == "Name" })?.value {
        return name.hasPrefix("/") ? String(name.dropFirst()) : name
      }
    }
    return nil
  }

  /// Where Docker's daemons keep their files.
  private static var dockerRoots: [String] {
    var roots = ["/var/lib/docker"]
    for facts in ProcessScan.read(types: []).processes where facts.process.command == "dockerd" {
      let bytes = (try? Syscall.contents(of: "/proc/\(facts.process.id)/cmdline")) ?? []
      let words = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      var root = "/var/lib/docker"
      for (position, word) in words.enumerated() {
        if word == "--data-root", position + 1 < words.count { root = words[position + 1] }
        if word.hasPrefix("--data-root=") { root = String(word.dropFirst(12)) }
      }
      roots.append("/proc/\(facts.process.id)/root" + root)
    }
    return roots
  }

  private static func annotations(ofBundle path: String) -> [String: String] {
    guard let bytes = try? Syscall.contents(of: path), let value = try? JSONValue(parsing: bytes),
      case .object(let members) = value,
      case .object(let pairs)? = members.first(where: { $0.name == "annotations" })?.value
    else { return [:] }
    var annotations: [String: String] = [:]
    for pair in pairs { if case .string(let text) = pair.value { annotations[pair.name] = text } }
    return annotations
  }
}
