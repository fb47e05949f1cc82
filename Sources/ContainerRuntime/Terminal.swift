import LinuxABI
import LinuxSyscalls
import SystemPackage

/// The terminal on standard input, if there is one, and who was in its foreground.
struct Terminal {
  private let foreground: Int32?

  /// Whether this process was in the foreground.
  let isInForeground: Bool

  init() {
    let group = try? Syscall.foregroundGroup(of: .standardInput)
    foreground = group
    isInForeground = group != nil && group == (try? Syscall.processGroup())
  }

  /// Waits, as a shell does that is started in the background, until the user brings it to the foreground.
  static func inForeground() -> Terminal {
    var terminal = Terminal()
    // What has no one to continue it is not stopped by the signal: it goes on in the background.
    for _ in 0..<16 where terminal.foreground != nil && !terminal.isInForeground {
      try? Syscall.kill(0, Signal.terminalInput)  // To this process's own group: that is always permitted.
      terminal = Terminal()
    }
    return terminal
  }

  /// Gives the foreground back: a shell that ended in the container may have left its own group there.
  func restore() {
    guard let foreground, let now = try? Syscall.foregroundGroup(of: .standardInput), now != foreground else { return }
    try? Syscall.setForegroundGroup(foreground, of: .standardInput)  // The terminal may be gone by now.
  }
}
