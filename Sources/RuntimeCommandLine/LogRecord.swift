import JSON
package import LinuxABI

/// A line of the log, in the forms of logrus that clients read: containerd and Podman show the last one's `msg`.
package struct LogRecord: Hashable, Sendable {
  package var level: Level
  package var message: Prose
  package var time: Timestamp

  package enum Level: String, Sendable { case debug, info, warning, error }

  package init(_ level: Level, _ message: Prose, at time: Timestamp) {
    self.level = level
    self.message = message
    self.time = time
  }

  package func line(as format: GlobalOptions.LogFormat) -> String {
    switch format {
    case .json:
      "{\"level\":\"\(level.rawValue)\",\"msg\":\(JSONValue.quoted(message.text)),\"time\":\"\(time)\"}\n"
    case .text:
      "time=\"\(time)\" level=\(level.rawValue) msg=\(Self.logfmt(message.text))\n"
    }
  }

  /// A word as it is, anything else as a string of Go's.
  private static func logfmt(_ text: String) -> String {
    let isWord = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "/"), UInt8(ascii: "@"), UInt8(ascii: "^"), UInt8(ascii: "+"):
        true
      default: false
      }
    }
    return isWord && !text.isEmpty ? text : JSONValue.quoted(text)
  }
}
