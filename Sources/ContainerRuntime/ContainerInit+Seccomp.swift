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
      guard let agent = seccomp.agent else {
        _ = try Syscall.setSeccompFilter(seccomp.program, flags: seccomp.flags)
        return
      }
      let text = duties.state.processState(id, metadata: seccomp.metadata).text
      let courier = try SeccompCourier(text: text, agent: agent)
      guard let listener = try Syscall.setSeccompFilter(seccomp.program, flags: seccomp.flags) else { return }
      try courier.deliver(listener.borrowed)
    }
  }
}

/// A process that hands a filter's listener to the agent, while the one with the filter does no more than write.
///
/// The filter may ask the agent about sendmsg(2) too, which would wait for an agent that has no listener yet; so it is
/// sent by a process that was made before the filter. It shares the descriptors of the other, the listener among them.
private struct SeccompCourier: ~Copyable {
  private let process: Descriptor
  /// The end of a pipe where the listener's number is awaited.
  private let order: Descriptor

  init(text: String, agent: FileDescriptor) throws(Errno) {
    let (reading, writing) = try Syscall.pipe()
    let order = Descriptor(owning: writing)
    let waiting = Descriptor(owning: reading)
    let clone = try Syscall.clone(namespaces: [], sharesDescriptors: true)
    switch consume clone {
    case .child:
      Self.run(text, agent, waiting.borrowed)
      // Not reached; what follows it would close descriptors that are the other's too.
      Syscall.exitNow(1)
    case .parent(_, let process): self.process = process
    }
    self.order = order
    // It is the courier's as well: only its number goes here.
    _ = waiting.release()
  }

  /// What the courier does: its exit status is the errno of what failed.
  private static func run(_ text: String, _ agent: FileDescriptor, _ waiting: FileDescriptor) {
    do throws(Errno) {
      let number = try Syscall.read(waiting, count: 4).reversed().reduce(0 as CInt) { $0 << 8 | CInt($1) }
      // Number 0 is standard input's: the end of the pipe, since there is no filter.
      if number > 0 { try Syscall.send(Array(text.utf8), with: FileDescriptor(rawValue: number), over: agent) }
      Syscall.exitNow(0)
    } catch {
      Syscall.exitNow(error.rawValue)
    }
  }

  /// Has the listener handed over, and waits until it is: the agent decides from then on.
  func deliver(_ listener: FileDescriptor) throws(Errno) {
    let number = UInt32(listener.rawValue)
    try Syscall.write((0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }, to: order.borrowed)
    // A filter that forbids to wait leaves a child behind, which is no reason not to start.
    guard case .exited(let status)? = try? Syscall.wait(for: process.borrowed), status != 0 else { return }
    throw Errno(rawValue: status)
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
