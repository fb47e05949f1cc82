import CgroupExecution
package import ContainerPlan
package import LinuxABI
import LinuxSyscalls
package import NamespaceJoining
import OCISpec
import SystemPackage

/// Who makes and limits cgroups.
package enum CgroupDriver: String, CaseIterable, Hashable, Sendable {
  /// berth, by the file system.
  case cgroupfs
  /// systemd, which berth asks.
  case systemd
  /// Nobody: the container stays in berth's own.
  case disabled
}

/// The OCI runtime: its commands act on containers of one store.
package struct Runtime: Sendable {
  package var store: ContainerStore
  package var cgroupDriver: CgroupDriver
  /// The annotations that may reach the host, as far as the command line says so.
  package var allowedAnnotations: AllowedAnnotations
  /// Told what does not stop a command, and its user should know.
  package var warn: @Sendable (Prose) -> Void
  /// Told what only who looks for a fault wants to know.
  package var debug: @Sendable (() -> Prose) -> Void

  package init(
    root: String,
    cgroupDriver: CgroupDriver,
    allowedAnnotations: AllowedAnnotations = AllowedAnnotations(),
    warn: @escaping @Sendable (Prose) -> Void,
    debug: @escaping @Sendable (() -> Prose) -> Void
  ) {
    store = ContainerStore(root: root)
    self.cgroupDriver = cgroupDriver
    self.allowedAnnotations = allowedAnnotations
    self.warn = warn
    self.debug = debug
  }
}

/// How a container is created.
package struct CreateOptions: Hashable, Sendable {
  /// What the container's process is made by, and comes near to others'.
  package let program: SealedProgram
  package var bundle: String = "."
  /// The unix socket that gets the terminal's other end.
  package var consoleSocket: String?
  /// The unix socket that gets a pidfd of the process.
  package var pidfdSocket: String?
  /// The file that gets the process's id.
  package var pidFile: String?
  package var noPivot: Bool = false
  package var noNewKeyring: Bool = false
  /// How many descriptors behind standard error the process gets.
  package var preservedDescriptors: UInt32 = 0

  package init(as program: SealedProgram) { self.program = program }
}
