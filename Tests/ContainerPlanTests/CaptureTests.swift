import ContainerPlan
import LinuxABI
import MountNamespace
import OCISpec
import Testing

/// Which sources are copied before anything changes, and which copy a bind takes.
struct CaptureTests {
  private static func host(_ count: Int = 1, isShared: Bool = true, caller: Caller = .root) -> Host {
    .of(caller) {
      for index in 0..<count {
        $0.sources.set(.directory(isShared: isShared, on: "/a"), at: index)
        $0.destinations.set(.directory("/b\(index)"), at: index)
      }
    }
  }

  private func captures(_ spec: Spec, _ host: Host = host()) throws -> [String] {
    try ContainerPlan(spec, host: host).captures.flatMap(\.commandLines)
  }

  /// The source of each bind, by number of the capture or by path.
  private func sources(_ plan: ContainerPlan) -> [String] {
    plan.steps.compactMap { step in
      guard case .mount(.bind(let source, _, _, _, _)) = step else { return nil }
      return source.isCaptured ? source.root : source.fullPath
    }
  }

  @Test(
    arguments: [
      ["rbind"], ["rbind", "private"], ["rbind", "rprivate"], ["bind", "unbindable"], ["rbind", "ro"],
    ]
  )
  func none(options: [String]) throws {
    #expect(try captures(.of(mounts: [.bind("/a", "/b0", options)])) == [])
  }

  @Test(arguments: [["rbind", "rslave"], ["rbind", "slave"], ["rbind", "shared"], ["rbind", "rshared"]])
  func travelling(options: [String]) throws {
    #expect(
      try captures(.of(mounts: [.bind("/a", "/b0", options)]))
        == ["# open_tree: /a and all below it as it is on the host, for the bind below"]
    )
  }

  @Test func one() throws {
    #expect(
      try captures(.of(mounts: [.bind("/a", "/b0", ["bind", "slave"])]))
        == ["# open_tree: /a as it is on the host, for the bind below"]
    )
  }

  @Test func idMaps() throws {
    let line = "# open_tree: /a and all below it as it is on the host, with X-mount.idmap="
    let option = "idmap=uids=0-1000-1;gids=0-100-1"
    #expect(
      try captures(.of(mounts: [.bind("/a", "/b0", ["rbind", option])])) == [
        "\(line)u:0:1000:1 g:0:100:1, for the bind below"
      ]
    )
    // The mount's own fields, config.md "Mounts".
    var mount = Mount.bind("/a", "/b0")
    mount.uidMappings = [IDMappingSpec(containerID: 1, hostID: 2, size: 3)]
    mount.gidMappings = [IDMappingSpec(containerID: 4, hostID: 5, size: 6)]
    #expect(try captures(.of(mounts: [mount])) == ["\(line)u:1:2:3 g:4:5:6, for the bind below"])
    // Or as the container's user namespace maps them.
    #expect(
      try captures(Spec.of(mounts: [.bind("/a", "/b0", ["rbind", "idmap"])]).mappedToCaller)
        == ["\(line)u:0:1000:1 g:0:100:1, for the bind below"]
    )
  }

  /// As a user namespace maps them that is joined.
  @Test func idMapsOfAJoinedUserNamespace() throws {
    var host = Self.host()
    let spec = Spec.of(mounts: [.bind("/a", "/b0", ["rbind", "idmap"])]) {
      $0.linux?.namespaces?.append(Linux.Namespace(type: "user", path: "/proc/1/ns/user"))
    }
    #expect(problems(spec, host).count == 1)
    host.joinedMappings = IDMappings(
      users: [IDMapping](procText: Array("         0     100000       1000\n".utf8)),
      groups: [IDMapping](procText: Array("0 7 1\n1 8 2\n".utf8))
    )
    let line = "# open_tree: /a and all below it as it is on the host, with X-mount.idmap="
    #expect(try captures(spec, host) == ["\(line)u:0:100000:1000 g:0:7:1 g:1:8:2, for the bind below"])
  }

  /// What lies in a container's root is taken when it is its turn: an earlier mount may bring it.
  @Test(arguments: [["bind"], ["rbind", "idmap=uids=0-1000-1;gids=0-100-1"]])
  func inTheRoot(options: [String]) throws {
    var host = Self.host(2)
    host.mountPoints = .made
    host.root = .directory(path: "/r")
    host.sources.set(.failed("No such file or directory"), at: 1)
    let spec = Spec.of(root: "/r", mounts: [.bind("/a", "/b0"), .bind("/r/b0/../b0/x", "/r/b1", options)])
    let plan = try ContainerPlan(spec, host: host)
    let ahead = plan.captures.flatMap { $0.commandLines }
    #expect(!ahead.contains { $0.contains("/r/") })
    let mapped =
      "# open_tree: /r/b0/x and all below it as it is by now, with X-mount.idmap=u:0:1000:1 g:0:100:1, for the bind below"
    let lines = plan.steps.flatMap(\.commandLines)
    let bind = lines.first { $0.hasSuffix(" /r/b1") && $0.hasPrefix("mount ") } ?? ""
    #expect(bind.hasPrefix(options == ["bind"] ? "mount --bind" : "mount --rbind"))
    #expect(lines.contains(mapped) == (options != ["bind"]))
  }

  @Test func idMapsNeedPrivilege() {
    let spec = Spec.of(mounts: [.bind("/a", "/b0", ["rbind", "idmap"])]).mappedToCaller
    #expect(
      problems(spec, Self.host(caller: .user)) == [
        "mounts[0].options: an id-mapped mount needs CAP_SYS_ADMIN in the user namespace of its file system, which is the host's"
      ]
    )
  }

  /// What an earlier mount covers is taken before, by the destination that was found: /var/run may be a link to /run.
  @Test(
    arguments: [("/run/x", true), ("/run", true), ("/running", false), ("/var/x", false), ("/a/../run/x", true)]
  )
  func covered(source: String, isCovered: Bool) throws {
    var host = Self.host(2)
    host.destinations.set(.directory("/run"), at: 0)
    let spec = Spec.of(mounts: [.tmpfs("/var/run"), .bind(source, "/b1")])
    #expect(try captures(spec, host).count == (isCovered ? 1 : 0))
  }

  /// The host's root is made read-only, and volumes are not; a copy taken before is cut off the host by itself.
  @Test func readOnlyRoot() throws {
    let spec = Spec.of(mounts: [.bind("/a", "/b0"), .bind("/a", "/b1", ["rbind", "rslave"])]) {
      $0.root?.readonly = true
    }
    #expect(try captures(spec, Self.host(2)).count == 2)
    #expect(
      try steps(spec, Self.host(2)).suffix(2) == [
        "mount --rbind --make-rprivate /a /b0", "mount --rbind --make-rslave /a /b1",
      ]
    )
  }

  /// A mount that comes later covers nothing yet.
  @Test func coveredLater() throws {
    var host = Self.host(2)
    host.destinations.set(.directory("/run"), at: 1)
    #expect(try captures(.of(mounts: [.bind("/run/x", "/b0"), .tmpfs("/run")]), host) == [])
  }

  /// In a root of its own the host's paths stay where they are.
  @Test func ownRootCoversNothing() throws {
    var host = Self.host(2)
    host.root = .directory(path: "/r")
    #expect(try captures(.of(root: "/r", mounts: [.tmpfs("/b0"), .bind("/b0/x", "/b1")]), host) == [])
  }

  /// One source, bound in four ways: each bind takes its own copy, and the plain one none.
  @Test func oneSourceManyWays() throws {
    let spec = Spec.of(mounts: [
      .bind("/a", "/b0"), .bind("/a", "/b1", ["rbind", "rslave"]),
      .bind("/a", "/b2", ["rbind", "idmap=uids=0-1000-1;gids=0-100-1"]), .bind("/a", "/b3", ["rbind", "rshared"]),
    ])
    let plan = try ContainerPlan(spec, host: Self.host(4))
    #expect(plan.captures.count == 3)
    let names = plan.captures.map { capture in
      guard case .capture(let source, _, let idMap) = capture else { return "" }
      return "\(source.root) \(idMap == nil ? "plain" : "mapped")"
    }
    #expect(names == ["capture 0 plain", "capture 1 mapped", "capture 2 plain"])
    #expect(sources(plan) == ["/a", "capture 0", "capture 1", "capture 2"])
  }

  // MARK: Whether mounts can travel at all

  private static let fix = "a private mount of the host; to share it, run there:"

  @Test(
    arguments: [
      ("rshared", "/a", "shared cannot work: /a is on /a, \(fix) mount --make-shared /a"),
      (
        "rshared", "/", "shared cannot work: /a is on /, \(fix) mount --bind /a /a && mount --make-shared /a"
      ),
      ("rslave", "/a", "slave cannot work: /a is on /a, \(fix) mount --make-shared /a"),
    ]
  )
  func privateSource(option: String, mountPoint: String, message: String) {
    var host = Self.host()
    host.sources.set(.directory(on: mountPoint), at: 0)
    #expect(
      problems(.of(mounts: [.bind("/a", "/b0", ["rbind", option])]), host) == ["mounts[0].options: \(message)"]
    )
  }

  @Test func slaveOfASlave() {
    var host = Self.host()
    host.sources.set(.directory(isSlave: true, on: "/a"), at: 0)
    #expect(problems(.of(mounts: [.bind("/a", "/b0", ["rbind", "rslave"])]), host) == [])
    #expect(problems(.of(mounts: [.bind("/a", "/b0", ["rbind", "rshared"])]), host).count == 1)
  }

  /// mount_namespaces(7): a namespace of a less privileged user namespace only receives.
  @Test func sharedWithoutPrivilege() {
    let spec = Spec.of(mounts: [.bind("/a", "/b0", ["rbind", "rshared"])]).mappedToCaller
    #expect(
      problems(spec, Self.host(caller: .user)) == [
        "mounts[0].options: shared cannot work without privilege: a mount namespace with a user namespace of its own "
          + "only receives; use slave"
      ]
    )
  }
}
