import LinuxABI
import Testing

struct RouteMessageTests {
  @Test func aRequestHasTheKernelsForm() {
    let message = RouteMessage(
      .newLink,
      [.request, .acknowledge],
      head: RouteMessage.linkHead(index: 0x0102, flags: 1, changing: 1),
      [.number(28, 7), .text(3, "eth0")]
    )
    #expect(
      message.bytes == [
        52, 0, 0, 0, 16, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0,  // struct nlmsghdr
        0, 0, 0, 0, 2, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0,  // struct ifinfomsg
        8, 0, 28, 0, 7, 0, 0, 0,  // IFLA_NET_NS_FD
        9, 0, 3, 0, 101, 116, 104, 48, 0, 0, 0, 0,  // IFLA_IFNAME, padded
      ]
    )
  }

  @Test func messagesAreReadBack() {
    let link = RouteMessage(.newLink, [], head: RouteMessage.linkHead(index: 9), [.text(3, "a"), .number(4, 1500)])
    let address = RouteMessage(.newAddress, [], head: [2, 24, 0x80, 0, 9, 0, 0, 0], [.init(2, [10, 0, 0, 1])])
    let failure = RouteMessage(.failure, [], head: [0xed, 0xff, 0xff, 0xff])
    let read = RouteMessage.messages(in: link.bytes + address.bytes + failure.bytes)
    #expect(read == [link, address, failure])
    #expect(read.first?.text(3) == "a")
    #expect(read.first?.number(at: 4) == 9)
    #expect(read.last.map { Int32(bitPattern: $0.number(at: 0)) } == -19)
  }

  @Test func whatIsCutOffOrWrongIsLeftOut() {
    let link = RouteMessage(.newLink, [], head: RouteMessage.linkHead(index: 9), [.text(3, "abc")])
    for count in 0..<link.bytes.count {
      #expect(RouteMessage.messages(in: Array(link.bytes.prefix(count))).isEmpty)
    }
    var endless = link.bytes
    endless[32] = 0  // An attribute of no length.
    #expect(RouteMessage.messages(in: endless).first?.attributes.isEmpty == true)
    var short = link.bytes
    short[0] = 3
    #expect(RouteMessage.messages(in: short).isEmpty)
  }
}
