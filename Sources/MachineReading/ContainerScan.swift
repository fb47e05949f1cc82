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
      guard let words = shimWords(facts) else { continue }
      let children = scan.processes.filter { $0.parent == facts.process.id }.map(\.process.id)
      for (id, process) in watched(by: facts, words, children) {
        guard var found = identity(of: id, words, bundle: "/proc/\(facts.process.id)/cwd/../\(id)") else { continue }
        found.processID = process
        containers.byProcess[process] = containers.containers.count
        containers.containers.append(found)
      }
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

  /// The arguments of a process that watches over containers; nil for any other.
  private static func shimWords(_ facts: ProcessFacts) -> [String]? {
    // The kernel keeps fifteen characters of a name.
    guard facts.process.command.hasPrefix("containerd-shim") || facts.process.command == "conmon",
      let bytes = try? Syscall.contents(of: "/proc/\(facts.process.id)/cmdline")
    else { return nil }
    return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
  }

  private static func value(_ words: [String], _ names: String...) -> String? {
    guard let position = words.firstIndex(where: names.contains), position + 1 < words.count else { return nil }
    return words[position + 1]
  }

  /// The containers that a shim watches over, and their first processes: a pod's are all watched by one, and have their bundles side
  /// by side, each with the process's id in it.
  private static func watched(
    by facts: ProcessFacts,
    _ words: [String],
    _ children: [Int32]
  ) -> [(id: String, process: Int32)] {
    guard let first = children.first, let own = value(words, "-id", "-c", "--cid") else { return [] }
    if facts.process.command == "conmon" { return [(own, first)] }
    let bundles = "/proc/\(facts.process.id)/cwd/.."
    guard let directory = try? Syscall.open(bundles, .directory),
      let entries = try? Syscall.entries(of: directory.borrowed)
    else { return [(own, first)] }
    var found: [(id: String, process: Int32)] = []
    for entry in entries {
      guard let bytes = try? Syscall.contents(of: "\(bundles)/\(entry.name)/init.pid"),
        let process = Int32(String(decoding: bytes, as: UTF8.self)), children.contains(process)
      else { continue }
      found.append((entry.name, process))
    }
    return found.isEmpty ? [(own, first)] : found
  }

  /// Whose container it is, by the arguments of its shim and its bundle.
  private static func identity(of id: String, _ words: [String], bundle: String) -> ContainerIdentity? {
    if value(words, "-c", "--cid") != nil {
      return ContainerIdentity(engine: .podman, id: id, name: value(words, "-n", "--name"))
    }
    guard let namespace = value(words, "-namespace") else { return nil }
    if namespace == "moby" { return ContainerIdentity(engine: .docker, id: id, name: dockerName(of: id)) }
    guard namespace == "k8s.io" else {
      return ContainerIdentity(engine: .containerd, id: id, name: namespace == "default" ? nil : "\(namespace)/\(id)")
    }
    let annotations = annotations(ofBundle: "\(bundle)/config.json")
    guard let pod = annotations["io.kubernetes.cri.sandbox-name"] else {
      return ContainerIdentity(engine: .kubernetes, id: id)
    }
    let space = annotations["io.kubernetes.cri.sandbox-namespace"] ?? "default"
    let name = annotations["io.kubernetes.cri.container-name"].map { "/" + $0 } ?? ""
    return ContainerIdentity(engine: .kubernetes, id: id, name: "\(space)/\(pod)\(name)")
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
