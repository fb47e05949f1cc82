import ContainerRuntime
import LinuxABI
import NamespaceJoining
import RuntimeCommandLine
import SystemPackage

extension CreateOptions {
  /// Paths are absolute from here on: hooks run in the bundle.
  init(_ request: CreateRequest) throws(RuntimeFailure) {
    self.init(as: try .sealed())
    bundle = request.bundle
    consoleSocket = try absolutePath(request.consoleSocket)
    pidfdSocket = try absolutePath(request.pidfdSocket)
    pidFile = try absolutePath(request.pidFile)
    noPivot = request.isPivotAvoided
    noNewKeyring = request.keepsKeyring
    preservedDescriptors = UInt32(request.preservedDescriptors)
  }
}

extension CreateRequest {
  /// Runs a container; returns the status to exit with.
  func run(in runtime: Runtime) throws(RuntimeFailure) -> Int32 {
    try runtime.run(
      id,
      try CreateOptions(self),
      detach: isDetached,
      keep: isKept,
      adoptsOrphans: !avoidsSubreaper
    )
  }
}

extension ExecOptions {
  init(_ request: ExecRequest) throws(RuntimeFailure) {
    self.init(as: try .sealed())
    if let path = request.processFile { process = try bytes(ofFile: path, for: "--process") }
    arguments = request.command
    workingDirectory = request.workingDirectory
    environment = request.environment
    hasTerminal = request.hasTerminal
    userID = request.userID
    groupID = request.groupID
    additionalGroups = request.additionalGroups
    capabilities = request.capabilities
    noNewPrivileges = request.noNewPrivileges
    seLinuxLabel = request.processLabel
    appArmorProfile = request.appArmorProfile
    detach = request.isDetached
    consoleSocket = try absolutePath(request.consoleSocket)
    pidfdSocket = try absolutePath(request.pidfdSocket)
    pidFile = try absolutePath(request.pidFile)
    preservedDescriptors = UInt32(request.preservedDescriptors)
    cgroups = request.cgroups
    ignoresPause = request.isRunWhilePaused
  }
}

extension SealedProgram {
  /// This program, started anew if need be so that nobody in a container can write to it.
  fileprivate static func sealed() throws(RuntimeFailure) -> SealedProgram {
    do throws(Errno) {
      return try seal()
    } catch {
      throw RuntimeFailure("\(operation): \(error)")
    }
  }
}

private func absolutePath(_ path: String?) throws(RuntimeFailure) -> String? {
  guard let path else { return nil }
  return try ContainerRuntime.absolutePath(path)
}

/// A file that an option names.
func bytes(ofFile path: String, for option: String) throws(RuntimeFailure) -> [UInt8] {
  do throws(FileFailure) {
    return try contents(ofFile: path)
  } catch {
    throw RuntimeFailure("\(option) \(error)")
  }
}
