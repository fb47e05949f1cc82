import ContainerRuntime
import Criu
import LinuxABI
import LinuxSyscalls
import MountNamespace
import RuntimeCommandLine
import SystemPackage

extension CheckpointRequest {
  func carryOut(in runtime: Runtime, criu: String) throws(RuntimeFailure) {
    var checkpoint = try CheckpointOptions(image, criu: criu)
    checkpoint.isPreDump = isPreDump
    checkpoint.options.isLeftRunning = isLeftRunning || isPreDump
    checkpoint.options.parentImage = parentPath
    if let parentPath {
      let path = normalized("\(checkpoint.imagePath)/\(parentPath)")
      do throws(Errno) {
        _ = try Syscall.open(path, .directory)
      } catch {
        throw RuntimeFailure("--parent-path \(parentPath): \(path): \(error)")
      }
    }
    checkpoint.options.statusDescriptor = statusDescriptor
    checkpoint.options.pageServer = pageServer.map {
      CriuOptions.PageServer(address: $0.address, port: $0.port)
    }
    try runtime.checkpoint(id, checkpoint)
  }
}

extension RestoreRequest {
  /// Restores a container; returns the status to exit with.
  func carryOut(in runtime: Runtime, criu: String) throws(RuntimeFailure) -> Int32 {
    var checkpoint = try CheckpointOptions(image, criu: criu)
    checkpoint.options.securityProfile = securityProfile
    checkpoint.options.mountContext = mountContext
    return try runtime.restore(
      creation.id,
      try CreateOptions(creation),
      checkpoint,
      detach: creation.isDetached,
      adoptsOrphans: !creation.avoidsSubreaper
    )
  }
}

extension CheckpointOptions {
  fileprivate init(_ image: CheckpointImage, criu: String) throws(RuntimeFailure) {
    self.init()
    program = criu.contains("/") ? try absolutePath(criu) : criu
    imagePath = try absolutePath(image.path)
    if let path = image.workPath { workPath = try absolutePath(path) }
    hasEmptyNetwork = image.hasEmptyNetwork
    options.keepsConnections = image.keepsConnections
    options.skipsConnectionsInFlight = image.skipsConnectionsInFlight
    options.remapsLinks = image.remapsLinks
    options.allowsExternalSockets = image.allowsExternalSockets
    options.isShellJob = image.isShellJob
    options.fetchesPagesLazily = image.fetchesPagesLazily
    options.handlesFileLocks = image.handlesFileLocks
    options.dropsDuplicates = image.dropsDuplicates
    options.cgroupsMode =
      switch image.cgroupsMode {
      case .soft: .soft
      case .full: .full
      case .strict: .strict
      case .ignore: .ignore
      }
  }
}
