import Instruments
import LinuxABI
import MountNamespace
import SystemPackage
import Testing

@Suite("MountPrediction")
struct MountPredictionTests {
  /// A shared root, and a slave of it.
  private func machine() throws -> Machine {
    var machine = Machine()
    let host = machine.addNamespace(name: "host", superblock: .init(type: "tmpfs", source: "disk", device: "0:2"))
    _ = try machine.apply(.setPropagation(.shared, recursive: true, at: "/"), in: host)
    _ = try machine.apply(.unshare(as: "web", newUser: false), in: host)
    _ = try machine.apply(.setPropagation(.slave, recursive: true, at: "/"), in: 1)
    return machine
  }

  private func prediction(_ line: String, facts: MountFacts = MountFacts()) throws -> MountPrediction {
    let machine = try machine()
    let words = line.split(separator: " ").map(String.init)
    return MountPrediction(
      of: try MountLine(words: words).steps(on: machine.table(of: 0)),
      on: machine,
      in: 0,
      labels: [.init(name: "host", inode: 1), .init(name: "web", inode: 2)],
      facts: facts
    )
  }

  @Test("A mount that is changed as it is made is told once, as it will be")
  func folds() throws {
    #expect(
      try prediction("mount -o bind,ro /srv /mnt").text
        == """
        host (mnt:[1]):
          + /mnt  tmpfs disk  shared ro,relatime
        web (mnt:[2]):
          + /mnt  tmpfs disk  (a slave of group 1)

        """
    )
    #expect(try prediction("mount --make-shared /").text.text.hasPrefix("Nothing would change.\n2 other namespaces"))
  }

  @Test("A slave that nothing gives to any more is told of")
  func orphans() throws {
    #expect(
      try prediction("mount --make-private /").text
        == """
        host (mnt:[1]):
          ~ /  tmpfs disk  private rw,relatime
        web (mnt:[2]):
          ~ /  tmpfs disk  private rw,relatime  (group 1, which it received from, is gone)

        """
    )
  }

  @Test("umount(8) goes on after a failure, mount(8) does not")
  func goesOn() throws {
    let both = try prediction("umount /nothing /")
    #expect(both.refusals.map(\.operation) == [0])
    #expect(both.fails)
    let one = try prediction("mount --bind --make-private /srv /mnt")
    #expect(one.refusals.isEmpty)
  }

  @Test(
    "What is no matter of mounts is looked at too",
    arguments: [
      ("mount --bind /gone /mnt", 2, "/gone does not exist"),
      ("mount --bind /file /mnt", 20, "/mnt is a directory, and /file is none"),
      ("mount -t tmpfs x /file", 20, "/file is not a directory"),
      ("mount -t nosuchfs x /mnt", 19, "knows no file system type \"nosuchfs\""),
      ("mount -t ext4 /dev/gone /mnt", 2, "/dev/gone does not exist"),
      ("mount /file2 /mnt", 15, "/file2 is no block device"),
      ("mount -L gone /mnt", 2, "/dev/disk/by-label/gone does not exist"),
    ]
  )
  func refuses(line: String, errno: Int32, reason: String) throws {
    var facts = MountFacts()
    facts.files = ["/file": .regular, "/file2": .characterDevice, "/mnt": .directory]
    for path in ["/gone", "/dev/gone", "/dev/disk/by-label/gone"] { facts.missing[path] = .noSuchFileOrDirectory }
    facts.wantsDevice = ["tmpfs": false, "ext4": true]
    let refusal = try #require(prediction(line, facts: facts).refusals.first)
    #expect(refusal.reason.errno.rawValue == errno)
    #expect(refusal.reason.reason.contains(reason), "\(refusal.reason.reason)")
  }

  @Test("What a user namespace may mount")
  func usersTypes() throws {
    var facts = MountFacts()
    facts.wantsDevice = ["tmpfs": false, "ext4": true]
    facts.isOwnedByUser = true
    #expect(try prediction("mount -t tmpfs x /mnt", facts: facts).refusals.isEmpty)
    #expect(try prediction("mount -t ext4 /dev/sda /mnt", facts: facts).refusals.first?.reason.errno == .notPermitted)
  }

  @Test("A name does nothing to the terminal")
  func controls() throws {
    #expect(try prediction("mount -t tmpfs \u{1b}[2J /mnt").text.text.contains("tmpfs \\033[2J"))
  }
}
