import Foundation
import LinuxABI
import LinuxSyscalls
import SystemPackage
import Testing

/// Sockets of the unix domain, the descriptors that travel over them, and paths that no address holds.
struct SocketTests {
  /// A folder of the test's own, whose path has at least this many bytes.
  private func withFolder(pathLength: Int = 0, _ body: (String) throws -> Void) throws {
    let root = NSTemporaryDirectory() + "berth-socket-\(UUID().uuidString)"
    var path = root
    while path.utf8.count < pathLength { path += "/" + String(repeating: "d", count: 60) }
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: root) }  // Only this test's own files are in it.
    try body(path)
  }

  @Test(arguments: [SocketType.stream, .messages], [0, 107, 400])
  func aPathOfAnyLengthIsBoundAndConnected(type: SocketType, pathLength: Int) throws {
    try withFolder(pathLength: pathLength) { folder in
      let directory = try Syscall.open(folder, [.path, .directory])
      let listener = try Syscall.unixSocket(type)
      try Syscall.bind(listener.borrowed, at: directory.borrowed, "socket")
      try Syscall.listen(listener.borrowed)
      #expect(try Syscall.status(path: folder + "/socket").kind == .socket)
      let file = try Syscall.memoryFile("test")
      // A name as long as a file system takes is too long to bind, and none to connect to.
      let name = String(repeating: "n", count: 200)
      for (number, rename) in [nil, name].enumerated() {
        if let rename { try Syscall.rename(at: directory.borrowed, "socket", to: rename) }
        let client = try Syscall.unixSocket(type)
        if number == 0 {
          try Syscall.connect(client.borrowed, at: directory.borrowed, "socket")
        } else {
          try Syscall.connect(client.borrowed, folder + "/" + name)
        }
        let server = try Syscall.accept(listener.borrowed)
        try Syscall.send(Array("hello".utf8), with: file.borrowed, over: client.borrowed)
        let received = try Syscall.receive(server.borrowed, count: 100)
        #expect(received.bytes == Array("hello".utf8))
        #expect(received.file != nil)
        if let file = received.file { _ = Descriptor(owning: file) }
      }
      let other = try Syscall.unixSocket(type)
      #expect(throws: Errno.fileNameTooLong) { try Syscall.bind(other.borrowed, at: directory.borrowed, name) }
    }
  }

  @Test func oneDescriptorArrivesAndIsClosedOnExecution() throws {
    let (left, right) = try Syscall.messagePair()
    let sender = Descriptor(owning: left)
    let receiver = Descriptor(owning: right)
    let file = try Syscall.memoryFile("test")
    try Syscall.write(Array("text".utf8), to: file.borrowed)
    try Syscall.send([1], with: file.borrowed, over: sender.borrowed)
    let message = try Syscall.receive(receiver.borrowed, count: 10)
    #expect(message.bytes == [1])
    let received = Descriptor(owning: try #require(message.file))
    #expect(received.rawValue != file.rawValue)
    #expect(try Syscall.read(received.borrowed, count: 10, at: 0) == Array("text".utf8))
    #expect(fcntl(received.rawValue, F_GETFD) == FD_CLOEXEC)
  }

  @Test(.requires("python3")) func ofTwoDescriptorsTheSecondIsNotKept() async {
    await #expect(processExitsWith: .success) {
      let (left, right) = try Syscall.messagePair()
      // struct cmsghdr with two descriptors, which Foundation's sockets cannot send: Python can.
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
      process.arguments = [
        "-c", "import os, socket; socket.send_fds(socket.socket(fileno=0), [b'x'], 2 * [os.memfd_create('sent')])",
      ]
      process.standardInput = FileHandle(fileDescriptor: left)
      try process.run()
      process.waitUntilExit()
      let message = try Syscall.receive(FileDescriptor(rawValue: right), count: 10)
      #expect(message.bytes == [UInt8(ascii: "x")] && message.file != nil)
      // Foundation opens and closes descriptors of its own meanwhile.
      let links = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        .compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)") }
      #expect(links.count { $0.contains("memfd:sent") } == 1)
    }
  }

  @Test func aSocketThatNobodyReadsIsAnErrorAndNoSignal() throws {
    let (left, right) = try Syscall.messagePair()
    let sender = Descriptor(owning: left)
    do { _ = Descriptor(owning: right) }
    #expect(throws: Errno.brokenPipe) { try Syscall.send([1], with: sender.borrowed, over: sender.borrowed) }
    #expect(throws: Errno.noSuchFileOrDirectory) {
      let socket = try Syscall.unixSocket(.stream)
      try Syscall.connect(socket.borrowed, "/nope/socket")
    }
  }
}
