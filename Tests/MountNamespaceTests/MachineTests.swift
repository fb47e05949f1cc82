import LinuxABI
import MountNamespace
import SystemPackage
import Testing

@Suite("Machine")
struct MachineTests {
  private static let disk = Machine.Superblock(type: "tmpfs", source: "disk", device: "0:2")

  /// A machine of one namespace, after some operations in it.
  private static func machine(_ operations: Machine.Operation...) throws -> Machine {
    var machine = Machine()
    let host = machine.addNamespace(name: "host", superblock: disk)
    for operation in operations { _ = try machine.apply(operation, in: host) }
    return machine
  }

  private static func paths(_ machine: Machine, _ namespace: Int) -> [String] {
    machine.table(of: namespace).entries.map(\.mountPoint)
  }

  @Test("What is mounted below a shared mount appears in the copy of the namespace, and goes there too")
  func peers() throws {
    var machine = try Self.machine(
      .setPropagation(.shared, recursive: true, at: "/"),
      .unshare(as: "other", newUser: false)
    )
    let effects = try machine.apply(.mount(type: "tmpfs", source: "t", at: "/mnt"), in: 0)
    #expect(Self.paths(machine, 1) == ["/", "/mnt"])
    #expect(effects.map(\.namespace) == [0, 1])
    #expect(effects[1].cause == .peer(group: 1))
    _ = try machine.apply(.unmount(at: "/mnt", detach: false), in: 1)
    #expect(Self.paths(machine, 0) == ["/"])
  }

  @Test("A slave receives and does not send; of another user namespace the copies are slaves, and locked")
  func slaves() throws {
    var machine = try Self.machine(
      .mount(type: "tmpfs", source: "a", at: "/a"),
      .setPropagation(.shared, recursive: true, at: "/"),
      .unshare(as: "user", newUser: true)
    )
    _ = try machine.apply(.mount(type: "tmpfs", source: "b", at: "/b"), in: 0)
    _ = try machine.apply(.mount(type: "tmpfs", source: "c", at: "/c"), in: 1)
    #expect(Self.paths(machine, 0) == ["/", "/a", "/b"])
    #expect(Self.paths(machine, 1) == ["/", "/a", "/b", "/c"])
    #expect(throws: Machine.Refusal.self) { try machine.apply(.unmount(at: "/a", detach: false), in: 1) }
    _ = try machine.apply(.unmount(at: "/b", detach: false), in: 1)
    #expect(Self.paths(machine, 0) == ["/", "/a", "/b"])
  }

  @Test("What propagates onto a place that has a mount goes beneath it")
  func beneath() throws {
    var machine = try Self.machine(
      .setPropagation(.shared, recursive: true, at: "/"),
      .unshare(as: "other", newUser: false)
    )
    _ = try machine.apply(.setPropagation(.slave, recursive: true, at: "/"), in: 1)
    _ = try machine.apply(.mount(type: "tmpfs", source: "own", at: "/mnt"), in: 1)
    let effects = try machine.apply(.mount(type: "tmpfs", source: "theirs", at: "/mnt"), in: 0)
    #expect(effects.map(\.cause) == [.asked, .slave(of: 1), .shifted])
    #expect(machine.table(of: 1).entries.map(\.source) == ["disk", "theirs", "own"])
    _ = try machine.apply(.unmount(at: "/mnt", detach: false), in: 0)
    #expect(machine.table(of: 1).entries.map(\.source) == ["disk", "own"])
  }

  private struct Refused: Sendable {
    var before: [Machine.Operation] = []
    var operation: Machine.Operation
    var errno: Errno
  }

  private static let tmpfs = Machine.Operation.mount(type: "tmpfs", source: "t", at: "/a")

  @Test(
    "What the kernel refuses",
    arguments: [
      Refused(operation: .unmount(at: "/a", detach: false), errno: .invalidArgument),
      Refused(
        before: [tmpfs, .mount(type: "tmpfs", source: "u", at: "/a/b")],
        operation: .unmount(at: "/a", detach: false),
        errno: .resourceBusy
      ),
      Refused(
        before: [tmpfs, .setPropagation(.unbindable, recursive: false, at: "/a")],
        operation: .bind(from: "/a", recursive: false, at: "/b"),
        errno: .invalidArgument
      ),
      Refused(before: [tmpfs], operation: .move(from: "/a", to: "/a/b"), errno: .tooManySymbolicLinkLevels),
      Refused(
        before: [tmpfs, .setPropagation(.shared, recursive: false, at: "/")],
        operation: .move(from: "/a", to: "/b"),
        errno: .invalidArgument
      ),
      Refused(before: [tmpfs], operation: .pivotRoot(to: "/", putOld: "/a"), errno: .resourceBusy),
      Refused(before: [tmpfs], operation: .pivotRoot(to: "/a/b", putOld: "/a/b/c"), errno: .invalidArgument),
      Refused(before: [tmpfs], operation: .setGroup(from: "/a", to: "/"), errno: .invalidArgument),
    ]
  )
  private func refusals(_ refused: Refused) throws {
    var machine = try Self.machine()
    for operation in refused.before { _ = try machine.apply(operation, in: 0) }
    let before = machine
    let refusal = #expect(throws: Machine.Refusal.self) { try machine.apply(refused.operation, in: 0) }
    #expect(refusal?.errno == refused.errno, "\(refusal?.reason ?? "")")
    #expect(machine == before)
  }
}
