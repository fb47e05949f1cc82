package import LinuxABI
package import SystemPackage

/// A step on the way to the container's process that failed.
///
/// The child sends it to its parent as data; the parent explains it and gives berth its exit status.
package struct InitFailure: Error, Hashable, Sendable {
  /// Which part of the way the step belongs to.
  package enum Step: UInt8, Hashable, Sendable {
    case createProcess, joinNamespace, mapIDs, clock, network, mount, name, kernelParameter, workingDirectory
    case limit, credentials, execute, wait, hook, terminal, label, seccomp, cgroup
  }

  package var step: Step
  /// What was tried, in the words of a command where there is one: `mount --bind /a /b`.
  package var operation: Prose
  package var errno: Errno
  /// The kernel's own words, where it left any.
  package var reason: Prose?

  package init(_ step: Step, _ operation: Prose, _ errno: Errno, reason: Prose? = nil) {
    self.step = step
    self.operation = operation
    self.errno = errno
    self.reason = reason
  }

  /// berth's exit status for the failure: as sh for a command that cannot be executed, 125 for berth's own part.
  package var exitStatus: Int32 {
    guard step == .execute else { return 125 }
    return errno == .noSuchFileOrDirectory ? 127 : 126
  }

  /// The failure as a message between processes: step, errno, operation, and reason if any.
  var message: [UInt8] {
    [step.rawValue, UInt8(truncatingIfNeeded: errno.rawValue)] + Array(operation.text.utf8)
      + (reason.map { [0] + Array($0.text.utf8) } ?? [])
  }

  /// Reads a message of `message`'s form. Who sends it is on the way into the container: what it says is escaped anew.
  init?(message: [UInt8]) {
    guard message.count >= 2, let step = Step(rawValue: message[0]) else { return nil }
    let texts = message[2...].split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
    self.init(
      step,
      Prose(escaping: Array(texts[0])),
      Errno(rawValue: CInt(message[1])),
      reason: texts.count > 1 ? Prose(escaping: Array(texts[1])) : nil
    )
  }
}

/// Runs a system call as a step: its error becomes the step's failure.
func attempt<Result: ~Copyable>(
  _ step: InitFailure.Step,
  _ operation: @autoclosure () -> Prose,
  _ call: () throws(Errno) -> Result
) throws(InitFailure) -> Result {
  do throws(Errno) {
    return try call()
  } catch {
    throw InitFailure(step, operation(), error)
  }
}

extension ResourceLimit {
  /// What sets it, in words.
  var operation: Prose { "ulimit \(resource.shortName)=\(soft):\(hard)" }
}
