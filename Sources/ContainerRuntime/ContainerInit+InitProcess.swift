import LinuxABI
import LinuxSyscalls
import SystemPackage

extension ContainerInit {
  /// Stays behind as the container's PID 1, and returns in the child that becomes the command.
  ///
  /// It reaps what is left to it, forwards signals to the command, and ends with the command's status.
  func runInitProcess(channel: FileDescriptor) throws(InitFailure) {
    // Blocked since before the clone: none is lost between here and the first read.
    let signals = try attempt(.execute, "signalfd") { () throws(Errno) in
      try Syscall.signalDescriptor(.all)
    }
    let (near, far) = try attempt(.createProcess, "socketpair") { () throws(Errno) in try Syscall.messagePair() }
    let gate = Descriptor(owning: near)
    let initsEnd = Descriptor(owning: far)
    switch try attempt(.createProcess, "fork", { () throws(Errno) in try Syscall.clone(namespaces: []) }) {
    case .child:
      // The command's execve(2) must be the last to close the channel: until it is closed, berth takes a signal for one
      // that ends the start.
      _ = consume initsEnd
      _ = try attempt(.execute, "wait for the init") { () throws(Errno) in try Syscall.read(gate.borrowed, count: 1) }
    case .parent(let command, _):
      do throws(Errno) {
        try Syscall.setDumpable(false)
        try Syscall.setParentDeathSignal(Signal.kill)
        if Syscall.isReadable(channel) { Syscall.exitNow(125) }
        // This closes the channel, and opens the gate.
        try Syscall.closeRange(from: 3, except: signals.borrowed)
        Syscall.exitNow(try supervise(command, signals: signals.borrowed))
      } catch {
        Syscall.exitNow(125)
      }
    }
  }

  private func supervise(_ command: Int32, signals: FileDescriptor) throws(Errno) -> Int32 {
    while true {
      let signal = try Syscall.readSignal(signals)
      if signal.number == Signal.child {
        while let (id, end) = try Syscall.reapAny() {
          if id == command { return end.shellStatus }
        }
      } else if !signal.isFromKernel {
        // What a terminal sends reaches the command by itself: it is in the same process group.
        try? Syscall.kill(command, signal.number)  // The command may have ended just now: its status comes next.
      }
    }
  }
}
