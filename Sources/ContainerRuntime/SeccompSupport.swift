import LinuxABI
import LinuxSyscalls
import Seccomp
import SeccompCompilation

/// What `features` and `--version` tell of seccomp here.
package enum SeccompSupport {
  /// The flags of a profile that this kernel takes.
  package static var flags: [String] {
    SeccompFlags.names.filter { entry in
      // Who waits for a listener needs one, seccomp(2).
      Syscall.knowsSeccompFlags(entry.flag == .waitKillable ? [entry.flag, .newListener] : entry.flag)
    }.map(\.name)
  }

  /// The version of libseccomp.
  package static var libraryVersion: String { libseccompVersion }
}
