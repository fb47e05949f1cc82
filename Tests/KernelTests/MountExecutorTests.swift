import Foundation
import LinuxABI
import LinuxSyscalls
import MountExecution
import MountNamespace
import SystemPackage
import Testing

@Suite(.requiresMountPrivilege) struct MountExecutorTests {
  @Test func aFileSystemIsMountedWithItsAttributesAndData() async {
    await #expect(processExitsWith: .success) {
      var namespace = try PrivateNamespace()
      try namespace.make(directories: "a")
      let fileSystem = FileSystem(
        type: "tmpfs",
        source: "name",
        parameters: [.init("size", "64k"), .init("mode", "0711")]
      )
      try namespace.executor.execute(
        .mount(fileSystem, attributes: [.noSetUserID, .noExecution, .noSymbolicLinks], at: MountPoint(path: "/mnt/a"))
      )
      let entry = try #require(try namespace.mount(at: "/mnt/a"))
      #expect(entry.type == "tmpfs" && entry.source == "name")
      #expect(entry.options == ["rw", "nosuid", "noexec", "relatime", "nosymfollow"])
      #expect(entry.superblockOptions == ["rw", "size=64k", "mode=711"])
    }
  }

  @Test func aRecursiveBindIsReadOnlyAllTheWayDownAndAPlainOneIsNot() async {
    await #expect(processExitsWith: .success) {
      var namespace = try PrivateNamespace()
      try namespace.make(directories: "a/b", "deep", "flat")
      try namespace.executor.execute(
        .mount(FileSystem(type: "tmpfs"), attributes: [], at: MountPoint(path: "/mnt/a/b"))
      )
      let deep = MountChange(recursiveAttributes: .init(set: .readOnly))
      let flat = MountChange(attributes: .init(set: .readOnly))
      for (name, change) in [("deep", deep), ("flat", flat)] {
        try namespace.executor.execute(
          .bind(from: MountPoint(path: "/mnt/a"), recursive: true, change: change, at: MountPoint(path: "/mnt/\(name)"))
        )
      }
      #expect(try namespace.mount(at: "/mnt/deep")?.options.first == "ro")
      #expect(try namespace.mount(at: "/mnt/deep/b")?.options.first == "ro")
      #expect(try namespace.mount(at: "/mnt/flat")?.options.first == "ro")
      #expect(try namespace.mount(at: "/mnt/flat/b")?.options.first == "rw")
      #expect(try namespace.mount(at: "/mnt/a/b")?.options.first == "rw")
    }
  }

  @Test(arguments: Propagation.allCases)
  func propagationIsSetAndTold(type: Propagation) async {
    await #expect(processExitsWith: .success) { [type] in
      var namespace = try PrivateNamespace()
      let shared = MountChange(propagation: .init(.shared, recursive: false))
      let place = MountPoint(path: "/mnt")
      try namespace.executor.execute(.change(shared, at: place))
      // The copy is a peer of /mnt, so that a slave has a master. Its place is on a private mount: a shared one would
      // make it shared again.
      try namespace.executor.execute(.capture(.captured(0, path: "/mnt"), recursive: false))
      let change = MountChange(propagation: .init(type, recursive: false))
      try namespace.executor.execute(
        .bind(
          from: .captured(0, path: "/mnt"),
          recursive: false,
          change: change,
          at: MountPoint(path: "/media")
        )
      )
      let entry = try #require(try namespace.mount(at: "/media"))
      #expect((entry.peerGroup != nil) == (type == .shared))
      #expect((entry.master != nil) == (type == .slave))
      #expect(entry.isUnbindable == (type == .unbindable))
      let live = try LivePropagation(at: "/media")
      #expect(live.isShared == (entry.peerGroup != nil) && live.isSlave == (entry.master != nil))
      #expect(live.mountPoint == "/media")
    }
  }

  @Test func pivotRootLeavesNothingOfTheOldRoot() async {
    await #expect(processExitsWith: .success) {
      var namespace = try PrivateNamespace(roots: ["/mnt"])
      try namespace.make(directories: "proc")
      try namespace.executor.execute(
        .mount(FileSystem(type: "proc"), attributes: [], at: MountPoint(root: "/mnt", path: "/proc"))
      )
      try namespace.executor.execute(.pivotRoot(to: "/mnt"))
      #expect(try MountTable.live().entries.map(\.mountPoint) == ["/", "/proc"])
    }
  }

  @Test(arguments: [("/escape", "../../.."), ("/escape", "/etc"), ("/escape", "/mnt/outside")])
  func aMountPointCannotLeaveItsRoot(name: String, link: String) async {
    await #expect(processExitsWith: .success) { [name, link] in
      var namespace = try PrivateNamespace(roots: ["/mnt/root"])
      try namespace.make(directories: "root/etc", "root/mnt/outside", "outside")
      let root = MountPoint(path: "/mnt/root")
      try namespace.executor.execute(.bind(from: root, recursive: true, change: MountChange(), at: root))
      try FileManager.default.createSymbolicLink(atPath: "/mnt/root\(name)", withDestinationPath: link)
      try namespace.executor.execute(
        .mount(
          FileSystem(type: "tmpfs", source: "inside"),
          attributes: [],
          at: MountPoint(root: "/mnt/root", path: name)
        )
      )
      let entry = try #require(try MountTable.live().entries.last)
      #expect(entry.source == "inside" && isPath(entry.mountPoint, within: "/mnt/root"))
    }
  }

  @Test func tmpfsIsFilledWithWhatItCovers() async {
    await #expect(processExitsWith: .success) {
      var namespace = try PrivateNamespace()
      try namespace.make(directories: "a/sub")
      try Data("text".utf8).write(to: URL(fileURLWithPath: "/mnt/a/sub/file"))
      try FileManager.default.setAttributes([.posixPermissions: 0o4755], ofItemAtPath: "/mnt/a/sub/file")
      try FileManager.default.createSymbolicLink(atPath: "/mnt/a/link", withDestinationPath: "sub/file")
      try namespace.executor.execute(
        .mount(FileSystem(type: "tmpfs"), attributes: [], copyUp: true, at: MountPoint(path: "/mnt/a"))
      )
      #expect(try String(contentsOfFile: "/mnt/a/link", encoding: .utf8) == "text")
      #expect(try Syscall.status(path: "/mnt/a/sub/file").permissions == 0o4755)
    }
  }

  @Test func idsOfAMountAreMapped() async {
    await #expect(processExitsWith: .success) {
      var namespace = try PrivateNamespace()
      try namespace.make(directories: "a", "b", "c")
      let mapping = IDMapping(containerID: 0, hostID: 1000, size: 10)
      let idMap = MountChange.IDMap(mappings: IDMappings(users: [mapping], groups: [mapping]), recursive: false)
      let mapped = MountPoint.captured(0, path: "/mnt/a")
      try namespace.executor.execute(.capture(mapped, recursive: false, idMap: idMap))
      // A plain bind of the same source leaves the mapped copy to the one that names it.
      for (source, place) in [(MountPoint(path: "/mnt/a"), "/mnt/c"), (mapped, "/mnt/b")] {
        try namespace.executor.execute(
          .bind(from: source, recursive: false, change: MountChange(), at: MountPoint(path: place))
        )
      }
      #expect(try Syscall.status(path: "/mnt/b").userID == 1000)
      #expect(try Syscall.status(path: "/mnt/c").userID == 0)
    }
  }
}

extension Syscall {
  /// The number of this process's open descriptors.
  static var openDescriptors: Int { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0 }
}
