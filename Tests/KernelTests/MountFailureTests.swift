import Foundation
import LinuxABI
import LinuxSyscalls
import MountExecution
import MountNamespace
import SystemPackage
import Testing

/// What a refused operation says: the mount(8) line, the errno, and the kernel's own words.
@Suite(.requiresMountPrivilege) struct MountFailureTests {
  static let cases: [(MountOperation, String)] = [
    (
      .bind(from: MountPoint(path: "/nope"), recursive: false, change: MountChange(), at: MountPoint(path: "/mnt")),
      "mount --bind /nope /mnt: No such file or directory"
    ),
    (
      .mount(FileSystem(type: "nosuchfs"), attributes: [], at: MountPoint(path: "/mnt")),
      "mount -t nosuchfs nosuchfs /mnt: No such device"
    ),
    (
      .mount(
        FileSystem(type: "tmpfs", parameters: [.init("siez", "1m")]),
        attributes: [],
        at: MountPoint(path: "/mnt")
      ),
      "mount -t tmpfs -o siez=1m tmpfs /mnt: Invalid argument (tmpfs: Unknown parameter 'siez')"
    ),
    (
      .change(MountChange(attributes: .init(set: .readOnly)), at: MountPoint(path: "/usr/bin")),
      "mount -o remount,bind,ro /usr/bin: Invalid argument"
    ),
    (
      .mount(FileSystem(type: "tmpfs"), attributes: [], at: MountPoint(path: "/proc/self/cwd")),
      "mount -t tmpfs tmpfs /proc/self/cwd: Too many levels of symbolic links"
    ),
  ]

  @Test(arguments: Self.cases.indices)
  func aRefusedOperationSaysWhatAndWhy(index: Int) async {
    await #expect(processExitsWith: .success) { [index] in
      var namespace = try PrivateNamespace()
      let descriptors = Syscall.openDescriptors
      let table = try MountTable.live()
      let (operation, message) = Self.cases[index]
      // Often enough that a descriptor lost each time stands out from those that the test runner's threads open.
      for _ in 0..<50 {
        do throws(MountFailure) {
          try namespace.executor.execute(operation)
          Issue.record("the operation was not refused")
        } catch {
          #expect(error.description == message)
        }
      }
      #expect(try MountTable.live() == table)
      #expect(Syscall.openDescriptors < descriptors + 50)
    }
  }

  @Test(.requires("mksquashfs")) func anImageTakesALoopDeviceThatGoesWithTheMount() async {
    await #expect(processExitsWith: .success) {
      var namespace = try PrivateNamespace()
      try namespace.make(directories: "tree", "image")
      try Data("text".utf8).write(to: URL(fileURLWithPath: "/mnt/tree/file"))
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/mksquashfs")
      process.arguments = ["/mnt/tree", "/mnt/squash", "-quiet", "-no-progress"]
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      let fileSystem = FileSystem(type: "squashfs", backing: .image(path: "/mnt/squash"), parameters: [.init("ro")])
      try namespace.executor.execute(.mount(fileSystem, attributes: .readOnly, at: MountPoint(path: "/mnt/image")))
      #expect(try String(contentsOfFile: "/mnt/image/file", encoding: .utf8) == "text")
      let device = try #require(try namespace.mount(at: "/mnt/image")?.source)
      let backing = device.replacing("/dev/", with: "/sys/block/") + "/loop/backing_file"
      #expect(try String(contentsOfFile: backing, encoding: .utf8).contains("/squash"))
      try Syscall.detachMount(at: "/mnt/image")
      // The kernel frees the device when the last user is gone, a moment after the unmount.
      for _ in 0..<100 where FileManager.default.fileExists(atPath: backing) { usleep(10_000) }
      #expect(!FileManager.default.fileExists(atPath: backing))
    }
  }
}
