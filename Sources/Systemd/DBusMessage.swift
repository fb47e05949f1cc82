/// A message between two programs, D-Bus specification "Message Protocol".
package struct DBusMessage: Hashable, Sendable {
  package enum Kind: UInt8, Hashable, Sendable {
    case call = 1
    case answer, failure, signal
  }

  package var kind: Kind
  package var serial: UInt32
  /// The serial number of the call that this answers.
  package var answered: UInt32?
  package var path: String?
  package var interface: String?
  package var member: String?
  /// The name of a failure.
  package var failureName: String?
  package var destination: String?
  package var body: [DBusValue] = []

  package init(_ kind: Kind, serial: UInt32) {
    self.kind = kind
    self.serial = serial
  }

  /// A call of a method.
  package init(
    call member: String,
    of interface: String,
    on path: String,
    at destination: String,
    serial: UInt32,
    _ body: [DBusValue] = []
  ) {
    self.init(.call, serial: serial)
    (self.path, self.interface, self.member, self.destination) = (path, interface, member, destination)
    self.body = body
  }

  /// The bytes that go over the socket.
  package var bytes: [UInt8] {
    var content = DBusEncoding()
    for value in body { content.append(value) }
    var fields: [DBusValue] = []
    func add(_ code: UInt8, _ value: DBusValue?) {
      if let value { fields.append(.structure([.byte(code), .variant(value)])) }
    }
    add(1, path.map(DBusValue.objectPath))
    add(2, interface.map(DBusValue.string))
    add(3, member.map(DBusValue.string))
    add(4, failureName.map(DBusValue.string))
    add(5, answered.map(DBusValue.uint32))
    add(6, destination.map(DBusValue.string))
    add(8, body.isEmpty ? nil : .signature(body.map(\.signature).joined()))
    var message = DBusEncoding()
    let fixed: [DBusValue] = [
      .byte(UInt8(ascii: "l")), .byte(kind.rawValue), .byte(0), .byte(1), .uint32(UInt32(content.bytes.count)),
      .uint32(serial), .array(of: "(yv)", fields),
    ]
    for value in fixed { message.append(value) }
    message.align(to: 8)
    return message.bytes + content.bytes
  }

  // MARK: Reading

  /// How many bytes a message has, by its first sixteen; nil for what is none.
  package static func length(_ start: ArraySlice<UInt8>) -> Int? {
    guard start.count >= 16, let isBigEndian = isBigEndian(start) else { return nil }
    var decoding = DBusDecoding(start.dropFirst(4), isBigEndian: isBigEndian)
    guard let numbers = try? decoding.values("uuu"), case .uint32(let body) = numbers[0],
      case .uint32(let fields) = numbers[2], body <= 1 << 27, fields <= 1 << 26
    else { return nil }
    return 16 + (Int(fields) + 7) / 8 * 8 + Int(body)
  }

  private static func isBigEndian(_ start: ArraySlice<UInt8>) -> Bool? {
    switch start.first {
    case UInt8(ascii: "l"): false
    case UInt8(ascii: "B"): true
    default: nil
    }
  }

  /// Reads a whole message; nil for what is none.
  package init?(_ bytes: ArraySlice<UInt8>) {
    guard let length = Self.length(bytes), length == bytes.count, let isBigEndian = Self.isBigEndian(bytes) else {
      return nil
    }
    var decoding = DBusDecoding(bytes, isBigEndian: isBigEndian)
    // What is malformed anywhere is no message at all.
    guard let header = try? decoding.values("yyyyuua(yv)"), (try? decoding.align(to: 8)) != nil,
      case .byte(let type) = header[1], let kind = Kind(rawValue: type), case .uint32(let serial) = header[5],
      case .array(_, let fields) = header[6]
    else { return nil }
    self.init(kind, serial: serial)
    var signature = ""
    for field in fields {
      guard case .structure(let parts) = field, case .byte(let code) = parts[0], case .variant(let value) = parts[1]
      else { return nil }
      switch (code, value) {
      case (1, .objectPath(let text)): path = text
      case (2, .string(let text)): interface = text
      case (3, .string(let text)): member = text
      case (4, .string(let text)): failureName = text
      case (5, .uint32(let number)): answered = number
      case (6, .string(let text)): destination = text
      case (8, .signature(let text)): signature = text
      default: continue
      }
    }
    var content = DBusDecoding(bytes.dropFirst(decoding.position), isBigEndian: isBigEndian)
    guard let body = try? content.values(signature) else { return nil }
    self.body = body
  }
}
