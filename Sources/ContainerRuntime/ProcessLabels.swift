import ContainerPlan
import LinuxABI
import LinuxSyscalls
import MountExecution
import MountNamespace
import SystemPackage

/// The labels of security modules that a process's program will run under.
///
/// Written through a procfs of berth's own: CVE-2025-52881 sent such writes elsewhere by mounts in the container.
struct ProcessLabels: ~Copyable {
  private var files: [(file: FileDescriptor, text: String, operation: Prose)] = []

  /// Opens what `apply` writes to, while the privileges are there.
  init(_ process: ProcessPlan) throws(InitFailure) {
    var labels: [(path: String, text: String, operation: Prose)] = []
    if let profile = process.appArmorProfile {
      labels.append(("attr/apparmor/exec", "exec \(profile)", "process.apparmorProfile: aa-exec -p \(profile)"))
    }
    if let label = process.seLinuxLabel {
      labels.append(("attr/exec", label, "process.selinuxLabel: runcon \(label)"))
    }
    if labels.isEmpty { return }
    for label in labels {
      let file = try attempt(.label, label.operation) { () throws(Errno) in
        var reason: String?
        let procfs = try makeMount(of: FileSystem(type: "proc"), attributes: [], reason: &reason)
        return try Syscall.open(
          at: procfs.borrowed,
          "\(Syscall.processID)/" + label.path,
          .writeOnly,
          resolve: [.noSymbolicLinks, .noOtherMounts]
        )
      }
      files.append((FileDescriptor(rawValue: file.release()), label.text, label.operation))
    }
  }

  /// Has the next execve(2) change to the labels.
  func apply() throws(InitFailure) {
    for (file, text, operation) in files {
      try attempt(.label, operation) { () throws(Errno) in try Syscall.write(Array(text.utf8), to: file) }
    }
  }
}
