import ArgumentParser
import ContainerRuntime
import LinuxABI
import MachineReading
import MountNamespace

extension InstrumentSupport {
  /// The path of `--path` without links, as a target sees it; one that is not there stays as it is written.
  static func resolved(_ path: String, _ target: Target) throws -> String {
    guard let path = target.absolute(path) else {
      throw ExitCode(fail("--path \(path): must begin with /: it is \(target.label)'s", status: 2))
    }
    guard let process = target.process, let found = try? RootedPath(process: process).resolve(path) else {
      return normalized(path)
    }
    return found
  }
}
