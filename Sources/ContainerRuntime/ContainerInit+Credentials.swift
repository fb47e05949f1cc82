import ContainerPlan
import LinuxABI
import LinuxSyscalls
import SystemPackage

extension ContainerInit {
  /// Takes the process's ids and capabilities, in the order in which each step still may do the next, credentials(7).
  func takeCredentials(_ process: ProcessPlan) throws(InitFailure) {
    try takeIDs(process)
    try takeCapabilities(process)
  }

  /// Takes the user and the groups, and gives up what is not in the bounding set.
  func takeIDs(_ process: ProcessPlan) throws(InitFailure) {
    try dropFromBoundingSet(allBut: process.capabilities.bounding)
    try attempt(.credentials, "keep capabilities") { () throws(Errno) in
      if process.userID != 0 { try Syscall.keepCapabilities(true) }
    }
    if let groups = process.groups {
      try attempt(.credentials, "setpriv --groups \(groups.map(String.init).joined(separator: ","))") {
        () throws(Errno) in try setGroups(groups)
      }
    }
    try attempt(.credentials, "setpriv --regid \(process.groupID)") { () throws(Errno) in
      try Syscall.setGroupID(process.groupID)
    }
    try attempt(.credentials, "setpriv --reuid \(process.userID)") { () throws(Errno) in
      try Syscall.setUserID(process.userID)
    }
  }

  /// Takes the capability sets, and shuts the way to more.
  func takeCapabilities(_ process: ProcessPlan) throws(InitFailure) {
    let capabilities = process.capabilities
    try attempt(.credentials, "capset \(capabilities.permitted.names.joined(separator: ","))") { () throws(Errno) in
      if process.userID != 0 { try Syscall.keepCapabilities(false) }
      try Syscall.setCapabilities(capabilities)
      try Syscall.clearAmbientSet()
      for number in capabilities.ambient.numbers { try Syscall.addToAmbientSet(number) }
    }
    if process.noNewPrivileges {
      try attempt(.credentials, "setpriv --no-new-privs") { () throws(Errno) in try Syscall.setNoNewPrivileges() }
    }
  }

  /// A user namespace made without privilege denies setgroups(2) to whoever enters it: who asked for none keeps theirs.
  private func setGroups(_ groups: [UInt32]) throws(Errno) {
    do throws(Errno) {
      try Syscall.setGroups(groups)
    } catch {
      let entersUserNamespace = plan.joined.contains { $0.type == .user } || duties?.neighbour != nil
      guard error == .notPermitted, groups.isEmpty, entersUserNamespace else { throw error }
    }
  }

  private func dropFromBoundingSet(allBut kept: CapabilitySet) throws(InitFailure) {
    for number in 0..<64 where !kept.contains(CapabilitySet(rawValue: 1 << UInt64(number))) {
      do throws(Errno) {
        try Syscall.dropFromBoundingSet(number)
      } catch .invalidArgument {
        return  // The kernel knows no more.
      } catch {
        // Who may not drop one that is gone already has nothing to drop.
        guard Syscall.boundingSetContains(number) ?? true else { continue }
        throw InitFailure(.credentials, "setpriv --bounding-set -\(number)", error)
      }
    }
  }
}
