import ContainerPlan
import LinuxABI
import LinuxSyscalls
import SystemPackage

extension ContainerInit {
  /// Replaces this process by the container's, found as execvp(3) would with the container's own PATH.
  func execute(_ process: ProcessPlan) throws(InitFailure) -> Never {
    guard let name = process.arguments.first else { throw InitFailure(.execute, "", .noSuchFileOrDirectory) }
    if name.contains("/") { throw start(name, process) }
    var denied: InitFailure?
    for directory in searchPath(process.environment) {
      let failure = start("\(directory.isEmpty ? "." : directory)/\(name)", process)
      switch failure.errno {
      case .noSuchFileOrDirectory, .notDirectory: continue
      case .permissionDenied: denied = denied ?? failure
      default: throw failure
      }
    }
    throw denied
      ?? InitFailure(.execute, "\(name)", .noSuchFileOrDirectory, reason: "executable file not found in $PATH")
  }

  /// Executes a file; comes back only with the failure.
  func start(_ path: String, _ process: ProcessPlan) -> InitFailure {
    do throws(Errno) {
      try Syscall.execute(path, arguments: process.arguments, environment: process.environment)
    } catch {
      let reason: Prose? =
        switch error {
        case .noSuchFileOrDirectory where (try? Syscall.status(path: path)) != nil:
          "the file is there, but the interpreter or loader that it names is not"
        case .noSuchFileOrDirectory: "no such file or directory"
        case .permissionDenied: "permission denied"
        case .notExecutable: "exec format error: not a program for this machine, nor a script with a #! line"
        default: nil
        }
      return InitFailure(.execute, "\(path)", error, reason: reason)
    }
  }

  /// The path of the process's program: what is not there is known before the container is told to start.
  func findProgram(_ process: ProcessPlan) throws(InitFailure) -> String {
    guard let name = process.arguments.first else { throw InitFailure(.execute, "", .noSuchFileOrDirectory) }
    let candidates =
      name.contains("/")
      ? [name]
      : searchPath(process.environment).map {
        "\($0.isEmpty ? "." : $0)/\(name)"
      }
    var denied: InitFailure?
    for path in candidates {
      guard let status = try? Syscall.status(path: path) else { continue }
      if status.kind == .regular, status.permissions & 0o111 != 0 { return path }
      let reason: Prose = status.kind == .directory ? "it is a directory: permission denied" : "permission denied"
      denied = denied ?? InitFailure(.execute, "exec \(path)", .permissionDenied, reason: reason)
    }
    if let denied { throw denied }
    let reason: Prose = name.contains("/") ? "no such file or directory" : "executable file not found in $PATH"
    throw InitFailure(.execute, "exec \(name)", .noSuchFileOrDirectory, reason: reason)
  }

  private func searchPath(_ environment: [String]) -> [String] {
    let path = environment.last { $0.hasPrefix("PATH=") }?.dropFirst("PATH=".count) ?? "/bin:/usr/bin"
    return path.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
  }
}

extension Errno {
  /// A file that the kernel has no way to execute, `ENOEXEC`.
  static var notExecutable: Errno { Errno(rawValue: 8) }
}
