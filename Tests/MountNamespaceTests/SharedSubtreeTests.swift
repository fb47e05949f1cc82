import LinuxABI
import MountNamespace
import SystemPackage
import Testing

/// The examples of the kernel's Documentation/filesystems/sharedsubtree.rst.
@Suite("sharedsubtree.rst") struct SharedSubtreeTests {
  private typealias Operation = Machine.Operation

  /// A machine after operations in one namespace, or in the one that a name says.
  private static func machine(_ operations: [Operation]) throws -> Machine {
    var machine = Machine()
    let host = machine.addNamespace(name: "host", superblock: .init(type: "tmpfs", source: "root", device: "0:2"))
    for operation in operations { _ = try machine.apply(operation, in: host) }
    return machine
  }

  /// How the top mount at a path propagates, in the document's words.
  private static func state(_ machine: Machine, at path: String, in namespace: Int = 0) -> String? {
    guard let entry = machine.table(of: namespace).topMount(at: path) else { return nil }
    return switch (entry.peerGroup, entry.master, entry.isUnbindable) {
    case (_?, _?, _): "shared and slave"
    case (_?, nil, _): "shared"
    case (nil, _?, _): "slave"
    case (nil, nil, true): "unbindable"
    case (nil, nil, false): "private"
    }
  }

  private static func disk(_ path: String) -> Operation { .mount(type: "tmpfs", source: "disk", at: path) }
  private static func bind(_ from: String, _ path: String) -> Operation {
    .bind(from: from, recursive: false, at: path)
  }
  private static func make(_ type: Propagation, _ path: String) -> Operation {
    .setPropagation(type, recursive: false, at: path)
  }

  /// What makes a mount at a path be in a state.
  private static func mount(_ state: String, at path: String) -> [Operation] {
    switch state {
    case "shared": [disk(path), make(.shared, path)]
    // A slave needs a master, which stays at another path.
    case "slave": [disk(path + "m"), make(.shared, path + "m"), bind(path + "m", path), make(.slave, path)]
    case "shared and slave": mount("slave", at: path) + [make(.shared, path)]
    case "unbindable": [disk(path), make(.unbindable, path)]
    default: [disk(path)]
    }
  }

  /// The state diagram of section 5a: from, then after make-shared, make-slave, make-private and make-unbindable.
  @Test(arguments: [
    ["shared", "shared", "private", "private", "unbindable"],
    ["slave", "shared and slave", "slave", "private", "unbindable"],
    ["shared and slave", "shared and slave", "slave", "private", "unbindable"],
    ["private", "shared", "private", "private", "unbindable"],
    ["unbindable", "shared", "unbindable", "private", "unbindable"],
  ])
  func states(row: [String]) throws {
    for (type, after) in zip([Propagation.shared, .slave, .private, .unbindable], row.dropFirst()) {
      let machine = try Self.machine(Self.mount(row[0], at: "/m") + [Self.make(type, "/m")])
      #expect(Self.state(machine, at: "/m") == after, "\(row[0]), made \(type)")
    }
  }

  @Test("Made a slave, a shared mount that has peers is a slave of theirs")
  func slaveOfPeers() throws {
    let machine = try Self.machine([
      Self.disk("/m"), Self.make(.shared, "/m"), Self.bind("/m", "/n"), Self.make(.slave, "/n"),
    ])
    #expect(Self.state(machine, at: "/n") == "slave")
    #expect(Self.state(machine, at: "/m") == "shared")
  }

  /// The table of section 5b: source, destination, and what the bind is; nil where it is invalid.
  @Test(arguments: [
    ("shared", "shared", "shared"), ("private", "shared", "shared"), ("slave", "shared", "shared and slave"),
    ("unbindable", "shared", nil), ("shared", "private", "shared"), ("private", "private", "private"),
    ("slave", "private", "slave"), ("unbindable", "private", nil),
  ])
  func binds(source: String, destination: String, result: String?) throws {
    var machine = try Self.machine(Self.mount(source, at: "/a") + Self.mount(destination, at: "/b"))
    do {
      _ = try machine.apply(Self.bind("/a", "/b/x"), in: 0)
      #expect(Self.state(machine, at: "/b/x") == result)
    } catch {
      #expect(result == nil && error.errno == .invalidArgument)
    }
  }

  /// The table of section 5d. The document's root is private, as what is moved must have a parent that is not shared.
  @Test(arguments: [
    ("shared", "shared", "shared"), ("private", "shared", "shared"), ("slave", "shared", "shared and slave"),
    ("unbindable", "shared", nil), ("shared", "private", "shared"), ("private", "private", "private"),
    ("slave", "private", "slave"), ("unbindable", "private", "unbindable"),
  ])
  func moves(source: String, destination: String, result: String?) throws {
    var machine = try Self.machine(Self.mount(source, at: "/a") + Self.mount(destination, at: "/b"))
    do {
      _ = try machine.apply(.move(from: "/a", to: "/b/x"), in: 0)
      #expect(Self.state(machine, at: "/b/x") == result)
      #expect(Self.state(machine, at: "/a") == nil)
    } catch {
      #expect(result == nil && error.errno == .invalidArgument)
    }
  }

  @Test("A recursive bind leaves out what is unbindable, and all below it (5c)")
  func prunes() throws {
    let machine = try Self.machine([
      Self.disk("/a"), Self.disk("/a/b"), Self.disk("/a/c"), Self.disk("/a/b/d"), Self.disk("/a/b/e"),
      Self.disk("/a/c/f"),
      Self.disk("/a/c/g"), Self.make(.unbindable, "/a/c"), .bind(from: "/a", recursive: true, at: "/z"),
    ])
    let copied = machine.table(of: 0).entries.map(\.mountPoint).filter { $0.hasPrefix("/z") }
    #expect(copied.sorted() == ["/z", "/z/b", "/z/b/d", "/z/b/e"])
  }

  /// Section 2: what is mounted on one of two is seen on the other, or not.
  @Test(arguments: [
    ([make(.shared, "/mnt"), bind("/mnt", "/tmp")], "/tmp/a", "/mnt/a", true),
    ([make(.shared, "/mnt"), bind("/mnt", "/tmp")], "/mnt/a", "/tmp/a", true),
    ([make(.shared, "/mnt"), bind("/mnt", "/tmp"), make(.slave, "/tmp")], "/mnt/a", "/tmp/a", true),
    ([make(.shared, "/mnt"), bind("/mnt", "/tmp"), make(.slave, "/tmp")], "/tmp/b", "/mnt/b", false),
    ([bind("/mnt", "/tmp")], "/mnt/a", "/tmp/a", false),
  ])
  private func flavours(before: [Machine.Operation], mounted: String, seen: String, isSeen: Bool) throws {
    let machine = try Self.machine([Self.disk("/mnt")] + before + [Self.disk(mounted)])
    #expect((Self.state(machine, at: seen) != nil) == isSeen)
  }

  @Test("A CD that is mounted later is seen in a namespace that was cloned before (use case A)")
  func compactDisc() throws {
    var machine = try Self.machine([
      Self.bind("/cdrom", "/cdrom"), Self.make(.shared, "/cdrom"), .unshare(as: "clone", newUser: false),
      Self.disk("/cdrom"),
    ])
    #expect(machine.table(of: 1).topMount(at: "/cdrom")?.source == "disk")
    _ = try machine.apply(.unmount(at: "/cdrom", detach: false), in: 0)
    #expect(machine.table(of: 1).topMount(at: "/cdrom")?.source == "root")
  }

  @Test("A process sees the system's mounts, and keeps its own to itself (use case B)")
  func invisible() throws {
    var machine = try Self.machine([
      Self.disk("/my"), .setPropagation(.shared, recursive: true, at: "/"), .unshare(as: "clone", newUser: false),
    ])
    _ = try machine.apply(.setPropagation(.slave, recursive: true, at: "/my"), in: 1)
    _ = try machine.apply(Self.disk("/my/own"), in: 1)
    _ = try machine.apply(Self.disk("/my/theirs"), in: 0)
    #expect(Self.state(machine, at: "/my/own", in: 0) == nil)
    #expect(Self.state(machine, at: "/my/theirs", in: 1) != nil)
  }

  @Test("What is mounted on a tree that is seen in many places appears in all of them (use case D)")
  func versions() throws {
    let views = ["/view/v1", "/view/v2"].map { Operation.bind(from: "/", recursive: true, at: $0) }
    let machine = try Self.machine([Self.make(.shared, "/")] + views + [Self.disk("/usr")])
    for path in ["/usr", "/view/v1/usr", "/view/v2/usr"] { #expect(Self.state(machine, at: path) != nil, "\(path)") }
  }

  @Test("An unmount reaches the peers, but not a mount that has another below it (5f)")
  func unmounts() throws {
    var machine = try Self.machine([
      Self.disk("/a"), Self.make(.shared, "/a"), Self.bind("/a", "/b"), Self.bind("/a", "/c"), Self.make(.slave, "/c"),
      Self.disk("/a/x"), Self.disk("/c/x/y"),
    ])
    _ = try machine.apply(.unmount(at: "/a/x", detach: false), in: 0)
    #expect(Self.state(machine, at: "/b/x") == nil)
    #expect(Self.state(machine, at: "/c/x") != nil)
    #expect(Self.state(machine, at: "/c/x/y") != nil)
  }

  @Test("A cloned namespace has peers of what is shared and slaves of the same masters (5g)")
  func clones() throws {
    let machine = try Self.machine(
      Self.mount("shared", at: "/s") + Self.mount("slave", at: "/l") + Self.mount("private", at: "/p")
        + [.unshare(as: "clone", newUser: false)]
    )
    let (old, new) = (machine.table(of: 0), machine.table(of: 1))
    #expect(old.topMount(at: "/s")?.peerGroup == new.topMount(at: "/s")?.peerGroup)
    #expect(old.topMount(at: "/l")?.master == new.topMount(at: "/l")?.master)
    #expect(Self.state(machine, at: "/p", in: 1) == "private")
  }

  @Test("Quiz A: a peer that is moved below its peer appears once more below itself")
  func quizA() throws {
    let machine = try Self.machine([
      Self.bind("/mnt", "/mnt"), Self.make(.shared, "/mnt"), Self.bind("/mnt", "/tmp"),
      .move(from: "/tmp", to: "/mnt/1"),
    ])
    let seen = machine.table(of: 0).entries.map(\.mountPoint).filter { $0 != "/" }
    #expect(seen.sorted() == ["/mnt", "/mnt/1", "/mnt/1/1"])
  }

  @Test("Quiz B: a recursive bind of the root below itself has no third copy")
  func quizB() throws {
    let machine = try Self.machine([
      .setPropagation(.shared, recursive: true, at: "/"), .bind(from: "/", recursive: true, at: "/v/1"),
    ])
    #expect(Self.state(machine, at: "/v/1") == "shared")
    #expect(machine.table(of: 0).entries.map(\.mountPoint).sorted() == ["/", "/v/1"])
  }

  @Test("Quiz C: a slave of a slave receives what the slave between has no directory for")
  func quizC() throws {
    let machine = try Self.machine([
      Self.bind("/mnt", "/mnt"), Self.make(.shared, "/mnt"), Self.bind("/mnt/1", "/tmp"), Self.make(.slave, "/mnt"),
      Self.make(.shared, "/mnt"), Self.bind("/mnt/1/2", "/tmp1"), Self.make(.slave, "/mnt"), Self.disk("/tmp/test"),
    ])
    #expect(Self.state(machine, at: "/mnt/1/test") == "slave")
    #expect(Self.state(machine, at: "/tmp1/test") == nil)
  }
}
