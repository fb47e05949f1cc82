import Instruments
import LinuxABI
import MountNamespace
import Testing

@Suite("MountLine")
struct MountLineTests {
  private static let bind = Machine.Operation.bind(from: "/s", recursive: false, at: "/d")
  private static let tmpfs = Machine.Operation.mount(type: "tmpfs", source: "s", attributes: .readOnly, at: "/d")

  @Test(
    "Words are read as getopt_long(3) reads them",
    arguments: [
      ("mount --bind /s /d", [bind]), ("mount -B /s /d", [bind]), ("mount -obind /s /d", [bind]),
      ("mount /s -o bind /d", [bind]), ("mount --source=/s --target=/d --bind", [bind]),
      ("mount -T", nil),
      ("/bin/mount -B /s /d", [bind]), ("mount --target /d /s --bind", [bind]), ("mount -vB /s -- /d", [bind]),
      ("mount -t none -o x-gvfs-show,bind,nofail /s /d", [bind]),
      ("mount -rttmpfs s /d", [tmpfs]), ("mount --types=tmpfs --options ro s /d", [tmpfs]),
      ("mount -L data -t ext4 /d", [.mount(type: "ext4", source: "LABEL=data", at: "/d")]),
      ("mount --fake --bind /s /d", []), ("mount -a", nil), ("mount --bind=yes /s /d", nil), ("mount /s /d /e", nil),
      ("umount -lf /d", [.unmount(at: "/d", detach: true)]),
      ("umount -t tmpfs /d", [.unmount(at: "/d", detach: false)]),
      ("umount -x /d", nil), ("umount", nil),
    ] as [(String, [Machine.Operation]?)]
  )
  func words(line: String, operations: [Machine.Operation]?) {
    let read = try? MountLine(words: line.split(separator: " ").map(String.init))
    #expect(read?.operations == operations)
  }

  @Test("umount(8) finds out what is below, and where else the file system is")
  func steps() throws {
    var machine = Machine()
    let host = machine.addNamespace(name: "host", superblock: .init(type: "tmpfs", source: "disk", device: "0:2"))
    for path in ["/a", "/a/x", "/a/y"] {
      _ = try machine.apply(.mount(type: "tmpfs", source: path, at: path), in: host)
    }
    _ = try machine.apply(.bind(from: "/a", recursive: false, at: "/b"), in: host)
    func paths(_ line: String) throws -> [[String]] {
      try MountLine(words: line.split(separator: " ").map(String.init)).steps(on: machine.table(of: host)).map {
        $0.operations.flatMap(\.paths)
      }
    }
    #expect(try paths("umount -R /a") == [["/a/y", "/a/x", "/a"]])
    #expect(try paths("umount -A /a") == [["/b", "/a"]])
    #expect(try paths("umount -AR /a") == [["/b", "/a/y", "/a/x", "/a"]])
    #expect(try paths("umount /a/x /nothing") == [["/a/x"], ["/nothing"]])
  }
}
