/// A message to or from the kernel's routing, rtnetlink(7): about a network interface or one of its addresses.
package struct RouteMessage: Hashable, Sendable {
  /// What a message is about, and what it asks.
  package enum Kind: UInt16, Sendable {
    case failure = 2
    case done = 3
    case newLink = 16
    case getLink = 18
    case newAddress = 20
    case getAddress = 22
  }

  /// How a request is answered, netlink(7).
  package struct Flags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt16
    package init(rawValue: UInt16) { self.rawValue = rawValue }
    package init(arrayLiteral members: Self...) { rawValue = members.reduce(0) { $0 | $1.rawValue } }

    package static var request: Self { Self(rawValue: 1) }
    package static var acknowledge: Self { Self(rawValue: 4) }
    /// Everything there is, in many messages.
    package static var dump: Self { Self(rawValue: 0x300) }
    package static var exclusive: Self { Self(rawValue: 0x200) }
    package static var create: Self { Self(rawValue: 0x400) }
  }

  /// Something about the message's subject, by the number of its kind: a name, say.
  package struct Attribute: Hashable, Sendable {
    package var kind: UInt16
    package var value: [UInt8]

    package init(_ kind: UInt16, _ value: [UInt8]) {
      self.kind = kind
      self.value = value
    }

    package static func text(_ kind: UInt16, _ text: String) -> Self { Self(kind, Array(text.utf8) + [0]) }
    package static func number(_ kind: UInt16, _ number: UInt32) -> Self { Self(kind, RouteMessage.bytes(number)) }
  }

  package var kind: UInt16
  package var flags: Flags
  /// The fixed part: struct ifinfomsg of 16 bytes, struct ifaddrmsg of 8, an error's number of 4.
  package var head: [UInt8]
  package var attributes: [Attribute] = []

  package init(_ kind: Kind, _ flags: Flags, head: [UInt8], _ attributes: [Attribute] = []) {
    self.kind = kind.rawValue
    self.flags = flags
    self.head = head
    self.attributes = attributes
  }

  /// struct ifinfomsg: of an interface by its index, or of the one that an attribute names.
  package static func linkHead(index: UInt32 = 0, flags: UInt32 = 0, changing: UInt32 = 0) -> [UInt8] {
    [0, 0, 0, 0] + bytes(index) + bytes(flags) + bytes(changing)
  }

  /// The value of an attribute.
  package func value(_ kind: UInt16) -> [UInt8]? { attributes.first { $0.kind == kind }?.value }

  /// A number in the fixed part, at a multiple of four bytes.
  package func number(at offset: Int) -> UInt32 {
    guard head.count >= offset + 4 else { return 0 }
    return Self.number(head[offset..<(offset + 4)])
  }

  package static func number(_ bytes: some Collection<UInt8>) -> UInt32 {
    let value = bytes.reversed().reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
    return UInt32(littleEndian: value.littleEndian)
  }

  /// The text of an attribute, up to its zero.
  package func text(_ kind: UInt16) -> String? {
    value(kind).map { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}

// MARK: In the kernel's form

extension RouteMessage {
  private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
    (0..<number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
  }

  private static func padding(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: (4 - count % 4) % 4) }

  /// struct nlmsghdr, the fixed part, and the attributes, each padded to four bytes.
  package var bytes: [UInt8] {
    var body = head + Self.padding(head.count)
    for attribute in attributes {
      body += Self.bytes(UInt16(4 + attribute.value.count)) + Self.bytes(attribute.kind) + attribute.value
      body += Self.padding(attribute.value.count)
    }
    return Self.bytes(UInt32(16 + body.count)) + Self.bytes(kind) + Self.bytes(flags.rawValue)
      + Self.bytes(0 as UInt64) + body
  }

  /// The messages in what was read at once. What is cut off is left out.
  package static func messages(in bytes: [UInt8]) -> [RouteMessage] {
    var messages: [RouteMessage] = []
    var rest = bytes[...]
    while rest.count >= 16 {
      let length = Int(number(rest.prefix(4)))
      guard length >= 16, length <= rest.count else { break }
      messages.append(RouteMessage(record: Array(rest.prefix(length))))
      rest = rest.dropFirst((length + 3) / 4 * 4)
    }
    return messages
  }

  private init(record: [UInt8]) {
    kind = UInt16(record[4]) | UInt16(record[5]) << 8
    flags = Flags(rawValue: UInt16(record[6]) | UInt16(record[7]) << 8)
    let body = record[16...]
    let count =
      switch Kind(rawValue: kind) {
      case .newLink, .getLink: 16
      case .newAddress, .getAddress: 8
      case .failure, .done, nil: min(4, body.count)
      }
    head = Array(body.prefix(count))
    guard kind >= Kind.newLink.rawValue else { return }
    var rest = body.dropFirst(count)
    while rest.count >= 4 {
      let fields = Array(rest.prefix(4))
      let length = Int(fields[0]) | Int(fields[1]) << 8
      guard length >= 4, length <= rest.count else { break }
      // The two highest bits tell of the value's form, netlink(7).
      let kind = (UInt16(fields[2]) | UInt16(fields[3]) << 8) & 0x3fff
      attributes.append(Attribute(kind, Array(rest.prefix(length).dropFirst(4))))
      rest = rest.dropFirst((length + 3) / 4 * 4)
    }
  }
}
