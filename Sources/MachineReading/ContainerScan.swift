package import Instruments
import LinuxABI

/// The containers of the machine, told from the processes that watch over them and from the runtimes' states.
///
/// Docker, containerd and Kubernetes have a shim beside each container, Podman and CRI-O have conmon: the shim's working
/// directory is the bundle, and its arguments have the id. So no engine has to be asked, and those in other mount namespaces are
/// found too. A container that no engine started is in the state directory of its runtime.
package struct ContainerScan: Sendable {
  /// Those that run.
  package private(set) var containers: [ContainerIdentity] = []
  /// Those that have ended and are still in the state directory of a runtime.
  private(set) var ended: [ContainerIdentity] = []
  /// The container of each first process.
  private var byProcess: [Int32: Int] = [:]
  /// The container whose first process is alone in a mount namespace with it.
  private var byNamespace: [UInt64: Int] = [:]
  private var parents: [Int32: Int32] = [:]

  package init() {}

  /// Finds the containers among processes; `known` are those whose states are known already: berth's.
  package static func read(_ scan: ProcessScan, known: [ContainerIdentity] = []) -> ContainerScan {
    var containers = ContainerScan()
    lazy var docker = DockerFiles(scan)
    for facts in scan.processes { containers.parents[facts.process.id] = facts.parent }
    for facts in scan.processes {
      guard let shim = ContainerShim(facts) else { continue }
      let children = scan.processes.filter { $0.parent == facts.process.id && !$0.sharesMounts(with: facts) }
        .map(\.process.id)
      for (id, process) in shim.watched(children) {
        guard var found = shim.identity(of: id, docker) else { continue }
        found.processID = process
        containers.add(found)
      }
    }
    // One that an engine called a runtime for is the engine's, by whose name its users know it.
    let engines = Set(containers.containers.map(\.id))
    for container in known + RuntimeStates.containers(scan, besides: engines) { containers.add(container) }
    containers.findNamespaces(scan)
    return containers
  }

  /// Adds a container, unless its process is known as another's.
  private mutating func add(_ container: ContainerIdentity) {
    guard let process = container.processID else { return ended.append(container) }
    guard byProcess[process] == nil else { return }
    byProcess[process] = containers.count
    containers.append(container)
  }

  /// Which mount namespaces are one container's: not the machine's, nor one that containers share.
  private mutating func findNamespaces(_ scan: ProcessScan) {
    var shared: Set<UInt64> = []
    if let first = scan[1]?.namespaces[.mount] { shared.insert(first) }
    for (position, container) in containers.enumerated() {
      guard let process = container.processID, let namespace = scan[process]?.namespaces[.mount] else { continue }
      if byNamespace.updateValue(position, forKey: namespace) != nil { shared.insert(namespace) }
    }
    for namespace in shared { byNamespace[namespace] = nil }
  }

  /// The container that a process is of: its own, that of the nearest ancestor, or, of a command that was started in a container
  /// from outside, that of its mount namespace.
  package func container(of facts: ProcessFacts) -> ContainerIdentity? {
    var id = facts.process.id
    // A process that ended and whose id came back could make a circle of parents.
    for _ in 0..<256 {
      if let position = byProcess[id] { return containers[position] }
      guard let parent = parents[id], parent > 1 else { break }
      id = parent
    }
    return facts.namespaces[.mount].flatMap { byNamespace[$0] }.map { containers[$0] }
  }
}

extension ProcessFacts {
  /// Whether both are known to be in one mount namespace. A shim's child that is in the shim's is no container's process: it is the
  /// runtime, which the shim calls to make a container and to delete it, or Podman's command that cleans up after one.
  fileprivate func sharesMounts(with shim: ProcessFacts) -> Bool {
    guard let namespace = namespaces[.mount] else { return false }
    return namespace == shim.namespaces[.mount]
  }
}
