import ContainerPlan
import JSON
import LinuxABI
import LinuxSyscalls
import Seccomp
import SeccompCompilation
import SystemPackage

extension Runtime {
  /// The filter of a plan, compiled or from the cache; nil if it has none.
  func seccompDuty(_ plan: ContainerPlan) throws(RuntimeFailure) -> SeccompDuty? {
    guard let seccomp = plan.process.seccomp else { return nil }
    let program: SeccompProgram
    do throws(SeccompFailure) {
      program = try SeccompCache(root: store.root).program(for: seccomp)
    } catch {
      throw RuntimeFailure(
        error.problems.map { $0.path.isEmpty ? "\($0.message)" : "\($0.path): \($0.message)" as Prose }.joined(
          separator: "\n"
        )
      )
    }
    // A process on its way has one thread: there are none that could differ from it.
    let flags = seccomp.flags.subtracting([.allThreads, .threadFailureIsError])
    debug { "seccomp filter flags: \(flags.rawValue)" }
    var duty = SeccompDuty(program: program.bytes, flags: flags)
    if let listener = seccomp.listener {
      let option = "failed to connect with seccomp agent (linux.seccomp.listenerPath)"
      let agent = try connect(to: listener.path, .stream, option)
      duty.agent = FileDescriptor(rawValue: agent.release())
      duty.metadata = listener.metadata
    }
    return duty
  }
}
