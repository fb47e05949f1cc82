import LinuxABI
import LinuxSyscalls
import SystemPackage

/// A word between berth and a process on its way to becoming a container's.
///
///     berth                                          the process
///     clone3 ──────────────────────────────────────► leaves the caller's session
///     has it put in its cgroup     inCgroup ───────► (where it is not born in it)
///     writes id maps               idsMapped ──────► (with a user namespace of its own)
///                                                    namespaces, mounts
///     maps the ids of a mount ◄─────── treeToMap      (for each that earlier mounts bring, in the plan's order)
///                                treeMapped ───────►
///     runs hooks             ◄────── atHooks         (with prestart or createRuntime hooks)
///                                 hooksRun ────────► the root, names, parameters, terminal, credentials
///     limits, state, pid file ◄────── isReady
///                                       go ────────► is on its own: berth may end
///     reads the end of file  ◄──────                 closes the channel: execve, or the wait for `berth start`
///
/// In place of each word of the process's, an `InitFailure`. A word is a message's first byte, beyond those of failures.
enum InitWord: UInt8, Hashable, Sendable {
  case idsMapped = 200
  case inCgroup, hooksRun, go, atHooks, isReady, treeToMap, treeMapped
}

/// A message of the process to berth.
enum InitMessage {
  case word(InitWord)
  case failure(InitFailure)
  /// The channel is closed: the process has been started, or waits to be, or has ended.
  case end

  init(_ bytes: [UInt8]) {
    if let first = bytes.first, let word = InitWord(rawValue: first) {
      self = .word(word)
    } else if let failure = InitFailure(message: bytes) {
      self = .failure(failure)
    } else {
      self = .end
    }
  }
}
