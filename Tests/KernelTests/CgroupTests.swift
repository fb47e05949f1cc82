import CgroupExecution
import Cgroups
import Foundation
import JSON
import LinuxABI
import LinuxSyscalls
import OCISpec
import SystemPackage
import Testing

/// The life of a container's cgroups in the machine's own hierarchies.
extension CgroupSuites {
  @Suite struct CgroupTests {
    @Test func theHierarchiesAreThoseOfTheMachine() throws {
      let hierarchies = try CgroupHierarchies.probe()
      #expect(!hierarchies.all.isEmpty)
      for hierarchy in hierarchies.all {
        #expect(FileManager.default.fileExists(atPath: "\(hierarchy.mountPoint)/cgroup.procs"))
        #expect(FileManager.default.fileExists(atPath: "\(hierarchy.mountPoint)\(hierarchy.own)/cgroup.procs"))
      }
      let named = try memberships(of: "self").filter { !$0.controllers.isEmpty }.map(\.controllers)
      #expect(hierarchies.all.filter { $0.version == .v1 }.map(\.controllers) == named)
    }

    @Test func aProcessIsPutInEveryHierarchy() throws {
      let test = try TestCgroup()
      let program = try WaitingProgram("true")
      try test.cgroup.attach(program.id)
      for membership in try memberships(of: "\(program.id)")
      where test.cgroup.directories.contains(where: { $0.controllers == membership.controllers }) {
        #expect(membership.path == "/\(test.name)", "\(membership)")
      }
      #expect(try test.cgroup.processes() == [program.id])
      #expect(try ContainerCgroup(of: program.id, in: test.hierarchies) == test.cgroup)
      try program.go()
      #expect(program.end().status == 0)
      #expect(try test.cgroup.processes() == [])
      #expect(test.cgroup.exists)
      try test.cgroup.remove()
      #expect(!test.cgroup.exists)
      for directory in test.cgroup.directories { #expect(!FileManager.default.fileExists(atPath: directory.path)) }
      try test.cgroup.remove()
    }

    @Test func aChildIsBornInVersion2AndEntersVersion1() throws {
      let test = try TestCgroup()
      let attachment = try test.cgroup.openAttachment()
      // Of this test's process, one thread goes into the cgroups of version 1, and out again.
      let thread = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self").split(separator: "/")
      let id = try #require(thread.last.flatMap { Int32($0) })
      let before = try ContainerCgroup(of: id, in: test.hierarchies)
      try attachment.enter()
      let inside = try memberships(of: "thread-self")
      for directory in before.directories where directory.version == .v1 {
        try directory.write("0", to: "tasks")
      }
      for directory in test.cgroup.directories where directory.version == .v1 {
        #expect(inside.contains { $0.controllers == directory.controllers && $0.path == "/\(test.name)" })
      }
      guard let birthplace = attachment.birthplace else { return }
      switch try Syscall.clone(namespaces: [], into: birthplace) {
      case .child:
        while true { Syscall.sleep(microseconds: 1_000_000) }
      case .parent(let id, let process):
        let place = try memberships(of: "\(id)").first { $0.controllers.isEmpty }
        #expect(place?.path == "/\(test.name)")
        try Syscall.send(Signal.kill, to: process.borrowed)
        #expect(try Syscall.wait(for: process.borrowed) == .killed(signal: Signal.kill))
      }
    }

    @Test func stateSurvivesAsText() throws {
      let test = try TestCgroup()
      #expect(ContainerCgroup(text: test.cgroup.text) == test.cgroup)
      #expect(ContainerCgroup(text: "") == ContainerCgroup([]))
      #expect(ContainerCgroup(text: "nonsense\ncpu:relative\n").directories.isEmpty)
    }

    @Test(arguments: [false, true]) func frozenProcessesStop(version2Only: Bool) throws {
      let test = try TestCgroup(version2Only: version2Only)
      let program = try WaitingProgram("while :; do :; done")
      try test.cgroup.attach(program.id)
      try program.go()
      #expect(try !test.cgroup.isFrozen())
      try test.cgroup.freeze()
      #expect(try test.cgroup.isFrozen())
      let used = try Self.ticks(of: program.id)
      usleep(50_000)
      #expect(try Self.ticks(of: program.id) == used)
      try test.cgroup.thaw()
      #expect(try !test.cgroup.isFrozen())
      try eventually { try Self.ticks(of: program.id) > used }
    }

    /// The processor time of a process, proc(5) "/proc/[pid]/stat".
    private static func ticks(of process: Int32) throws -> Int {
      let stat = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
      let fields = try #require(stat.split(separator: ")").last).split(separator: " ")
      return try #require(Int(fields[11])) + #require(Int(fields[12]))
    }

    @Test(arguments: [false, true], [false, true]) func allAreKilled(version2Only: Bool, isFrozen: Bool) throws {
      let test = try TestCgroup(version2Only: version2Only)
      let program = try WaitingProgram("sleep 100 & sleep 100 & wait")
      try test.cgroup.attach(program.id)
      try program.go()
      try eventually { try test.cgroup.processes().count == 3 }
      if isFrozen { try test.cgroup.freeze() }
      try test.cgroup.signal(Signal.kill)
      #expect(program.end().wasKilled)
      try test.cgroup.remove()
    }

    @Test(arguments: [false, true]) func anyOtherSignalReachesAll(version2Only: Bool) throws {
      let test = try TestCgroup(version2Only: version2Only)
      let program = try WaitingProgram("trap 'echo one' USR1; sleep 100 & wait; echo ended")
      try test.cgroup.attach(program.id)
      try program.go()
      try eventually { try test.cgroup.processes().count == 2 }
      usleep(50_000)
      try test.cgroup.signal(SIGUSR1)
      #expect(program.end().output == "one\nended\n")
      #expect(try !test.cgroup.isFrozen())
    }

    @Test func whatIsInsideIsRemovedToo() throws {
      let test = try TestCgroup()
      for directory in test.cgroup.directories {
        try FileManager.default.createDirectory(atPath: "\(directory.path)/a/b", withIntermediateDirectories: true)
      }
      let program = try WaitingProgram("true")
      let inside = try test.cgroup.descending(into: [SubCgroup(path: "a/b")])
      for directory in inside.directories where directory.has("cpuset") {
        for path in ["\(directory.path)/..", directory.path] {
          try "0".write(toFile: "\(path)/cpuset.cpus", atomically: false, encoding: .utf8)
          try "0".write(toFile: "\(path)/cpuset.mems", atomically: false, encoding: .utf8)
        }
      }
      try inside.attach(program.id)
      #expect(try test.cgroup.processes() == [program.id])
      // A process that is ending holds its cgroup for a moment.
      try program.go()
      try test.cgroup.remove()
      #expect(!test.cgroup.exists)
      #expect(program.end().status == 0)
    }

    @Test func whatIsNotEmptyIsNotRemoved() throws {
      let test = try TestCgroup(version2Only: true)
      let program = try WaitingProgram("true")
      try test.cgroup.attach(program.id)
      let path = try #require(test.cgroup.unified).path
      #expect(throws: CgroupFailure("rmdir \(path)", .resourceBusy)) { try test.cgroup.remove() }
    }

    @Test func subCgroupsStayInside() throws {
      let test = try TestCgroup()
      #expect(throws: CgroupFailure("bad sub cgroup path: ..", .invalidArgument)) {
        try test.cgroup.descending(into: [SubCgroup(path: "..")])
      }
      #expect(throws: CgroupFailure("bad sub cgroup path: a/../../b", .invalidArgument)) {
        try test.cgroup.descending(into: [SubCgroup(path: "a/../../b")])
      }
      #expect(throws: CgroupFailure("unknown controller whaaat", .noSuchFileOrDirectory)) {
        try test.cgroup.descending(into: [SubCgroup(controller: "whaaat", path: "/")])
      }
      #expect(try test.cgroup.descending(into: [SubCgroup(path: "/")]) == test.cgroup)
      #expect(try test.cgroup.descending(into: []) == test.cgroup)
    }
  }
}
