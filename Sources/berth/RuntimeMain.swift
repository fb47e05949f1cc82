import ContainerPlan
import ContainerRuntime
import JSON
import LinuxABI
import OCISpec
import RuntimeCommandLine

extension RuntimeRequest {
  /// Runs a command line of the OCI runtime; returns the status to exit with, or nil if it is not one.
  static func main(words: [String]) -> Int32? {
    var options = GlobalOptions()
    do throws(UsageError) {
      return try read(words, global: &options).map { $0.carryOut(options, words) }
    } catch {
      return report(RuntimeFailure("\(error)"), options)
    }
  }

  private func carryOut(_ options: GlobalOptions, _ words: [String]) -> Int32 {
    do throws(RuntimeFailure) {
      let log = try RuntimeLog(options)
      log.debug("berth \(berthVersion): \(words.joined(separator: " "))")
      do throws(RuntimeFailure) {
        return try carryOut(options, log)
      } catch {
        log.error(error.message)
        return status(of: error)
      }
    } catch {
      return fail(error.message, status: error.status)
    }
  }

  /// Of a failed `exec`, the status tells whether it is the command's own or berth's, as runc's does.
  private func status(of failure: RuntimeFailure) -> Int32 {
    if case .exec = self { return 255 }
    return failure.status
  }

  /// Tells of a command line that was not understood; returns the status to exit with.
  private static func report(_ failure: RuntimeFailure, _ options: GlobalOptions) -> Int32 {
    do throws(RuntimeFailure) {
      try RuntimeLog(options).error(failure.message)
    } catch {
      fail(failure.message)
    }
    return failure.status
  }

  /// Does what is asked for; returns the status to exit with.
  private func carryOut(_ options: GlobalOptions, _ log: RuntimeLog) throws(RuntimeFailure) -> Int32 {
    switch self {
    case .help(let command): write(verbatim: command.summary.help)
    case .version: write(verbatim: versions)
    case .spec(let request): try request.carryOut()
    case .features: write(verbatim: Features.ofBerth.json.indentedText + "\n")
    default: return try carryOut(in: try Runtime(options, log), isUsualRoot: options.root == nil, criu: options.criu)
    }
    return 0
  }

  /// Does what needs containers.
  private func carryOut(in runtime: Runtime, isUsualRoot: Bool, criu: String) throws(RuntimeFailure) -> Int32 {
    switch self {
    case .create(let request): try runtime.create(request.id, try CreateOptions(request))
    case .start(let request): try runtime.start(request.id)
    case .run(let request): return try request.run(in: runtime)
    case .exec(let request): return try runtime.exec(request.id, try ExecOptions(request))
    case .state(let request): write(verbatim: StateRecord(try runtime.state(request.id)).text)
    case .kill(let request): try runtime.kill(request.id, signal: request.signal, all: request.isForAll)
    case .delete(let request): try runtime.delete(request.id, force: request.isForced)
    case .list(let request): try request.carryOut(in: runtime, isUsualRoot: isUsualRoot)
    case .ps(let request): try request.carryOut(in: runtime)
    case .pause(let request): try runtime.pause(request.id)
    case .resume(let request): try runtime.resume(request.id)
    case .update(let request): try runtime.update(request.id, try request.carriedResources())
    case .events(let request): try request.carryOut(in: runtime)
    case .checkpoint(let request): try request.carryOut(in: runtime, criu: criu)
    case .restore(let request): return try request.carryOut(in: runtime, criu: criu)
    case .help, .version, .spec, .features: break
    }
    return 0
  }
}

/// What `--version` prints, in runc's form: clients look for these words.
private var versions: String {
  "berth version \(berthVersion)\nspec: \(Spec.version)\nlibseccomp: \(SeccompSupport.libraryVersion)\n"
}

extension Runtime {
  init(_ options: GlobalOptions, _ log: RuntimeLog) throws(RuntimeFailure) {
    let facts = StateDirectoryFacts.probe()
    let directory = options.stateDirectory(userID: facts.userID, environment: facts.environment) {
      facts.isInUserNamespace
    }
    guard let directory else {
      throw RuntimeFailure(
        "without root, containers are kept in $XDG_RUNTIME_DIR/berth, and XDG_RUNTIME_DIR is not set\n"
          + "  set it, or choose a directory with --root"
      )
    }
    let root = try absolutePath(directory)
    if root == "/" { throw RuntimeFailure("--root \(directory): / itself cannot hold containers") }
    let driver: CgroupDriver =
      switch options.cgroupManager {
      case .cgroupfs: .cgroupfs
      case .systemd: .systemd
      case .disabled: .disabled
      }
    self.init(
      root: root,
      cgroupDriver: driver,
      allowedAnnotations: AllowedAnnotations(options.allowedAnnotations),
      warn: { log.warning($0) },
      debug: { log.debug($0()) }
    )
  }
}
