import ContainerRuntime
import LinuxABI
import RuntimeCommandLine

/// Where a command of the OCI runtime tells what went wrong: to a person, and to the client that called it.
struct RuntimeLog: Sendable {
  private let options: GlobalOptions
  /// The file of `--log`, unless that is standard error itself.
  private let file: LogFile?

  /// Opens the file of `--log`: before the working directory changes.
  init(_ options: GlobalOptions) throws(RuntimeFailure) {
    self.options = options
    guard let path = options.log, path != Self.standardError else {
      file = nil
      return
    }
    do throws(FileFailure) {
      file = try LogFile(path)
    } catch {
      throw RuntimeFailure("--log \(error)\n  the log is made if it is not there, but its directory is not")
    }
  }

  private static var standardError: String { "/dev/stderr" }

  /// Tells of an error: one line of the log, whatever the message has, since Podman reads the log as one JSON value.
  func error(_ message: Prose) {
    if options.log != nil { log(LogRecord(.error, message, at: timeOfDay)) }
    if options.log != Self.standardError { fail(message) }
  }

  /// Tells what does not stop the command: in the log alone, if there is one.
  func warning(_ message: Prose) {
    log(LogRecord(.warning, message, at: timeOfDay))
  }

  /// Tells what `--debug` asks for.
  func debug(_ message: @autoclosure () -> Prose) {
    if options.isDebug { log(LogRecord(.debug, message(), at: timeOfDay)) }
  }

  private func log(_ record: LogRecord) {
    let line = record.line(as: options.logFormat)
    if options.log == nil || options.log == Self.standardError {
      write(verbatim: line, toError: true)
    } else {
      file?.append(line)
    }
  }
}
