import ContainerPlan
import LinuxABI
import LinuxSyscalls
import SystemPackage

extension UserNamespacePlan {
  /// Writes the maps of a child's new user namespace, user_namespaces(7).
  func writeMaps(of child: Int32) throws(InitFailure) {
    switch writer {
    case .privileged:
      try write("uid_map", mappings.users.procText, child)
      try write("gid_map", mappings.groups.procText, child)
    case .ownIDsOnly:
      try write("setgroups", "deny", child)
      try write("uid_map", mappings.users.procText, child)
      try write("gid_map", mappings.groups.procText, child)
    case .tools(let tools):
      try run(tools.newuidmap, mappings.users, child)
      try run(tools.newgidmap, mappings.groups, child)
    }
  }

  private func write(_ file: String, _ text: String, _ child: Int32) throws(InitFailure) {
    let line = text.split(separator: "\n").joined(separator: ", ")
    try attempt(.mapIDs, "write \"\(line)\" to \(file) of the user namespace") { () throws(Errno) in
      let map = try Syscall.open("/proc/\(child)/\(file)", .writeOnly)
      try Syscall.write(Array(text.utf8), to: map.borrowed)
    }
  }

  private func run(_ tool: String, _ mappings: [IDMapping], _ child: Int32) throws(InitFailure) {
    let numbers = mappings.flatMap { ["\($0.containerID)", "\($0.hostID)", "\($0.size)"] }
    let arguments = [tool, "\(child)"] + numbers
    let end = try attempt(.mapIDs, "\(arguments.joined(separator: " "))") { () throws(Errno) in
      switch try Syscall.clone(namespaces: []) {
      case .child:
        // Nothing but the program may run here; its own message, on standard error, says what it minds.
        _ = try? Syscall.setBlockedSignals(SignalSet([]))
        do throws(Errno) {
          try Syscall.execute(tool, arguments: arguments, environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"])
        } catch {
          Syscall.exitNow(127)
        }
      case .parent(_, let process):
        return try Syscall.wait(for: process.borrowed)
      }
    }
    if end != .exited(status: 0) {
      throw InitFailure(
        .mapIDs,
        "\(arguments.joined(separator: " "))",
        .notPermitted,
        reason: "it ended with status \(end.shellStatus)"
      )
    }
  }
}
