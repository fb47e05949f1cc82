package import Instruments
import JSON
import LinuxABI
import LinuxSyscalls
import SystemPackage

/// What OCI runtimes keep of their containers on disk. A container that no engine started is known by that alone.
package enum RuntimeStates {
  /// The directories where a runtime keeps the states of containers: the usual ones, and those of its processes that run.
  package static func roots(of runtime: ContainerIdentity.Engine, _ scan: ProcessScan) -> [String] {
    var roots = ["/run/\(runtime.rawValue)"]
    let own = Syscall.environment().last { $0.hasPrefix("XDG_RUNTIME_DIR=/") }?.drop { $0 != "/" }
    if let own { roots.append("\(own)/\(runtime.rawValue)") }
    for facts in scan.processes where facts.process.command == runtime.rawValue {
      if let root = root(of: facts) { roots.append(root) }
    }
    // What another user wrote could call any process a container.
    return roots.filter { EngineDirectory($0) != nil }
  }

  /// The commands that a runtime stays for, while the container runs.
  private static let commands: Set<String> = ["create", "exec", "restore", "run", "start"]

  /// The `--root` that a runtime's process was started with, as seen from here.
  private static func root(of facts: ProcessFacts) -> String? {
    guard let runtime = EngineProcess(facts, .any), runtime.isOwn,
      let end = runtime.words.firstIndex(where: commands.contains),
      let root = EngineProcess.value(runtime.words[..<end], "--root"), !root.isEmpty
    else { return nil }
    return root.hasPrefix("/") ? "/proc/\(runtime.id)/root\(root)" : "/proc/\(runtime.id)/cwd/\(root)"
  }

  /// runc's and crun's containers, but for those of these ids; without a process, those that have ended.
  static func containers(_ scan: ProcessScan, besides ids: Set<String>) -> [ContainerIdentity] {
    [ContainerIdentity.Engine.runc, .crun].flatMap { runtime in
      roots(of: runtime, scan).flatMap { root -> [ContainerIdentity] in
        guard let states = EngineDirectory(root) else { return [] }
        return states.names.compactMap { id in ids.contains(id) ? nil : container(runtime, id, states) }
      }
    }
  }

  /// A container by the directory of its state.
  private static func container(_ runtime: ContainerIdentity.Engine, _ id: String, _ states: borrowing EngineDirectory)
    -> ContainerIdentity?
  {
    let isRunc = runtime == .runc
    guard var state = states.object("\(id)/\(isRunc ? "state.json" : "status")"),
      let process = state.integer(isRunc ? "init_process_pid" : "pid", as: Int32.self)
    else { return nil }
    let start = state.integer(isRunc ? "init_process_start" : "process-start-time", as: UInt64.self)
    // Another process may have the id of one that has ended.
    let text = (try? Syscall.contents(of: "/proc/\(process)/stat")) ?? []
    let runs = start != nil && processStart(ofStat: text) == start
    return ContainerIdentity(engine: runtime, id: id, processID: runs ? process : nil)
  }
}
