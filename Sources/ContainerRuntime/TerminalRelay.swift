import LinuxABI
import LinuxSyscalls
import SystemPackage

/// Carries bytes between berth's own standard streams and the terminal of a process, and the size of the one to the other.
struct TerminalRelay: ~Copyable {
  private let master: Descriptor
  /// The settings of berth's own terminal, to be put back; nil if it has none.
  private let settings: [UInt8]?

  init(master: consuming Descriptor) {
    self.master = master
    settings = try? Syscall.settings(of: .standardInput)  // Not a terminal: nothing to restore.
  }

  /// Carries until the process has ended and all that it wrote is through; returns its end.
  consuming func run(
    _ process: FileDescriptor,
    id: Int32,
    _ forwarding: borrowing SignalForwarding
  ) throws(Errno) -> ProcessEnd {
    if let settings {
      try Syscall.setSettings(Self.raw(settings), of: .standardInput)
      takeSize()
    }
    defer {
      // A terminal that is gone by now needs nothing put back.
      if let settings { try? Syscall.setSettings(settings, of: .standardInput) }
    }
    var inputIsOpen = true
    var end: ProcessEnd?
    while true {
      let ready = try Syscall.waitReadable(
        [
          master.borrowed, forwarding.descriptor.borrowed, inputIsOpen ? .standardInput : .none,
        ],
        milliseconds: end == nil ? -1 : 0
      )
      if ready[0] {
        // EIO: nobody has the terminal open any more, ioctl_tty(2).
        let bytes = (try? Syscall.read(master.borrowed, count: 32768)) ?? []
        if bytes.isEmpty {
          if let end { return end }
          return try Syscall.wait(for: process)
        }
        try Syscall.write(bytes, to: .standardOutput)
      } else if let end {
        return end
      }
      if ready[2] {
        let bytes = try Syscall.read(.standardInput, count: 4096)
        inputIsOpen = !bytes.isEmpty
        // At the end of what is put in, a terminal says so by a character: Ctrl-D.
        try Syscall.write(bytes.isEmpty ? [4] : bytes, to: master.borrowed)
      }
      if ready[1] { end = try handle(process, id: id, forwarding) ?? end }
    }
  }

  /// Passes a signal on; returns the process's end, if that was it.
  private func handle(
    _ process: FileDescriptor,
    id: Int32,
    _ forwarding: borrowing SignalForwarding
  ) throws(Errno) -> ProcessEnd? {
    let signal = try Syscall.readSignal(forwarding.descriptor.borrowed)
    switch signal.number {
    case Signal.child: return try Syscall.endIfEnded(process)
    case Signal.windowChange: takeSize()
    default: try? Syscall.send(signal.number, to: process)  // It may have ended just now: its end comes next.
    }
    return nil
  }

  private func takeSize() {
    // Without a size of its own, the terminal keeps what it has.
    guard let size = try? Syscall.size(of: .standardInput) else { return }
    try? Syscall.setSize(size, of: master.borrowed)
  }

  /// Settings under which every byte that is typed passes as it is, termios(3) "cfmakeraw". What is printed is still processed: line ends
  /// become what a terminal wants here, and not at the container's.
  private static func raw(_ settings: [UInt8]) -> [UInt8] {
    // struct termios of the kernel: input, output, control and local flags, the line, then the characters.
    var settings = settings
    clear(0o2753, at: 0, &settings)  // IGNBRK BRKINT PARMRK ISTRIP INLCR IGNCR ICRNL IXON
    clear(0o400, at: 8, &settings)  // PARENB
    clear(0o100113, at: 12, &settings)  // ISIG ICANON ECHO ECHONL IEXTEN
    settings[8] |= 0o60  // CS8
    settings[17 + 5] = 0  // VTIME
    settings[17 + 6] = 1  // VMIN
    return settings
  }

  /// Clears bits of the flags at an offset.
  private static func clear(_ bits: UInt32, at offset: Int, _ settings: inout [UInt8]) {
    for byte in 0..<4 { settings[offset + byte] &= ~UInt8(truncatingIfNeeded: bits >> UInt32(byte * 8)) }
  }
}
