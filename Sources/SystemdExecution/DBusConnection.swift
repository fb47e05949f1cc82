import LinuxSyscalls
import SystemPackage
import Systemd

/// A connection to a bus, or to systemd itself.
struct DBusConnection: ~Copyable {
  private let socket: Descriptor
  private var lastSerial: UInt32 = 0
  /// What has arrived and was not read yet.
  private var received: [UInt8] = []
  /// How long one answer may take, in milliseconds: systemd may be reloading.
  private static var patience: CInt { 30_000 }

  private init(socket: consuming Descriptor) { self.socket = socket }

  /// Connects and is let in.
  static func open(_ address: DBusAddress) throws(SystemdFailure) -> DBusConnection {
    let operation = "connect to systemd (\(address.path))"
    let socket = try attempt(operation) { () throws(Errno) in
      let socket = try Syscall.unixSocket(.stream)
      try Syscall.connect(socket.borrowed, address.path)
      return socket
    }
    var connection = DBusConnection(socket: socket)
    try connection.authenticate(operation)
    if address.isBus { _ = try connection.call(.bus("Hello"), operation) }
    return connection
  }

  /// Who connects is told by the socket itself, SO_PEERCRED: the mechanism EXTERNAL without an identity of our own, which
  /// in a user namespace would not be the one that the other side sees.
  ///
  /// All of it goes out at once, before any message: systemd reads a message that comes together with BEGIN, and then
  /// waits for more before it looks at it.
  private mutating func authenticate(_ operation: String) throws(SystemdFailure) {
    try send(Array("\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n".utf8), operation)
    var answer = try line(operation)
    if answer == "DATA" { answer = try line(operation) }
    guard answer.hasPrefix("OK ") else { throw SystemdFailure(operation, "not let in: \(answer)") }
  }

  // MARK: Messages

  /// Calls a method and returns what it answers.
  ///
  /// - Parameter signals: what comes meanwhile that is no answer.
  mutating func call(
    _ call: DBusCall,
    _ operation: @autoclosure () -> String,
    signals: (DBusMessage) -> Void = { _ in }
  ) throws(SystemdFailure) -> [DBusValue] {
    lastSerial += 1
    let serial = lastSerial
    try send(call.message(serial: serial).bytes, operation())
    while true {
      let message = try next(operation())
      guard message.answered == serial else {
        signals(message)
        continue
      }
      guard message.kind == .failure else { return message.body }
      let name = message.failureName ?? "an error without a name"
      throw SystemdFailure(operation(), message.body.first?.text ?? name, name: name)
    }
  }

  /// Waits for the next message.
  mutating func next(_ operation: @autoclosure () -> String) throws(SystemdFailure) -> DBusMessage {
    while true {
      if received.count >= 16 {
        guard let length = DBusMessage.length(received[...]) else { throw Self.unreadable(operation()) }
        if received.count >= length {
          guard let message = DBusMessage(received[..<length]) else { throw Self.unreadable(operation()) }
          received.removeFirst(length)
          return message
        }
      }
      try receive(operation())
    }
  }

  private static func unreadable(_ operation: String) -> SystemdFailure {
    SystemdFailure(operation, "what came over the socket is no D-Bus message")
  }

  // MARK: Bytes

  private func send(_ bytes: [UInt8], _ operation: @autoclosure () -> String) throws(SystemdFailure) {
    try attempt(operation()) { () throws(Errno) in try Syscall.write(bytes, to: socket.borrowed) }
  }

  private mutating func receive(_ operation: @autoclosure () -> String) throws(SystemdFailure) {
    guard Syscall.isReadable(socket.borrowed, within: Self.patience) else {
      throw SystemdFailure(operation(), "no answer within \(Self.patience / 1000) seconds")
    }
    let bytes = try attempt(operation()) { () throws(Errno) in try Syscall.read(socket.borrowed, count: 65536) }
    if bytes.isEmpty { throw SystemdFailure(operation(), "the connection was closed") }
    received += bytes
  }

  private mutating func line(_ operation: String) throws(SystemdFailure) -> String {
    while true {
      if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: received[..<end], as: UTF8.self)
        received.removeSubrange(...end)
        return line.hasSuffix("\r") ? String(line.dropLast()) : line
      }
      try receive(operation)
    }
  }
}

/// A method to call.
struct DBusCall {
  var member: String
  var interface: String
  var path: String
  var destination: String
  var arguments: [DBusValue]

  /// A method of systemd's manager, org.freedesktop.systemd1(5).
  static func manager(_ member: String, _ arguments: [DBusValue] = []) -> DBusCall {
    DBusCall(
      member: member,
      interface: "org.freedesktop.systemd1.Manager",
      path: "/org/freedesktop/systemd1",
      destination: "org.freedesktop.systemd1",
      arguments: arguments
    )
  }

  /// A method of the bus itself.
  static func bus(_ member: String, _ arguments: [DBusValue] = []) -> DBusCall {
    DBusCall(
      member: member,
      interface: "org.freedesktop.DBus",
      path: "/org/freedesktop/DBus",
      destination: "org.freedesktop.DBus",
      arguments: arguments
    )
  }

  func message(serial: UInt32) -> DBusMessage {
    DBusMessage(call: member, of: interface, on: path, at: destination, serial: serial, arguments)
  }
}
