import LinuxSyscalls
import SystemPackage
import Testing

struct UnansweredTests {
  /// Calls that wait for good are told of, and the others are made all the same.
  @Test(arguments: [[], [3], [0, 1, 2], [99]] as [[Int]]) func lost(waiting: [Int]) throws {
    let (reader, writer) = try FileDescriptor.pipe()
    defer { try? reader.close() }
    let lost = Threads.unanswered(Array(0..<100)) { item in
      if waiting.contains(item) { _ = try? Syscall.read(reader, count: 1) }
    }
    // Lets the threads go.
    try writer.close()
    #expect(lost.sorted() == waiting)
  }
}
