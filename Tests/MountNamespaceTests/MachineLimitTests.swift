import LinuxABI
import MountNamespace
import SystemPackage
import Testing

@Suite("Machine: the kernel's limits")
struct MachineLimitTests {
  /// A machine whose namespaces can have so many mounts, with two of them: the top, and the root.
  private static func machine(_ most: Int, _ operations: [Machine.Operation] = []) throws -> Machine {
    var rules = KernelRules.current
    rules.mountMax = most
    var machine = Machine(rules: rules)
    let disk = Machine.Superblock(type: "tmpfs", source: "disk", device: "0:2")
    let host = machine.addNamespace(name: "host", superblock: disk)
    for operation in operations { _ = try machine.apply(operation, in: host) }
    return machine
  }

  private static func mount(_ path: String) -> Machine.Operation { .mount(type: "tmpfs", source: "t", at: path) }
  private static let shared = Machine.Operation.setPropagation(.shared, recursive: true, at: "/")

  @Test(
    "A namespace has no more mounts than fs.mount-max, with what it receives",
    arguments: [
      ([], mount("/a"), 3),
      ([mount("/a")], .bind(from: "/a", recursive: false, at: "/b"), 4),
      ([mount("/a"), mount("/a/b")], .bind(from: "/", recursive: true, at: "/c"), 7),
      // What is shared gets a copy at each peer: of `/`, at `/b` of itself.
      ([shared, .bind(from: "/", recursive: false, at: "/b")], mount("/c"), 5),
      // What is moved is there already; its copies are not.
      ([mount("/a")], .move(from: "/a", to: "/b"), 3),
      (
        [
          mount("/m"), .setPropagation(.shared, recursive: false, at: "/m"),
          .bind(from: "/m", recursive: false, at: "/n"), mount("/o"),
        ],
        .move(from: "/o", to: "/m/x"), 6
      ),
      ([mount("/a"), mount("/b")], .moveBeneath(from: "/a", to: "/b"), 4),
    ] as [([Machine.Operation], Machine.Operation, Int)]
  )
  func mounts(before: [Machine.Operation], operation: Machine.Operation, size: Int) throws {
    var enough = try Self.machine(size, before)
    _ = try enough.apply(operation, in: 0)
    #expect(enough.mounts.count { $0.namespace == 0 } == size)
    var small = try Self.machine(100, before)
    small.rules.mountMax = size - 1
    let copy = small
    if case .move = operation, before.count == 1 { return }
    if case .moveBeneath = operation { return }
    let refusal = #expect(throws: Machine.Refusal.self) { try small.apply(operation, in: 0) }
    #expect(refusal?.errno == .noSpace)
    #expect(small == copy)
  }

  @Test("A namespace that receives is as full as the one where it is done")
  func receivers() throws {
    var machine = try Self.machine(4, [Self.shared, .unshare(as: "other", newUser: false)])
    _ = try machine.apply(Self.mount("/a"), in: 1)
    // Only one of them can unmount by itself.
    _ = try machine.apply(.setPropagation(.private, recursive: true, at: "/"), in: 0)
    _ = try machine.apply(.unmount(at: "/a", detach: true), in: 0)
    _ = try machine.apply(Self.mount("/b"), in: 0)
    let refusal = #expect(throws: Machine.Refusal.self) {
      _ = try machine.apply(Self.mount("/c"), in: 1)
      _ = try machine.apply(Self.mount("/d"), in: 1)
    }
    #expect(refusal?.reason == "other would have 5 mounts: fs.mount-max is 4")
  }

  @Test("A tree that is bound into itself comes to the limit, and no further")
  func doubling() throws {
    var machine = try Self.machine(20_000, [Self.shared])
    var refusal: Machine.Refusal?
    for _ in 0..<40 where refusal == nil {
      do throws(Machine.Refusal) {
        _ = try machine.apply(.bind(from: "/", recursive: true, at: "/a"), in: 0)
      } catch {
        refusal = error
      }
    }
    #expect(refusal?.errno == .noSpace)
    #expect(machine.mounts.count <= 20_000)
  }

  @Test(
    "Paths and names have the lengths that the kernel lets them have",
    arguments: [
      ("/" + String(repeating: "n", count: 255), true), ("/" + String(repeating: "n", count: 256), false),
      ("/" + String(repeating: "é", count: 128), false), (String(repeating: "/a", count: 2047), true),
      (String(repeating: "/a", count: 2048), false), ("/" + String(repeating: "n", count: 1_000_000), false),
    ]
  )
  func lengths(path: String, fits: Bool) throws {
    var machine = try Self.machine(100)
    do throws(Machine.Refusal) {
      _ = try machine.apply(Self.mount(path), in: 0)
      #expect(fits)
    } catch {
      #expect(error.errno == .fileNameTooLong)
      #expect(error.reason.utf8.count < 200)
      #expect(!fits)
    }
  }
}
