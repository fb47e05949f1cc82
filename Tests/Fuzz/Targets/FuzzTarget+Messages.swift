import Criu
import LinuxABI
@testable import Systemd
@testable import SystemdExecution

extension FuzzTarget {
  /// What other programs, and the kernel's sockets, send.
  static var messages: [FuzzTarget] {
    [
      FuzzTarget("dbus", .bytes) { bytes in
        _ = DBusMessage.length(bytes[...])
        guard let message = DBusMessage(bytes[...]) else { return }
        // A double that is no number is not even equal to itself: bytes are compared.
        precondition(DBusMessage(message.bytes[...])?.bytes == message.bytes, "what was written reads otherwise")
      },
      FuzzTarget("property", .lines) { bytes in
        for line in lines(bytes).prefix(8) {
          // The two ways in which annotations name a property; what is wrong is told.
          _ = try? UnitProperty(annotation: "org.systemd.property.Description", value: line)
          _ = try? UnitProperty(annotation: "org.systemd.property.TimeoutStopSec", value: line)
        }
        _ = DBusAddress.all(isOfUser: true, environment: lines(bytes))
      },
      FuzzTarget("criu", .bytes) { bytes in _ = CriuAnswer(bytes) },
      FuzzTarget("sockets", .bytes) { bytes in
        for message in RouteMessage.messages(in: bytes) {
          _ = message.bytes
          _ = message.number(at: 4)
          for attribute in message.attributes { _ = message.text(attribute.kind) }
        }
        _ = MountNotice.notices(in: bytes)
      },
    ]
  }
}
