import Foundation
import TestSupport
import Testing

/// A machine for a client and its daemons, in which the scripts of a suite run: see the program `lab` beside this file.
///
/// It ends with its suite, and also when this process is killed, for then its standard input ends.
struct Lab: Sendable {
  /// The lab of the suite that runs.
  @TaskLocal static var current: Lab?

  private let name: String
  private let pid: String
  private let process: Process
  private let input: FileHandle

  private static let folder = "\(Program.checkout)/Tests/ClientTests"

  init() throws {
    name = "berth-lab-\(UUID().uuidString)"
    process = Process()
    process.executableURL = URL(fileURLWithPath: Program.unblocked[0])
    process.arguments = Program.unblocked.dropFirst() + ["\(Lab.folder)/lab", "start", name]
    process.environment = Program.environment(adding: ["VENV": "\(Program.checkout)/.build/cri"])
    let input = Pipe()
    let out = Pipe()
    process.standardInput = input
    process.standardOutput = out
    try process.run()
    self.input = input.fileHandleForWriting
    let words = String(decoding: out.fileHandleForReading.availableData, as: UTF8.self).split { $0.isWhitespace }
    guard words.first == "ready", words.count == 2 else { throw LabFailure(problem: "no lab", output: nil) }
    pid = String(words[1])
  }

  /// Ends all that is in the lab, and the lab.
  func stop() throws {
    try input.close()
    process.waitUntilExit()
  }

  /// Runs a bash script in the lab, in a directory of its own. What it does not end within two minutes is killed.
  func run(_ script: String) throws -> Output {
    let command = ["\(Lab.folder)/lab", "enter", name, pid, script]
    return try Program.run(Program.unblocked[0], Program.unblocked.dropFirst() + command)
  }

  /// Runs a script in the suite's lab.
  static func script(_ script: String) throws -> Output {
    guard let current else { throw LabFailure(problem: "the suite has no lab", output: nil) }
    return try current.run(script)
  }

  /// Runs a script in the suite's lab, which must write this to standard output.
  static func expect(
    _ script: String,
    prints expected: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let output = try self.script(script)
    #expect(
      output.out == expected,
      "\(script)\nended with status \(output.status) and wrote to standard error:\n\(output.err)",
      sourceLocation: sourceLocation
    )
  }
}

/// A lab that could not be made ready.
struct LabFailure: Error, CustomStringConvertible {
  var problem: String
  var output: Output?

  var description: String {
    output.map { "\(problem): status \($0.status)\n\($0.out)\($0.err)" } ?? problem
  }
}

/// A suite in a lab of its own, made ready by a script; the lab ends with the suite.
struct LabTrait: SuiteTrait, TestScoping {
  var setUp: String

  func provideScope(
    for test: Test,
    testCase: Test.Case?,
    performing function: @Sendable () async throws -> Void
  ) async throws {
    let lab = try Lab()
    do {
      let output = try lab.run(setUp)
      guard output.status == 0 else { throw LabFailure(problem: "the lab's set-up failed", output: output) }
      try await Lab.$current.withValue(lab) { try await function() }
      let left = try lab.run("leftovers").out
      if !left.isEmpty { Issue.record("when all containers were gone there remained:\n\(left)") }
    } catch {
      try lab.stop()
      throw error
    }
    try lab.stop()
  }
}

extension Trait where Self == LabTrait {
  /// A lab of the suite's own, which the script makes ready.
  static func lab(_ setUp: String) -> Self { LabTrait(setUp: setUp) }
}
