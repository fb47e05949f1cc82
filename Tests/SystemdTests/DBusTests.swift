import Testing

@testable import Systemd

/// The bytes of values, D-Bus specification "Marshaling": each line was worked out by its rules.
@Suite struct DBusEncodingTests {
  @Test(
    arguments: [
      (DBusValue.byte(7), [7]),
      (.boolean(true), [1, 0, 0, 0]),
      (.uint16(0x0102), [2, 1]),
      (.int32(-2), [254, 255, 255, 255]),
      (.uint64(1), [1, 0, 0, 0, 0, 0, 0, 0]),
      (.string("foo"), [3, 0, 0, 0, 0x66, 0x6f, 0x6f, 0]),
      (.objectPath("/"), [1, 0, 0, 0, 0x2f, 0]),
      (.signature("as"), [2, 0x61, 0x73, 0]),
      (.variant(.byte(5)), [1, 0x79, 0, 5]),
      (.variant(.uint32(5)), [1, 0x75, 0, 0, 5, 0, 0, 0]),
      (.bytes([1, 2]), [2, 0, 0, 0, 1, 2]),
      (.strings([]), [0, 0, 0, 0]),
      // The padding before an element of eight bytes is not part of the length.
      (.array(of: "t", [.uint64(5)]), [8, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0]),
      (.array(of: "t", []), [0, 0, 0, 0, 0, 0, 0, 0]),
      (.structure([.byte(1), .uint32(2)]), [1, 0, 0, 0, 2, 0, 0, 0]),
    ] as [(DBusValue, [UInt8])]
  ) func bytes(value: DBusValue, bytes: [UInt8]) throws {
    var encoding = DBusEncoding()
    encoding.append(value)
    #expect(encoding.bytes == bytes)
    var decoding = DBusDecoding(bytes[...], isBigEndian: false)
    #expect(try decoding.values(value.signature) == [value])
    #expect(decoding.position == bytes.count)
  }

  @Test(
    arguments: [
      ("u", [0, 0, 0, 5], DBusValue.uint32(5)),
      ("s", [0, 0, 0, 1, 0x61, 0], .string("a")),
      ("a{sv}", [0, 0, 0, 0, 0, 0, 0, 0], .array(of: "{sv}", [])),
    ] as [(String, [UInt8], DBusValue)]
  ) func bigEndian(signature: String, bytes: [UInt8], value: DBusValue) throws {
    var decoding = DBusDecoding(bytes[...], isBigEndian: true)
    #expect(try decoding.values(signature) == [value])
  }

  @Test(
    arguments: [
      ("u", [1, 2, 3]), ("s", [200, 0, 0, 0, 0]), ("s", [1, 0, 0, 0, 0x61, 1]), ("ay", [9, 0, 0, 0, 1]),
      ("(u", [0, 0, 0, 0]),
      ("a", [0, 0, 0, 0]), ("!", [0]), ("au", [3, 0, 0, 0, 1, 2, 3, 4]), ("v", [2, 0x79, 0x79, 0, 1, 1]),
      ("{y}", [1]),
    ] as [(String, [UInt8])]
  ) func malformed(signature: String, bytes: [UInt8]) {
    #expect(throws: DBusDecoding.Malformed.self) {
      var decoding = DBusDecoding(bytes[...], isBigEndian: false)
      _ = try decoding.values(signature)
    }
  }

  @Test func depthIsBounded() {
    #expect(throws: DBusDecoding.Malformed.self) {
      var decoding = DBusDecoding([UInt8](repeating: 0, count: 8000)[...], isBigEndian: false)
      _ = try decoding.values(String(repeating: "(", count: 3000) + "y" + String(repeating: ")", count: 3000))
    }
  }
}

extension DBusEncodingTests {
  /// It takes no bytes: an array of them would never come to its end.
  @Test(arguments: ["()", "a()", "a{}", "(())"])
  func aStructureHasFields(signature: String) {
    #expect(throws: DBusDecoding.Malformed.self) {
      var decoding = DBusDecoding(([8] + [UInt8](repeating: 0, count: 15))[...], isBigEndian: false)
      _ = try decoding.values(signature)
    }
  }
}

@Suite struct DBusMessageTests {
  /// `busctl call org.freedesktop.systemd1 /a b.c D s x`, as the specification has it byte for byte.
  private static let call: [UInt8] = [
    0x6c, 1, 0, 1, 6, 0, 0, 0, 3, 0, 0, 0, 0x47, 0, 0, 0,
    1, 1, 0x6f, 0, 2, 0, 0, 0, 0x2f, 0x61, 0, 0, 0, 0, 0, 0,
    2, 1, 0x73, 0, 3, 0, 0, 0, 0x62, 0x2e, 0x63, 0, 0, 0, 0, 0,
    3, 1, 0x73, 0, 1, 0, 0, 0, 0x44, 0, 0, 0, 0, 0, 0, 0,
    6, 1, 0x73, 0, 3, 0, 0, 0, 0x65, 0x2e, 0x66, 0, 0, 0, 0, 0,
    8, 1, 0x67, 0, 1, 0x73, 0, 0,
    1, 0, 0, 0, 0x78, 0,
  ]

  @Test func callIsWritten() {
    let message = DBusMessage(call: "D", of: "b.c", on: "/a", at: "e.f", serial: 3, [.string("x")])
    #expect(message.bytes.count == Self.call.count)
    #expect(message.bytes == Self.call)
  }

  @Test func messageIsReadBack() throws {
    var message = DBusMessage(.signal, serial: 9)
    (message.path, message.interface, message.member) = ("/a", "b.c", "JobRemoved")
    message.body = [.uint32(4), .objectPath("/job/4"), .string("x.scope"), .string("done")]
    #expect(DBusMessage.length(message.bytes[...]) == message.bytes.count)
    #expect(DBusMessage(message.bytes[...]) == message)
    // What follows it on the socket is no part of it, and its length is known by sixteen bytes.
    #expect(DBusMessage.length((message.bytes + [1, 2, 3])[...]) == message.bytes.count)
    #expect(DBusMessage.length(message.bytes.prefix(15)) == nil)
  }

  @Test func everyCutIsRefused() {
    for count in 0..<Self.call.count { #expect(DBusMessage(Self.call.prefix(count)) == nil) }
  }

  @Test func failureNamesItself() throws {
    var message = DBusMessage(.failure, serial: 2)
    (message.answered, message.failureName) = (1, "org.freedesktop.systemd1.NoSuchUnit")
    message.body = [.string("Unit x.scope not loaded.")]
    let read = try #require(DBusMessage(message.bytes[...]))
    #expect(read.answered == 1 && read.failureName == "org.freedesktop.systemd1.NoSuchUnit")
  }
}
