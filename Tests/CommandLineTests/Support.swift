import Foundation
import Testing

/// What a command left behind: its status and what it wrote.
struct Output: Equatable {
  var status: Int32
  var out: String
  var err: String

  /// The lines of standard output.
  var lines: [String] { out.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init) }
}

/// The host that a test sees: a mount namespace of its own, whose root is private or shared.
enum HostRoot: String, CaseIterable {
  case `private`, shared
}

/// The built program, and scripts that use it as a person would.
enum Berth {
  /// The path of the static release binary: the Makefile passes it.
  static let path: String = ProcessInfo.processInfo.environment["BERTH"] ?? "\(root)/.build/berth"

  private static let root: String = {
    var url = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { url.deleteLastPathComponent() }
    return url.path
  }()

  /// Runs a bash script in a new directory, on a host of its own; the last command's status is the script's.
  ///
  /// The script finds `$BERTH`. Its mounts are in a namespace of its own, and its processes end with it; the directory
  /// is removed after that.
  static func script(
    _ script: String,
    hostRoot: HostRoot = .private,
    environment: [String: String] = [:]
  ) throws -> Output {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("berth-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
    defer { _ = try? run("/bin/rm", ["-rf", "--one-file-system", directory.path]) }
    try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: directory.path)
    let prelude = hostRoot == .shared ? "mount --make-rshared / && " : ""
    return try run(
      "/usr/bin/perl",
      // The threads of the test runner have most signals blocked, and children would inherit that.
      [
        "-MPOSIX", "-e", "sigprocmask(SIG_SETMASK, POSIX::SigSet->new); exec @ARGV", "/usr/bin/unshare", "--mount",
        "--propagation", "private", "--fork", "--kill-child", "bash", "-c", prelude + "\n" + script,
      ],
      in: directory.path,
      environment: environment
    )
  }

  /// Runs berth itself, on a host of its own.
  static func run(_ arguments: String..., environment: [String: String] = [:]) throws -> Output {
    let line = ([path] + arguments).map { "'" + $0.replacingOccurrences(of: "'", with: "'\\''") + "'" }
    return try script(line.joined(separator: " "), environment: environment)
  }

  @discardableResult
  static func run(
    _ program: String,
    _ arguments: [String],
    in directory: String = "/",
    environment: [String: String] = [:]
  ) throws -> Output {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    var variables = ProcessInfo.processInfo.environment
    variables["BERTH"] = path
    variables["LC_ALL"] = "C"
    process.environment = variables.merging(environment) { $1 }
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

/// Whether a test must run here: in CI what the machine lacks fails instead of skipping.
private let requiresAll = ProcessInfo.processInfo.environment["BERTH_REQUIRE_ALL"] == "1"

extension Trait where Self == ConditionTrait {
  /// Needs root: CAP_SYS_ADMIN for the namespaces that the test makes as its host.
  static var requiresRoot: Self {
    .enabled(if: requiresAll || getuid() == 0, "making the test's own host needs root")
  }

  /// Needs a program.
  static func requires(_ programs: String...) -> Self {
    let missing = programs.filter { program in
      !["/usr/sbin", "/usr/bin", "/sbin", "/bin"].contains {
        FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
      }
    }
    return .enabled(
      if: requiresAll || missing.isEmpty,
      "these programs are missing: \(missing.joined(separator: ", "))"
    )
  }
}
