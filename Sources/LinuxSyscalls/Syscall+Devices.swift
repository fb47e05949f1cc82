import CLinux
package import LinuxABI
package import SystemPackage

extension Syscall {
  /// The foreground process group of a terminal; `ENOTTY` for what is none. The C function is `tcgetpgrp`.
  package static func foregroundGroup(of terminal: FileDescriptor) throws(Errno) -> Int32 {
    var group: CInt = 0
    try check(unsafe linux_ioctl(terminal.rawValue, UInt(TIOCGPGRP), &group))
    return group
  }

  /// Makes a process group the terminal's foreground. The C function is `tcsetpgrp`.
  package static func setForegroundGroup(_ group: Int32, of terminal: FileDescriptor) throws(Errno) {
    var group = group
    try check(unsafe linux_ioctl(terminal.rawValue, UInt(TIOCSPGRP), &group))
  }

  /// A terminal's settings, as the kernel keeps them. The C function is `tcgetattr`.
  package static func settings(of terminal: FileDescriptor) throws(Errno) -> [UInt8] {
    var settings = [UInt8](repeating: 0, count: 64)  // struct termios of the kernel has 36
    let answer = unsafe settings.withUnsafeMutableBytes {
      unsafe linux_ioctl(terminal.rawValue, 0x5401, $0.baseAddress)
    }
    try check(answer)
    return settings
  }

  /// Gives a terminal settings that it had. The C function is `tcsetattr`.
  package static func setSettings(_ settings: [UInt8], of terminal: FileDescriptor) throws(Errno) {
    var settings = settings
    let answer = unsafe settings.withUnsafeMutableBytes {
      unsafe linux_ioctl(terminal.rawValue, 0x5402, $0.baseAddress)
    }
    try check(answer)
  }

  /// Takes the lock of a new pseudoterminal's other end, ioctl_tty(2) `TIOCSPTLCK`.
  package static func unlockTerminal(_ master: FileDescriptor) throws(Errno) {
    var isLocked: CInt = 0
    try check(unsafe linux_ioctl(master.rawValue, 0x4004_5431, &isLocked))
  }

  /// Opens the other end of a pseudoterminal, whatever its path may lead to, ioctl_tty(2) `TIOCGPTPEER`.
  package static func peer(ofTerminal master: FileDescriptor) throws(Errno) -> Descriptor {
    // O_RDWR, O_NOCTTY, O_CLOEXEC
    try checkDescriptor(linux_ioctl_value(master.rawValue, 0x5441, 0o2 | 0o400 | 0o2000000))
  }

  /// Makes a terminal the controlling one of this process's session, ioctl_tty(2) `TIOCSCTTY`.
  package static func control(_ terminal: FileDescriptor) throws(Errno) {
    try check(linux_ioctl_value(terminal.rawValue, 0x540E, 0))
  }

  /// Sets the size of a terminal, ioctl_tty(2) `TIOCSWINSZ`.
  package static func setSize(_ size: TerminalSize, of terminal: FileDescriptor) throws(Errno) {
    var record: [UInt16] = [size.rows, size.columns, 0, 0]  // struct winsize
    let answer = unsafe record.withUnsafeMutableBytes {
      unsafe linux_ioctl(terminal.rawValue, 0x5414, $0.baseAddress)
    }
    try check(answer)
  }

  /// The size of a terminal, ioctl_tty(2) `TIOCGWINSZ`.
  package static func size(of terminal: FileDescriptor) throws(Errno) -> TerminalSize {
    var record: [UInt16] = [0, 0, 0, 0]
    let answer = unsafe record.withUnsafeMutableBytes {
      unsafe linux_ioctl(terminal.rawValue, 0x5413, $0.baseAddress)
    }
    try check(answer)
    return TerminalSize(rows: record[0], columns: record[1])
  }

  /// The process group of this process. The C function is `getpgid`.
  package static func processGroup() throws(Errno) -> Int32 { Int32(try check(linux_getpgid(0))) }

  /// Makes this process the leader of a new process group. The C function is `setpgid`.
  package static func leadProcessGroup() throws(Errno) { try check(linux_setpgid(0, 0)) }

  /// Brings up the loopback interface of this process's network namespace, netdevice(7) `SIOCSIFFLAGS`.
  package static func bringUpLoopback() throws(Errno) {
    let socket = try checkDescriptor(linux_socket(AF_INET, 2 | CInt(0o2000000), 0))  // SOCK_DGRAM | SOCK_CLOEXEC
    var request = [UInt8](repeating: 0, count: 40)  // struct ifreq
    request[0] = UInt8(ascii: "l")
    request[1] = UInt8(ascii: "o")
    request[16] = 0x41  // ifr_flags: IFF_UP | IFF_RUNNING
    let answer = unsafe request.withUnsafeMutableBytes { unsafe linux_ioctl(socket.rawValue, 0x8914, $0.baseAddress) }
    try check(answer)
  }

  /// The number of a free loop device, loop(4) `LOOP_CTL_GET_FREE`.
  package static func freeLoopDevice(control: FileDescriptor) throws(Errno) -> Int {
    try check(linux_ioctl_value(control.rawValue, UInt(LOOP_CTL_GET_FREE), 0))
  }

  /// Puts a file behind a loop device, read-only, until the last user of the device ends, loop(4) `LOOP_CONFIGURE`.
  package static func configureLoopDevice(_ device: FileDescriptor, file: FileDescriptor) throws(Errno) {
    var configuration = loop_config()
    configuration.fd = UInt32(file.rawValue)
    configuration.info.lo_flags = 1 | 4  // LO_FLAGS_READ_ONLY | LO_FLAGS_AUTOCLEAR
    try check(unsafe linux_ioctl(device.rawValue, 0x4C0A, &configuration))
  }

  /// The magic number of the file system that a file is on. The C function is `fstatfs`.
  package static func fileSystemMagic(of file: FileDescriptor) throws(Errno) -> Int {
    try check(linux_fstatfs_type(file.rawValue))
  }

  /// Whether the mount, or the file system, that a file is on is read-only. The C function is `fstatfs`, `ST_RDONLY`.
  package static func isOnReadOnlyMount(_ file: FileDescriptor) throws(Errno) -> Bool {
    try check(linux_fstatfs_flags(file.rawValue)) & 1 != 0
  }

  /// The number of this process's threads, from /proc/self/task. Zero if /proc isn't mounted.
  package static func threadCount() -> Int {
    // A directory's link count is 2 and one for each directory in it, and each thread is one.
    var record = CLinux.statx()
    let answer = unsafe linux_statx(-100, "/proc/self/task", 0, 0x4, &record)  // STATX_NLINK
    return answer < 0 ? 0 : max(0, Int(record.stx_nlink) - 2)
  }
}
