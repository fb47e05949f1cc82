import Criu
import Testing

struct CriuMessageTests {
  @Test func numbers() {
    var message = CriuMessage()
    message.add(1, 300)
    message.add(2, Int32(-1))
    #expect(message.bytes == [0x08, 0xAC, 0x02, 0x10] + [UInt8](repeating: 0xFF, count: 9) + [0x01])
  }

  @Test func textsAndFlags() {
    var message = CriuMessage()
    message.add(50, true)
    message.add(3, false)
    message.add(10, "ab")
    message.add(13, String?.none)
    #expect(message.bytes == [0x90, 0x03, 0x01, 0x52, 0x02, 0x61, 0x62])
  }

  @Test func acknowledgement() {
    #expect(CriuRequest.notified(true).bytes == [0x08, 0x06, 0x18, 0x01])
    #expect(CriuRequest.notified(false).bytes == [0x08, 0x06, 0x18, 0x00])
  }

  @Test func kinds() {
    let options = CriuOptions(imageDirectory: 3, logFile: "x")
    #expect(CriuRequest.dump(options).bytes.starts(with: [0x08, 0x01, 0x12]))
    #expect(CriuRequest.restore(options).bytes.starts(with: [0x08, 0x02, 0x12]))
    #expect(CriuRequest.preDump(options).bytes.starts(with: [0x08, 0x04, 0x12]))
  }

  private static let options: [(change: @Sendable (inout CriuOptions) -> Void, added: [UInt8])] = [
    ({ $0.processID = 7 }, [0x10, 0x07]), ({ $0.isLeftRunning = true }, [0x18, 0x01]),
    ({ $0.allowsExternalSockets = true }, [0x20, 0x01]), ({ $0.keepsConnections = true }, [0x28, 0x01]),
    ({ $0.isShellJob = true }, [0x38, 0x01]), ({ $0.handlesFileLocks = true }, [0x40, 0x01]),
    ({ $0.pageServer = CriuOptions.PageServer(address: "h", port: 9) }, [0x5A, 0x05, 0x0A, 0x01, 0x68, 0x10, 0x09]),
    ({ $0.root = "/" }, [0x6A, 0x01, 0x2F]), ({ $0.parentImage = "p" }, [0x72, 0x01, 0x70]),
    ({ $0.tracksMemory = true }, [0x78, 0x01]), ({ $0.dropsDuplicates = true }, [0x80, 0x01, 0x01]),
    ({ $0.workDirectory = 4 }, [0x88, 0x01, 0x04]), ({ $0.remapsLinks = true }, [0x90, 0x01, 0x01]),
    (
      { $0.cgroupRoots = [CriuOptions.CgroupRoot(controller: "", path: "/c")] },
      [0xCA, 0x01, 0x04, 0x12, 0x02, 0x2F, 0x63]
    ),
    ({ $0.isRestoredAsSibling = true }, [0xD0, 0x01, 0x01]),
    (
      { $0.inherited = [CriuOptions.Inherited(key: "k", descriptor: 2)] },
      [0xDA, 0x01, 0x05, 0x0A, 0x01, 0x6B, 0x10, 0x02]
    ),
    ({ $0.external = ["e"] }, [0xAA, 0x02, 0x01, 0x65]), ({ $0.freezeCgroup = "f" }, [0xE2, 0x02, 0x01, 0x66]),
    ({ $0.skipsConnectionsInFlight = true }, [0xF0, 0x02, 0x01]),
    ({ $0.fetchesPagesLazily = true }, [0x80, 0x03, 0x01]), ({ $0.statusDescriptor = 5 }, [0x88, 0x03, 0x05]),
    ({ $0.hasOrphanTerminals = true }, [0x90, 0x03, 0x01]), ({ $0.securityProfile = "s" }, [0xAA, 0x03, 0x01, 0x73]),
    ({ $0.mountContext = "m" }, [0xFA, 0x03, 0x01, 0x6D]),
  ]

  /// Each option is one field: what it adds is what is expected, wherever that is.
  @Test(arguments: options.indices) func option(index: Int) {
    let (change, added) = Self.options[index]
    var options = CriuOptions(imageDirectory: 3, logFile: "x")
    let before = CriuRequest.dump(options).bytes
    change(&options)
    let after = CriuRequest.dump(options).bytes
    #expect(after.count == before.count + added.count)
    #expect(after.indices.contains { after[$0...].starts(with: added) })
  }

  @Test(arguments: [
    ([0x08, 0x01, 0x10, 0x01], CriuAnswer.success(processID: nil)),
    ([0x08, 0x02, 0x10, 0x01, 0x22, 0x03, 0x08, 0xAC, 0x02], .success(processID: 300)),
    ([0x08, 0x01, 0x10, 0x00, 0x38, 0x01, 0x4A, 0x02, 0x6E, 0x6F], .failure(errno: 1, reason: "no")),
    ([0x08, 0x06, 0x10, 0x01, 0x2A, 0x05, 0x0A, 0x01, 0x78, 0x10, 0x09], .notice("x", processID: 9)),
  ])
  func answer(bytes: [UInt8], expected: CriuAnswer) { #expect(CriuAnswer(bytes) == expected) }

  @Test(arguments: [[], [0x08], [0x08, 0x01], [0x52, 0x7F, 0x00], [0x0F]])
  func whatIsNoAnswer(bytes: [UInt8]) { #expect(CriuAnswer(bytes) == nil) }
}
