import Foundation

/// Programs run as a person would run them, and the built binary among them.
package enum Program {
  /// The path of the static release binary: the Makefile passes it.
  package static let berth: String = ProcessInfo.processInfo.environment["BERTH"] ?? "\(checkout)/.build/berth"

  /// The root of the checkout.
  package static let checkout: String = {
    var url = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { url.deleteLastPathComponent() }
    return url.path
  }()

  /// Words before a command that undo what the threads of the test runner would hand on: most signals blocked.
  package static let unblocked = [
    "/usr/bin/perl", "-MPOSIX", "-e", "sigprocmask(SIG_SETMASK, POSIX::SigSet->new); exec @ARGV",
  ]

  @discardableResult
  package static func run(
    _ program: String,
    _ arguments: [String],
    in directory: String = "/",
    environment: [String: String] = [:]
  ) throws -> Output {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    process.environment = self.environment(adding: environment)
    let out = Pipe()
    let err = Pipe()
    process.standardOutput = out
    process.standardError = err
    process.standardInput = FileHandle.nullDevice
    try process.run()
    // Both pipes must be emptied at once, or a long error would stop the program while its output is read.
    let reader = Reader(err.fileHandleForReading)
    let text = out.fileHandleForReading.readDataToEndOfFile()
    let errors = reader.finish()
    process.waitUntilExit()
    let status = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    return Output(
      status: status,
      out: String(decoding: text, as: UTF8.self),
      err: String(decoding: errors, as: UTF8.self)
    )
  }

  /// The environment of a program: this process's, `BERTH`, and English messages.
  package static func environment(adding variables: [String: String] = [:]) -> [String: String] {
    ProcessInfo.processInfo.environment
      .merging(["BERTH": berth, "LC_ALL": "C"]) { $1 }
      .merging(variables) { $1 }
  }
}

/// Reads a pipe to its end on a thread of its own.
private final class Reader: @unchecked Sendable {
  private let done = DispatchSemaphore(value: 0)
  /// Written by the thread before it signals, read after the wait for that.
  private var data = Data()

  init(_ handle: FileHandle) {
    Thread.detachNewThread {
      self.data = handle.readDataToEndOfFile()
      self.done.signal()
    }
  }

  func finish() -> Data {
    done.wait()
    return data
  }
}
