import CLinux
package import SystemPackage

/// How a unix socket cuts what is sent, unix(7).
package enum SocketType: CInt, Hashable, Sendable {
  /// Bytes without end. The C constant is `SOCK_STREAM`.
  case stream = 1
  /// Messages that stay whole, in order. The C constant is `SOCK_SEQPACKET`.
  case messages = 5
}

extension Syscall {
  /// A new unix socket. The C function is `socket`.
  package static func unixSocket(_ type: SocketType) throws(Errno) -> Descriptor {
    try checkDescriptor(linux_socket(AF_UNIX, type.rawValue | CInt(0o2000000), 0))  // SOCK_CLOEXEC
  }

  /// Gives a unix socket a name in a directory. The C function is `bind`.
  ///
  /// The directory's descriptor keeps the address short, whose limit is 107 bytes: unix(7) "sun_path".
  package static func bind(_ socket: FileDescriptor, at directory: FileDescriptor, _ name: String) throws(Errno) {
    let address = try unixAddress("\(directory.procPath)/\(name)")
    let answer = unsafe address.withUnsafeBytes { bytes -> Int in
      guard let base = bytes.baseAddress else { return -22 }
      return unsafe linux_bind(socket.rawValue, base, UInt32(bytes.count))
    }
    try check(answer)
  }

  /// Connects to the unix socket that a path leads to, of any length. The C function is `connect`.
  package static func connect(
    _ socket: FileDescriptor,
    at directory: FileDescriptor = .workingDirectory,
    _ path: String
  ) throws(Errno) {
    // An address has room for a short path alone: the one to what a descriptor is open on is, whatever the file's own is.
    let file = try open(at: directory, path, .path)
    let address = try unixAddress(file.borrowed.procPath)
    let answer = try retrying {
      unsafe address.withUnsafeBytes { bytes -> Int in
        guard let base = bytes.baseAddress else { return -22 }
        return unsafe linux_connect(socket.rawValue, base, UInt32(bytes.count))
      }
    }
    try check(answer)
  }

  /// `struct sockaddr_un` for a path.
  private static func unixAddress(_ path: String) throws(Errno) -> [UInt8] {
    var address: [UInt8] = [1, 0]  // AF_UNIX
    address += path.utf8
    address.append(0)
    if address.count > 110 { throw Errno(rawValue: CInt(ENAMETOOLONG)) }
    return address
  }

  /// Lets others connect to a socket. The C function is `listen`.
  package static func listen(_ socket: FileDescriptor) throws(Errno) { try check(linux_listen(socket.rawValue, 8)) }

  /// Waits for a connection to a listening socket. The C function is `accept4`.
  package static func accept(_ socket: FileDescriptor) throws(Errno) -> Descriptor {
    Descriptor(owning: CInt(try retrying { linux_accept4(socket.rawValue, CInt(0o2000000)) }))
  }

  /// Sends bytes and a descriptor, unix(7) `SCM_RIGHTS`. The C function is `sendmsg`.
  package static func send(_ bytes: [UInt8], with file: FileDescriptor, over socket: FileDescriptor) throws(Errno) {
    // struct cmsghdr: u64 length, s32 SOL_SOCKET, s32 SCM_RIGHTS; then the descriptor, padded to eight bytes.
    var control: [UInt64] = [20, 1 << 32 | 1, UInt64(UInt32(bitPattern: file.rawValue))]
    var bytes = bytes
    try retrying {
      unsafe bytes.withUnsafeMutableBytes { bytes in
        unsafe withMessage(bytes, &control) { message in
          unsafe linux_sendmsg(socket.rawValue, &message, 0x4000)  // MSG_NOSIGNAL
        }
      }
    }
  }

  /// Receives at most `count` bytes and the descriptor that came with them, if one did. The C function is `recvmsg`.
  package static func receive(
    _ socket: FileDescriptor,
    count: Int
  ) throws(Errno) -> (bytes: [UInt8], file: CInt?) {
    // Room for one descriptor and not for two: the kernel drops what does not fit, and hands over all that does.
    var control: [UInt64] = [0, 0, 0]
    var answer = 0
    var bytes: [UInt8]
    repeat {
      bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        answer = unsafe withMessage(UnsafeMutableRawBufferPointer(buffer), &control) { message in
          unsafe linux_recvmsg(socket.rawValue, &message, 0x4000_0000)  // MSG_CMSG_CLOEXEC
        }
        filled = max(0, answer)
      }
    } while answer == -Int(Errno.interrupted.rawValue)
    try check(answer)
    let hasFile = control[0] >= 20 && control[1] == 1 << 32 | 1
    return (bytes, hasFile ? CInt(truncatingIfNeeded: control[2]) : nil)
  }

  private static func withMessage(
    _ bytes: UnsafeMutableRawBufferPointer,
    _ control: inout [UInt64],
    _ body: (inout msghdr) -> Int
  ) -> Int {
    unsafe control.withUnsafeMutableBytes { control in
      var vector = unsafe iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
      return unsafe withUnsafeMutablePointer(to: &vector) { vector in
        var message = unsafe msghdr()
        unsafe message.msg_iov = vector
        unsafe message.msg_iovlen = 1
        unsafe message.msg_control = control.baseAddress
        unsafe message.msg_controllen = 20  // CMSG_LEN of one descriptor
        return unsafe body(&message)
      }
    }
  }
}
