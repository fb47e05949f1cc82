package import LinuxABI
package import SystemPackage

/// Why a command of the runtime failed, in words for its user.
package struct RuntimeFailure: Error, Hashable, Sendable, ProseConvertible {
  package var message: Prose
  /// berth's exit status: 1, as runc's.
  package var status: Int32

  package init(_ message: Prose, status: Int32 = 1) {
    self.message = message
    self.status = status
  }

  /// A failed operation, with the kernel's reason: `open the lock of the container: Permission denied`.
  package init(_ operation: Prose, _ errno: Errno) {
    self.init("\(operation): \(errno)")
  }

  static func noContainer(_ id: String) -> RuntimeFailure { RuntimeFailure("container \"\(id)\" does not exist") }

  /// What is said of a container that `create` has not finished with.
  static func notCreated(_ id: String) -> RuntimeFailure {
    RuntimeFailure(
      "container \"\(id)\" is being created: try again (if its creation was interrupted, berth delete --force \(id) removes it)"
    )
  }

  package var prose: Prose { message }
}

/// Runs a system call as a part of a command: its error becomes the command's failure.
func attempt<Result: ~Copyable>(
  _ operation: @autoclosure () -> Prose,
  _ call: () throws(Errno) -> Result
) throws(RuntimeFailure) -> Result {
  do throws(Errno) {
    return try call()
  } catch {
    throw RuntimeFailure(operation(), error)
  }
}
