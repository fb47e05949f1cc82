import ContainerPlan
import LinuxABI
import OCISpec
import ShellSpec
import Testing

/// Which ids a new user namespace has.
struct IDMappingTests {
  private static func map(_ triples: (UInt32, UInt32, UInt32)...) -> [IDMappingSpec] {
    triples.map { IDMappingSpec(containerID: $0.0, hostID: $0.1, size: $0.2) }
  }

  private func users(_ caller: Caller, _ edit: (inout ShellOptions) -> Void = { _ in }) throws -> [IDMappingSpec]? {
    try spec(caller, edit).linux?.uidMappings
  }

  @Test func noneWithoutUserNamespace() throws {
    #expect(try spec().linux?.uidMappings == nil)
    #expect(try spec().linux?.gidMappings == nil)
  }

  @Test func callerAlone() throws {
    let linux = try spec(.user).linux
    #expect(linux?.uidMappings == Self.map((0, 1000, 1)))
    #expect(linux?.gidMappings == Self.map((0, 100, 1)))
    #expect(try users(.user) { $0.mapsUser = true } == Self.map((1000, 1000, 1)))
  }

  @Test func subordinateIDsFollow() throws {
    let linux = try spec(.userWithSubordinates).linux
    #expect(linux?.uidMappings == Self.map((0, 1000, 1), (1, 100_000, 65_536)))
    #expect(linux?.gidMappings == Self.map((0, 100, 1), (1, 200_000, 65_536)))
  }

  /// The caller keeps its id inside, and the subordinate ones fill what is below and above it.
  @Test func subordinateIDsSurroundTheCaller() throws {
    let linux = try spec(.userWithSubordinates) { $0.mapsUser = true }.linux
    #expect(linux?.uidMappings == Self.map((0, 100_000, 1000), (1000, 1000, 1), (1001, 101_000, 64_536)))
    #expect(linux?.gidMappings == Self.map((0, 200_000, 100), (100, 100, 1), (101, 200_100, 65_436)))
  }

  @Test func severalRanges() throws {
    var caller = Caller.userWithSubordinates
    caller.subordinateUsers = [IDRange(start: 5000, count: 10), IDRange(start: 7000, count: 1000)]
    #expect(try users(caller) == Self.map((0, 1000, 1), (1, 5000, 10), (11, 7000, 1000)))
    #expect(
      try users(caller) { $0.mapsUser = true }
        == Self.map((0, 5000, 10), (10, 7000, 990), (1000, 1000, 1), (1001, 7990, 10))
    )
  }

  @Test func rangeMayEndAtTheLastID() throws {
    var caller = Caller.userWithSubordinates
    caller.subordinateUsers = [IDRange(start: 4_294_901_760, count: 65_536)]
    #expect(try users(caller) == Self.map((0, 1000, 1), (1, 4_294_901_760, 65_536)))
  }

  /// Without newuidmap the subordinate ids cannot be mapped.
  @Test func subordinateIDsNeedTools() throws {
    var caller = Caller.userWithSubordinates
    caller.mappingTools = nil
    #expect(try users(caller) == Self.map((0, 1000, 1)))
  }

  /// With privilege every id that the caller has stays what it is.
  @Test func privilegedCallerKeepsAll() throws {
    var caller = Caller.root
    let all = [IDMapping(containerID: 0, hostID: 0, size: .max)]
    caller.idMappings = IDMappings(users: all, groups: all)
    let linux = try spec(caller) { $0.added = [.user] }.linux
    #expect(linux?.uidMappings == Self.map((0, 0, .max)))
    #expect(linux?.gidMappings == Self.map((0, 0, .max)))
  }

  @Test func bothAreTooMuch() {
    let error = usageError {
      $0.mapsRoot = true
      $0.mapsUser = true
    }
    #expect(error == "--map-user: the caller is either root inside, or itself: not --map-root too")
  }

  // MARK: Who the command runs as

  private func user(_ caller: Caller, _ edit: (inout ShellOptions) -> Void = { _ in }) throws -> ProcessSpec.User? {
    try spec(caller, edit).process?.user
  }

  @Test func identity() throws {
    #expect(try user(.root) == .init(uid: 0, gid: 0, additionalGids: [0, 4]))
    #expect(try user(.user) == .init(uid: 0, gid: 0))
    #expect(try user(.user) { $0.mapsUser = true } == .init(uid: 1000, gid: 100))
    #expect(try user(.root) { $0.rootfs = "r" } == .init(uid: 0, gid: 0))
    #expect(try user(.root) { $0.image = "r" } == .init(uid: 0, gid: 0))
    #expect(try user(.root) { $0.groups = ["44", "wheel"] }?.additionalGids == [0, 4, 44, 10])
  }
}
