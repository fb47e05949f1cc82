import ContainerRuntime
import JSON
import OCISpec
import RuntimeCommandLine

extension RuntimeRequest {
  /// Runs a command line of the OCI runtime; returns the status to exit with, or nil if it is not one.
  static func main(words: [String]) -> Int32? {
    var options = GlobalOptions()
    do throws(UsageError) {
      return try read(words, global: &options).flatMap { $0.carryOut(options) }
    } catch {
      return report(RuntimeFailure("\(error)"), options)
    }
  }

  private func carryOut(_ options: GlobalOptions) -> Int32? {
    do throws(RuntimeFailure) {
      let log = try RuntimeLog(options)
      do throws(RuntimeFailure) {
        return try carryOut(options, log)
      } catch {
        log.error(error.message)
        return error.status
      }
    } catch {
      return fail(error.message, status: error.status)
    }
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
  private func carryOut(_ options: GlobalOptions, _ log: RuntimeLog) throws(RuntimeFailure) -> Int32? {
    switch self {
    case .help(let command): write(command.summary.help)
    case .version: write("berth version \(berthVersion)\nspec: \(Spec.version)\n")
    case .spec(let request): try request.carryOut()
    case .features: write(Features.ofBerth.json.indentedText + "\n")
    default: return nil
    }
    return 0
  }
}
