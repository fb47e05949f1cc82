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
        error.problems.map { $0.path.isEmpty ? $0.message : "\($0.path): \($0.message)" }.joined(separator: "\n")
      )
    }
    var duty = SeccompDuty(program: program.bytes, flags: seccomp.flags)
    if let listener = seccomp.listener {
      let option = "failed to connect with seccomp agent (linux.seccomp.listenerPath)"
      let agent = try connect(to: listener.path, .stream, option)
      duty.agent = FileDescriptor(rawValue: agent.release())
      duty.metadata = listener.metadata
    }
    return duty
  }
}
