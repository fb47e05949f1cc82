import LinuxABI
import LinuxSyscalls
import SystemPackage

/// The terminal on standard input, if there is one: who was in its foreground, and its settings.
struct Terminal {
  private let foreground: Int32?

  /// Whether this process was in the foreground.
  let isInForeground: Bool

  private let settings: [UInt8]?

  init() {
    let group = try? Syscall.foregroundGroup(of: .standardInput)
    foreground = group
    isInForeground = group != nil && group == (try? Syscall.processGroup())
    settings = isInForeground ? try? Syscall.settings(of: .standardInput) : nil
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

  /// Gives the foreground back: a shell that ended in the container may have left its own group there. One that was killed
  /// may also have left the terminal as it reads keys, without lines and echo.
  func restore(after end: ProcessEnd) {
    guard let foreground else { return }
    // The terminal may be gone by now, and then nothing of it is left to restore.
    if (try? Syscall.foregroundGroup(of: .standardInput)) != foreground {
      try? Syscall.setForegroundGroup(foreground, of: .standardInput)
    }
    if case .killed = end, let settings { try? Syscall.setSettings(settings, of: .standardInput) }
  }
}
