package import LinuxABI

/// A command line that cannot be understood.
package struct UsageError: Error, Hashable, Sendable, ProseConvertible {
  /// The command it is of; nil before there is one.
  package var command: String?
  /// What is wrong: `exec --preserve-fds abc: this is not a number`.
  package var message: String

  package var prose: Prose {
    "\(message)\n  berth \(command.map { "\($0) " } ?? "")--help describes the options."
  }
}
