import Foundation
import TestSupport
import Testing

/// A check in the guest: a script, and what it writes.
struct GuestCheck: CustomTestStringConvertible, Sendable {
  let name: String
  let script: String
  let expected: String

  init(_ name: String, _ script: String, _ expected: String) {
    self.name = name
    self.script = script
    self.expected = expected
  }

  var testDescription: String { name }
}

/// What a virtual machine runs as its PID 1, and the version of its cgroups: the first word of `machine/run`.
enum GuestMode: String {
  case cgroup1, cgroup2, systemd1, systemd2
}

/// One boot of a virtual machine, in which all checks of a suite ran one after the other.
struct GuestRun: Sendable {
  private let outputs: [String: String]
  private let console: String

  /// - Parameter setting: commands that come before each check.
  init(_ mode: GuestMode, setting: String = "", _ checks: [GuestCheck]) {
    var script = ""
    for (number, check) in checks.enumerated() {
      // A shell of its own for each, so that none ends the others; and a name that no other container has.
      script += """
        echo '\(Self.separator)\(number)'
        (
        name=c\(number)
        \(setting)
        \(check.script)
        ) 2>&1
        \(setting)
        berth delete --force c\(number)

        """
    }
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("berth-guest-\(UUID().uuidString)")
    do {
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
      defer { try? FileManager.default.removeItem(at: directory) }  // What stays is a folder of /tmp.
      let machine = "\(Program.checkout)/Tests/VirtualMachineTests/machine"
      let functions = try String(contentsOfFile: "\(machine)/functions", encoding: .utf8)
      let file = directory.appendingPathComponent("script").path
      try (functions + script).write(toFile: file, atomically: false, encoding: .utf8)
      let words = Program.unblocked + ["\(machine)/run", mode.rawValue, file]
      let output = try Program.run(words[0], Array(words.dropFirst()))
      outputs = Self.split(output.out, checks)
      console = output.err
    } catch {
      outputs = [:]
      console = "\(error)"
    }
  }

  private static let separator = "=== check "

  /// What each check wrote, by its name.
  private static func split(_ text: String, _ checks: [GuestCheck]) -> [String: String] {
    var outputs: [String: String] = [:]
    for part in text.components(separatedBy: separator).dropFirst() {
      let texts = part.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      guard texts.count == 2, let number = Int(texts[0]), checks.indices.contains(number) else { continue }
      outputs[checks[number].name] = String(texts[1])
    }
    return outputs
  }

  /// Compares what a check wrote with what it should have.
  func expect(_ check: GuestCheck, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(outputs[check.name] == check.expected, "\(console)", sourceLocation: sourceLocation)
  }
}

extension Trait where Self == ConditionTrait {
  /// Needs what emulates another machine, and its kernel.
  static var requiresVirtualMachine: Self {
    .requires("qemu-system-x86_64", "python3", "cpio", "modprobe", "busybox", "jq")
  }
}
