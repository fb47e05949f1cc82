import ContainerPlan
import JSON
import LinuxABI
import LinuxSyscalls
import SystemPackage

extension ContainerInit {
  /// Has the kernel filter the system calls of this process from now on.
  func installFilter(_ duties: ContainerDuties, _ id: Int32, _ process: ProcessPlan) throws(InitFailure) {
    guard let seccomp = duties.seccomp else { return }
    try attempt(.seccomp, "linux.seccomp: install the filter") { () throws(Errno) in
      if !process.noNewPrivileges, process.userID != 0 {
        // A change of the user took the effective set, and left the permitted one.
        let sets = try Syscall.capabilities()
        try Syscall.setCapabilities(
          CapabilitySets(
            bounding: process.capabilities.bounding,
            effective: sets.permitted,
            permitted: sets.permitted,
            inheritable: sets.inheritable
          )
        )
      }
      let listener = try Syscall.setSeccompFilter(seccomp.program, flags: seccomp.flags)
      if let agent = seccomp.agent, let listener = listener.borrowed {
        let text = duties.state.processState(id, metadata: seccomp.metadata).text
        try Syscall.send(Array(text.utf8), with: listener, over: agent)
      }
    }
  }
}

extension HookState {
  /// What a seccomp agent is told beside the descriptor, config-linux.md "The Container Process State".
  fileprivate func processState(_ processID: Int32, metadata: String?) -> JSONValue {
    var members = [
      JSONValue.Member("ociVersion", .string(ociVersion)), JSONValue.Member("fds", .strings(["seccompFd"])),
      JSONValue.Member("pid", .number(processID)),
    ]
    if let metadata, !metadata.isEmpty { members.append(JSONValue.Member("metadata", .string(metadata))) }
    members.append(JSONValue.Member("state", json(status: .creating, processID: processID)))
    return .object(members)
  }
}
