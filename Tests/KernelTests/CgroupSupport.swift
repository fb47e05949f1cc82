import CgroupExecution
import Cgroups
import Foundation
import JSON
import LinuxABI
import LinuxSyscalls
import OCISpec
import SystemPackage
import Testing

extension Trait where Self == ConditionTrait {
  /// Needs cgroups that it can make.
  static var requiresCgroups: Self {
    .enabled(if: requiresAll || getuid() == 0, "making cgroups needs root")
  }
}

/// The tests of cgroups, one after the other: they change what the root of version 2 hands down, and change it back.
@Suite(.serialized, .requiresCgroups) struct CgroupSuites {}

/// The cgroups of a test, which are gone when it ends, with all that is in them.
struct TestCgroup: ~Copyable {
  let name: String
  let hierarchies: CgroupHierarchies
  let cgroup: ContainerCgroup
  /// The root of version 2, and what it handed down before.
  private let root: CgroupDirectory?
  private let handedDown: String

  /// - Parameter version2Only: the hierarchy of version 2 alone, as on a host that has no other.
  init(version2Only: Bool = false, _ writes: [CgroupWrite] = []) throws {
    let all = try CgroupHierarchies.probe()
    let hierarchies = version2Only ? CgroupHierarchies(all.all.filter { $0.version == .v2 }) : all
    let name = "berth-test-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    let root = all.unified.map { CgroupDirectory(controllers: "", path: $0.mountPoint) }
    let handedDown = try root?.read("cgroup.subtree_control") ?? ""
    let cgroup = try ContainerCgroup.make(try Self.path("/" + name), in: hierarchies, writes: writes)
    self.hierarchies = hierarchies
    self.name = name
    self.cgroup = cgroup
    self.root = root
    self.handedDown = handedDown
  }

  static func path(_ text: String?) throws -> CgroupsPath {
    var problems: [JSONProblem] = []
    return try #require(CgroupsPath(text, id: "box", problems: &problems))
  }

  deinit {
    // The test has said what it found; here everything goes.
    try? cgroup.signal(Signal.kill)
    try? cgroup.remove()
    let before = handedDown.split(whereSeparator: \.isWhitespace)
    for name in (try? root?.read("cgroup.subtree_control"))?.split(whereSeparator: \.isWhitespace) ?? []
    where !before.contains(name) {
      try? root?.write("-\(name)", to: "cgroup.subtree_control")
    }
  }
}

/// A program that waits for a line on its standard input, then does something; killed when the test ends.
final class WaitingProgram {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  var id: Int32 { process.processIdentifier }

  init(_ script: String) throws {
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "read line; \(script)"]
    process.standardInput = input
    process.standardOutput = output
    process.standardError = output
    // The test runner's threads block signals, and what they start inherits that.
    let blocked = try Syscall.setBlockedSignals(SignalSet([]))
    defer { _ = try? Syscall.setBlockedSignals(blocked) }
    try process.run()
  }

  func go() throws { try input.fileHandleForWriting.write(contentsOf: Data("go\n".utf8)) }

  /// What it wrote, when it has ended.
  func end() -> (output: String, status: Int32, wasKilled: Bool) {
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (
      String(decoding: data, as: UTF8.self), process.terminationStatus, process.terminationReason == .uncaughtSignal
    )
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
}

/// The state letter of a process, proc(5).
func state(of process: Int32) throws -> String {
  let stat = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
  return String(try #require(stat.split(separator: ")").last).prefix(2).suffix(1))
}

/// The cgroups of a process, a line each, as /proc/[pid]/cgroup has them without the numbers.
func memberships(of process: String) throws -> [CgroupMembership] {
  CgroupMembership.parse(try Syscall.contents(of: "/proc/\(process)/cgroup"))
}

/// Resources from the text of `linux.resources`.
func resources(_ text: String) throws -> Resources {
  guard case .object(let members) = try JSONValue(parsing: Array(text.utf8)) else { throw Errno.invalidArgument }
  var reader = JSONReader(members)
  return Resources(&reader)
}

/// Waits for something to be so, five seconds at most.
func eventually(_ condition: () throws -> Bool) throws {
  for _ in 0..<500 {
    if try condition() { return }
    usleep(10_000)
  }
  Issue.record("it did not happen within five seconds")
}
