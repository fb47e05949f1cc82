package import SystemPackage

/// What was asked of systemd and was not done.
package struct SystemdFailure: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was asked, in words: `start the scope berth-x.scope`.
  package var operation: String
  /// Why not, in systemd's or the kernel's words.
  package var reason: String
  /// The name of systemd's failure, such as `org.freedesktop.systemd1.NoSuchUnit`.
  package var name: String?

  package init(_ operation: String, _ reason: String, name: String? = nil) {
    self.operation = operation
    self.reason = reason
    self.name = name
  }

  package init(_ operation: String, _ errno: Errno) {
    self.init(operation, "\(errno)")
  }

  package var description: String { "\(operation): \(reason)" }
}

/// Runs a system call as an operation: its error becomes the operation's failure.
func attempt<Result: ~Copyable>(
  _ operation: @autoclosure () -> String,
  _ call: () throws(Errno) -> Result
) throws(SystemdFailure) -> Result {
  do throws(Errno) {
    return try call()
  } catch {
    throw SystemdFailure(operation(), error)
  }
}
