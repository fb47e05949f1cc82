import CLinux
package import LinuxABI
package import SystemPackage

extension Syscall {
  /// A socket to the routing of this process's network namespace, which it stays with. The C function is `socket`,
  /// with `NETLINK_ROUTE`.
  package static func routeSocket() throws(Errno) -> Descriptor {
    try checkDescriptor(linux_socket(16, 3 | CInt(0o2000000), 0))  // AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC
  }

  /// Asks the kernel's routing, and returns what it answers. The C functions are `write` and `read`.
  package static func ask(_ message: RouteMessage, _ socket: FileDescriptor) throws(Errno) -> [RouteMessage] {
    try write(message.bytes, to: socket)
    var answers: [RouteMessage] = []
    while true {
      // The kernel puts no more than 32 KiB into one answer.
      for answer in RouteMessage.messages(in: try read(socket, count: 65536)) {
        switch RouteMessage.Kind(rawValue: answer.kind) {
        case .failure:
          let error = CInt(bitPattern: answer.number(at: 0))
          if error != 0 { throw Errno(rawValue: -error) }
          return answers
        case .done: return answers
        default:
          answers.append(answer)
        }
      }
    }
  }
}
