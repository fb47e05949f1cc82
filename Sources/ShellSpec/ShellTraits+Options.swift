package import ContainerPlan
package import OCISpec

extension ShellTraits {
  /// What the options ask for beyond the spec that is made of them.
  package init(_ options: ShellOptions, workingDirectory: String) {
    self.init()
    overlay = options.overlay.map {
      $0 == ShellOptions.temporaryOverlay ? .temporary : .kept(absolute($0, workingDirectory))
    }
    keepsPropagation = options.propagation == "unchanged"
    hasInit = options.hasInit
    isForegroundJob = options.runsInteractiveShell
  }
}

extension ShellOptions {
  /// The value of `overlay` for a layer that vanishes.
  package static var temporaryOverlay: String { "tmpfs" }

  /// Whether the command is a shell for a person: none given, or one without arguments.
  fileprivate var runsInteractiveShell: Bool {
    let shells = ["ash", "bash", "dash", "fish", "ksh", "mksh", "sh", "zsh"]
    let name = command.first?.split(separator: "/").last.map(String.init)
    return command.isEmpty || command.count == 1 && shells.contains { $0 == name }
  }

  /// What is said beside a printed config.json that cannot say all that was asked for; nil if it can.
  package var noteOfTraits: String? {
    var flags: [String] = []
    if let overlayFlag { flags.append("\(overlayFlag) (the root is read-only instead)") }
    if propagation == "unchanged" { flags.append("--propagation unchanged") }
    if hasInit { flags.append("--init") }
    if flags.isEmpty { return nil }
    return "config.json has no field for \(flags.joined(separator: ", ")): what runs it does without"
  }
}

extension Spec {
  /// The spec as it is printed, to be run by whatever runtime: writes that an overlay was to take reach nothing.
  package func printed(without traits: ShellTraits) -> Spec {
    var spec = self
    if traits.overlay != nil { spec.root?.readonly = true }
    return spec
  }
}
