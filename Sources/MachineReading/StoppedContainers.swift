import Instruments
import LinuxSyscalls

/// The containers that are there and do not run, from what engines and runtimes keep of them on disk.
///
/// That is read only for a name that no running container has: to say that it is stopped, and not that there is none.
enum StoppedContainers {
  static func read(_ scan: ProcessScan, _ running: ContainerScan) -> [ContainerIdentity] {
    let shims = scan.processes.compactMap(ContainerShim.init).filter { !$0.isConmon && $0.engine.isOwn }
    let found =
      DockerFiles(scan).stopped + ContainersStorage(scan).containers + tasks(of: shims, scan) + running.ended
      + interfaceContainers(shims)
    var known = Set(running.containers.map(\.id))
    // The engines' are first: by their names the containers are known, the runtimes' states have ids alone.
    return found.filter { known.insert($0.id).inserted }
  }

  /// containerd's, whose bundles are beside that of a shim: tasks that have ended and are not removed.
  private static func tasks(of shims: [ContainerShim], _ scan: ProcessScan) -> [ContainerIdentity] {
    shims.filter { $0.namespace != "moby" }.flatMap { shim in
      shim.openBundles().names.compactMap { id in shim.identity(of: id, DockerFiles(scan)) }
    }
  }

  /// Those of the Container Runtime Interface, by their ids: their names are in a database.
  private static func interfaceContainers(_ shims: [ContainerShim]) -> [ContainerIdentity] {
    var roots: Set<String> = ["/var/lib/containerd"]
    for shim in shims {
      // ROOT/io.containerd.runtime.v2.task/NAMESPACE/ID
      guard let work = try? Syscall.readLink(at: .workingDirectory, "/proc/\(shim.engine.id)/cwd/work") else {
        continue
      }
      roots.insert(work.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/"))
    }
    return roots.sorted().flatMap { root in
      ["containers", "sandboxes"].flatMap { EngineDirectory("\(root)/io.containerd.grpc.v1.cri/\($0)").names }
    }.map { ContainerIdentity(engine: .kubernetes, id: $0) }
  }
}
