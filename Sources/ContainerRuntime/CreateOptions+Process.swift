import ContainerPlan
import LinuxABI
import LinuxSyscalls
import SystemPackage

extension CreateOptions {
  /// Refuses what cannot work before anything is made.
  func check(_ plan: ContainerPlan, terminal: FileDescriptor?) throws(RuntimeFailure) {
    let hasTerminal = plan.process.terminal != nil
    if hasTerminal, terminal == nil, consoleSocket == nil {
      throw RuntimeFailure("cannot allocate tty if berth will detach without setting console socket (--console-socket)")
    }
    if !hasTerminal, consoleSocket != nil {
      throw RuntimeFailure("cannot use console socket if berth will not detach or allocate tty (process.terminal)")
    }
    for number in 3..<(3 + preservedDescriptors) {
      // berth's own have these numbers where the caller left them free: none of them outlives execve(2).
      let isOwn = try? Syscall.closesOnExecution(FileDescriptor(rawValue: CInt(number)))
      if isOwn != false { throw RuntimeFailure("--preserve-fds: descriptor \(number) is not open") }
    }
  }

  /// Connects to who takes the terminal's other end.
  func connectToConsole(_ plan: ContainerPlan) throws(RuntimeFailure) -> Descriptor? {
    guard let path = consoleSocket, plan.process.terminal != nil else { return nil }
    return try connect(to: path, .stream, "--console-socket")
  }

  /// Tells the process's id, and gives a descriptor of it, to those who asked for that.
  func tell(_ id: Int32, _ process: FileDescriptor) throws(RuntimeFailure) {
    if let path = pidfdSocket {
      let socket = try connect(to: path, .stream, "--pidfd-socket")
      try attempt("send the pidfd to \(path)") { () throws(Errno) in
        try Syscall.send(Array("pidfd".utf8), with: process, over: socket.borrowed)
      }
    }
    guard let path = pidFile else { return }
    try PidFile(path).write(id)
  }
}

/// Connects to the unix socket at a path, which `option` gave.
func connect(to path: String, _ type: SocketType, _ option: String) throws(RuntimeFailure) -> Descriptor {
  try attempt("\(option): connect to \(path)") { () throws(Errno) in
    let socket = try Syscall.unixSocket(type)
    try Syscall.connect(socket.borrowed, path)
    return socket
  }
}
