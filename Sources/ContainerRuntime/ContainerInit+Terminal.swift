import ContainerPlan
import LinuxABI
import LinuxSyscalls
import SystemPackage

extension ContainerInit {
  /// Makes the process's terminal from the container's own devpts, and sends its other end to who asked for it.
  ///
  /// All of it by descriptors: CVE-2025-52565 had a link put in the place of the path that was to be bound.
  func makeTerminal(_ process: ProcessPlan, _ socket: FileDescriptor) throws(InitFailure) {
    try attempt(.terminal, "make a terminal (open /dev/ptmx of the container)") { () throws(Errno) in
      let master = try openMaster()
      try Syscall.unlockTerminal(master.borrowed)
      let terminal = try Syscall.peer(ofTerminal: master.borrowed)
      if let size = process.terminal?.size { try Syscall.setSize(size, of: master.borrowed) }
      if duties?.isAttended ?? false { try keepLines(terminal.borrowed) }
      if plan.created.contains(.mount) { try coverConsole(with: terminal.borrowed) }
      try Syscall.send(Array("/dev/ptmx".utf8), with: master.borrowed, over: socket)
      for number: CInt in 0...2 { try Syscall.duplicate(terminal.borrowed, as: number) }
      try Syscall.control(.standardInput)
    }
  }

  /// Has the terminal leave line ends alone: who reads berth's output gets lines as the process wrote them.
  private func keepLines(_ terminal: FileDescriptor) throws(Errno) {
    var settings = try Syscall.settings(of: terminal)
    settings[4] &= ~0o4  // The output flags, behind the input flags: ONLCR, termios(3).
    try Syscall.setSettings(settings, of: terminal)
  }

  private func openMaster() throws(Errno) -> Descriptor {
    let master = try Syscall.open("/dev/ptmx", [.readWrite, .noTerminal], resolve: .noMagicLinks)
    let status = try Syscall.status(of: master.borrowed)
    guard status.kind == .characterDevice, status.device == DeviceNumber(major: 5, minor: 2) else {
      throw .noSuchAddressOrDevice
    }
    return master
  }

  /// Puts the terminal in the place of /dev/console, config-linux.md "Default Devices".
  private func coverConsole(with terminal: FileDescriptor) throws(Errno) {
    guard let console = try? Syscall.open("/dev/console", [.path, .noFollow]) else { return }
    let mount = try Syscall.cloneTree(at: terminal, recursive: false)
    try Syscall.moveMount(mount.borrowed, onto: console.borrowed)
  }

  /// Gives the process its standard streams, as far as they are not devices that all share.
  func takeOwnership(_ process: ProcessPlan) throws(InitFailure) {
    for number: CInt in 0...2 {
      let stream = FileDescriptor(rawValue: number)
      guard let status = try? Syscall.status(of: stream), status.userID != process.userID,
        status.device != DeviceNumber(major: 1, minor: 3)
      else { continue }
      // A stream from outside may belong to nobody here, or be on a read-only file system: it works all the same.
      try? Syscall.setOwner(user: process.userID, group: status.groupID, at: stream, "")
    }
  }
}
