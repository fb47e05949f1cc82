import LinuxABI
import MountNamespace
import Testing

struct MountOptionsTests {
  /// The last word on an attribute counts, and access-time modes are one field, mount_setattr(2).
  @Test(
    arguments: [
      ([], .init()),
      (["ro"], .init(set: .readOnly)),
      (["ro", "rw"], .init(clear: .readOnly)),
      (["rw", "ro"], .init(set: .readOnly)),
      (["nosuid", "nodev", "suid"], .init(set: .noDevices, clear: .noSetUserID)),
      (["noatime"], .init(set: .noAccessTime, clear: .accessTimeModes)),
      (["strictatime"], .init(set: .strictAccessTime, clear: .accessTimeModes)),
      (["noatime", "strictatime"], .init(set: .strictAccessTime, clear: .accessTimeModes)),
      (["strictatime", "noatime"], .init(set: .noAccessTime, clear: .accessTimeModes)),
      (["noatime", "relatime"], .init(clear: .accessTimeModes)),
      (["noatime", "atime"], .init(clear: .accessTimeModes)),
      (["nodiratime", "noatime"], .init(set: [.noDirectoryAccessTime, .noAccessTime], clear: .accessTimeModes)),
      (["noatime", "diratime"], .init(set: .noAccessTime, clear: [.accessTimeModes, .noDirectoryAccessTime])),
      (["defaults", "silent", "loud", "norelatime", ""], .init()),
    ] as [([String], MountChange.Attributes)]
  )
  func attributes(options: [String], attributes: MountChange.Attributes) throws {
    let read = try MountOptions(options)
    #expect(read.change == MountChange(attributes: attributes))
    #expect(read.parameters.isEmpty)
  }

  /// A recursive option is about the top too, so it outdoes a plain one, wherever that stands.
  @Test(
    arguments: [
      (["rro"], .init(), .init(set: .readOnly)),
      (["rro", "rrw"], .init(), .init(clear: .readOnly)),
      (["rro", "rw"], .init(), .init(set: .readOnly)),
      (["rw", "rro"], .init(), .init(set: .readOnly)),
      (["ro", "nosuid", "rrw"], .init(set: .noSetUserID), .init(clear: .readOnly)),
      (["noatime", "rrelatime"], .init(), .init(clear: .accessTimeModes)),
      (["noatime", "rro"], .init(set: .noAccessTime, clear: .accessTimeModes), .init(set: .readOnly)),
    ] as [([String], MountChange.Attributes, MountChange.Attributes)]
  )
  func recursion(options: [String], top: MountChange.Attributes, tree: MountChange.Attributes) throws {
    #expect(try MountOptions(options).change == MountChange(attributes: top, recursiveAttributes: tree))
  }

  @Test(
    arguments: [
      (["rslave"], .init(.slave, recursive: true)), (["shared", "private"], .init(.private, recursive: false)),
      (["private", "rshared"], .init(.shared, recursive: true)), (["ro"], nil),
    ] as [([String], MountChange.PropagationChange?)]
  )
  func propagation(options: [String], propagation: MountChange.PropagationChange?) throws {
    #expect(try MountOptions(options).change.propagation == propagation)
  }

  @Test(
    arguments: [
      ([], false, false), (["bind"], true, false), (["rbind"], true, true), (["rbind", "bind"], true, false),
      (["bind", "rbind"], true, true),
    ] as [([String], Bool, Bool)]
  )
  func bind(options: [String], isBind: Bool, isRecursive: Bool) throws {
    let read = try MountOptions(options)
    #expect(read.bind == isBind)
    #expect(read.recursive == isRecursive)
    #expect(!read.remount)
    #expect(!read.copyUp)
  }

  @Test func otherFlags() throws {
    #expect(try MountOptions(["remount"]).remount)
    #expect(try MountOptions(["tmpcopyup"]).copyUp)
  }

  /// What the table does not know goes to the file system as it is written, in order.
  @Test func data() throws {
    let read = try MountOptions(["size=64m", "ro", "sync", "mode=1777", "noswap", "context=\"a=b\"", "empty="])
    #expect(
      read.parameters == [
        .init("size", "64m"), .init("sync"), .init("mode", "1777"), .init("noswap"), .init("context", "\"a=b\""),
        .init("empty", ""),
      ]
    )
    #expect(read.change == MountChange(attributes: .init(set: .readOnly)))
  }

  @Test(arguments: ["size=64m", "ro", "empty=", "lowerdir=/a=b"])
  func parameterRoundTrip(option: String) {
    #expect(FileSystem.Parameter(option: option).option == option)
  }

  private static let caller = IDMappings(
    users: [IDMapping(containerID: 0, hostID: 1000, size: 1)],
    groups: [IDMapping(containerID: 0, hostID: 100, size: 2)]
  )

  /// crun's syntax: ids on the file system, ids seen, how many.
  @Test(
    arguments: [
      ("idmap", false, nil),
      ("ridmap", true, nil),
      ("idmap=uids=0-1000-1;gids=0-100-2", false, caller),
      ("ridmap=gids=0-100-2;uids=0-1000-1", true, caller),
      (
        "idmap=uids=0-1-2#10-20-30;gids=5-6-7", false,
        IDMappings(
          users: [IDMapping(containerID: 0, hostID: 1, size: 2), IDMapping(containerID: 10, hostID: 20, size: 30)],
          groups: [IDMapping(containerID: 5, hostID: 6, size: 7)]
        )
      ),
    ] as [(String, Bool, IDMappings?)]
  )
  func idMap(option: String, isRecursive: Bool, mappings: IDMappings?) throws {
    let map = try #require(try MountOptions(["ro", option]).idMap)
    #expect(map.recursive == isRecursive)
    #expect(map.mappings == mappings)
  }

  @Test(
    arguments: [
      "idmap=", "idmap=uids=0-1000-1", "idmap=gids=0-1000-1", "idmap=uids=0-1000;gids=0-1000-1",
      "idmap=uids=0-1000-0;gids=0-1000-1", "idmap=uids=0-1000-1-1;gids=0-1000-1", "idmap=uids=a-b-c;gids=0-1000-1",
      "ridmap=uids=0--1;gids=0-1000-1", "idmap=uids=0-4294967296-1;gids=0-0-1", "idmap=users=0-1000-1;gids=0-1000-1",
      "idmap=uids=0-1000-1;gids=0-1000-1;more",
    ]
  )
  func idMapProblem(option: String) {
    let message = "\"\(option)\" is not an id mapping; it looks like idmap=uids=0-1000-1;gids=0-1000-1"
    let error = #expect(throws: MountOptions.Problem.self) { try MountOptions(["bind", option]) }
    #expect(error?.index == 1)
    #expect(error?.message == message)
  }
}
