package import ContainerPlan
import LinuxABI
import MountNamespace
package import OCISpec

/// What the machine says to the options: all that a spec made of them needs to know.
package struct ShellFacts: Sendable {
  package var caller: Caller
  package var accounts: Accounts
  /// The shell to run when no command is given.
  package var shell: String

  package init(caller: Caller, accounts: Accounts, shell: String) {
    self.caller = caller
    self.accounts = accounts
    self.shell = shell
  }
}

extension Spec {
  /// The spec of `berth shell` with these options. Throws the first flag that cannot be read.
  package init(_ options: ShellOptions, facts: ShellFacts) throws(ShellUsageError) {
    var builder = ShellSpecBuilder(options: options, facts: facts)
    try builder.build()
    self = builder.spec
  }
}

/// A shell's spec in the making. Its parts are in extensions: namespaces, mounts, process.
struct ShellSpecBuilder {
  let options: ShellOptions
  let facts: ShellFacts
  var spec: Spec = Spec()
  var linux: Linux = Linux()
  var created: NamespaceSet = []

  init(options: ShellOptions, facts: ShellFacts) {
    self.options = options
    self.facts = facts
  }

  mutating func build() throws(ShellUsageError) {
    try buildNamespaces()
    try buildRoot()
    try buildMounts()
    try buildProcess()
    spec.linux = linux
  }

  func error(_ flag: String, _ message: String) -> ShellUsageError { ShellUsageError(flag, message) }

  // MARK: The root

  private mutating func buildRoot() throws(ShellUsageError) {
    let directory = facts.caller.workingDirectory
    switch (options.rootfs, options.image) {
    case (.some(let rootfs), .some):
      throw error("--rootfs \(rootfs)", "a root comes from --rootfs or from --image, not from both")
    case (let path?, nil), (nil, let path?): spec.root = Spec.Root(path: absolute(path, directory))
    case (nil, nil): spec.root = Spec.Root(path: "/")
    }
    spec.root?.readonly = options.readOnly ? true : nil
    try buildPropagation()
    guard options.rootfs != nil || options.image != nil else { return }
    linux.maskedPaths = [
      "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
      "/proc/sched_debug", "/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap",
      "/sys/firmware",
    ]
    linux.readonlyPaths = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
  }

  private mutating func buildPropagation() throws(ShellUsageError) {
    guard created.contains(.mount) else { return }
    let flag = "--propagation \(options.propagation)"
    switch options.propagation {
    case "private", "slave": break
    case "shared", "unchanged":
      if options.hasOwnRoot {
        throw error(
          flag,
          "a root of its own has no peer on the host; to share one directory's mounts, use -v SOURCE:DESTINATION:rshared"
        )
      }
    case let other:
      let known = ["private", "slave", "shared", "unchanged"]
      let hint = nearestName(to: other, among: known).map { "; did you mean \($0)?" } ?? ""
      throw error(flag, "this is not a propagation: private, slave, shared and unchanged are\(hint)")
    }
    if options.propagation == "slave", options.image != nil || options.overlay != nil {
      throw error(flag, "nothing is mounted into an image or an overlay on the host: use -v SOURCE:DESTINATION:rslave")
    }
    if options.propagation != "unchanged" { linux.rootfsPropagation = "r" + options.propagation }
  }
}
