import Foundation
import KernelRecords
import LinuxABI
import LinuxSyscalls
import MachineReading
import MountNamespace
import SystemPackage
import Testing

/// What the kernel's records tell, beside what is known of this process.
@Suite(.requiresMountPrivilege, .requiresKernelRecords) struct KernelViewTests {
  @Test func tellsOfThisProcess() async {
    await #expect(processExitsWith: .success) {
      _ = try PrivateNamespace()
      let view = try #require(KernelView())
      let (tasks, namespaces) = try #require(view.tasks())
      // The thread that made the namespace is the one that runs, and not the first of this process.
      let number = UInt32(try Syscall.status(path: "/proc/thread-self/ns/mnt").inode)
      let own = try #require(tasks.first { $0.process == Syscall.processID && $0.namespace == number })
      #expect(own.parent == getppid() && own.user == 0)
      let file = try Syscall.open("/proc/thread-self/ns/mnt", [])
      let info = try Syscall.mountNamespaceInfo(file.borrowed)
      let namespace = try #require(namespaces.first { $0.id == info.id })
      #expect(namespace.number == number && Int(namespace.mountCount) == info.mountCount)
      let owner = try Syscall.owner(of: file.borrowed)
      #expect(UInt64(namespace.owner) == (try Syscall.status(of: owner.borrowed).inode))
    }
  }

  @Test func tellsOfAllMountsAndFilesOfAFileSystem() async {
    await #expect(processExitsWith: .success) {
      let space = try PrivateNamespace()
      try space.make(directories: "a", "b")
      try Syscall.mount(.bind(from: "/mnt/a", recursive: false), at: "/mnt/b")
      let view = try #require(KernelView())
      let file = try Syscall.open("/mnt/b", .directory)
      let device = try Syscall.status(of: file.borrowed).fileSystem
      let found = try #require(view.superblock(.file(file.borrowed)))
      #expect(found.device == device && found.mounts.count == 2 && !found.mayBeMapped)
      #expect(view.superblock(.device(device)) == found)
      let files = try #require(view.openFiles(superblock: found.address, where: { _ in true }))
      #expect(files.map(\.descriptor) == [file.rawValue] && files.map(\.process) == [Syscall.processID])
      // Unmounted lazily, it is in no namespace any more and still there.
      try Syscall.unmount("/mnt/b", detach: true)
      #expect(view.superblock(.file(file.borrowed))?.detachedCount == 1)
    }
  }

  @Test func tellsWhoReceivesFromAPeerGroup() async {
    await #expect(processExitsWith: .success) {
      let space = try PrivateNamespace()
      try space.make(directories: "a", "peer", "slave", "alone")
      try Syscall.mount(.bind(from: "/mnt/a", recursive: false), at: "/mnt/a")
      try Syscall.mount(.propagation(.shared, recursive: false), at: "/mnt/a")
      for place in ["peer", "slave", "alone"] {
        try Syscall.mount(.bind(from: "/mnt/a", recursive: false), at: "/mnt/\(place)")
      }
      try Syscall.mount(.propagation(.slave, recursive: false), at: "/mnt/slave")
      try Syscall.mount(.propagation(.private, recursive: false), at: "/mnt/alone")
      let group = UInt32(try #require(try space.mount(at: "/mnt/a")?.peerGroup))
      let device = try Syscall.status(path: "/mnt").fileSystem
      let view = try #require(KernelView())
      #expect(view.superblock(.device(device))?.mounts.count == 5)
      let linked = try #require(view.superblock(.device(device), linkedTo: group))
      #expect(linked.mounts.map(\.peerGroup).sorted() == [0, group, group])
    }
  }
}

extension Trait where Self == ConditionTrait {
  /// Needs Linux 6.9 with BTF.
  static var requiresKernelRecords: Self {
    .enabled(
      if: requiresAll || FileManager.default.fileExists(atPath: "/sys/kernel/btf/vmlinux"),
      "the kernel has no BTF"
    )
  }
}
