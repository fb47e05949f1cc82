import ContainerPlan
import LinuxABI
import OCISpec
import Testing

struct NamespaceTests {
  /// A user namespace makes no devices that work, joined or new: the host's are borrowed.
  @Test(arguments: ["", "/proc/1/ns/user"]) func devices(path: String) throws {
    let host = Host.of {
      $0.mountPoints = .made
      $0.root = .directory(path: "/r")
    }
    let mappings = path.isEmpty ? [IDMappingSpec(containerID: 0, hostID: 1, size: 1)] : nil
    let spec = Spec.of(root: "/r") {
      $0.linux?.namespaces?.append(Linux.Namespace(type: "user", path: path))
      $0.linux?.uidMappings = mappings
      $0.linux?.gidMappings = mappings
    }
    let lines = try steps(spec, host)
    #expect(lines.contains("mount --bind /dev/null /r/dev/null"))
    #expect(!lines.contains { $0.hasPrefix("mknod") })
  }

  private func plan(_ spec: Spec, _ host: Host = .of()) throws -> ContainerPlan { try ContainerPlan(spec, host: host) }

  @Test func createdAndJoined() throws {
    let plan = try plan(
      .of(namespaces: [.network]) {
        $0.linuxOrEmpty.namespaces? += [
          .init(type: "mount", path: "/m"), .init(type: "pid", path: "/p"), .init(type: "ipc", path: ""),
          .init(type: "user", path: "/u"),
        ]
      }
    )
    #expect(plan.created == [.network, .ipc])
    // The user namespace gives the privileges to enter the others; the mount namespace takes their paths away.
    #expect(plan.joined.map(\.type) == [.user, .pid, .mount])
    #expect(plan.joined.map(\.path) == ["/u", "/p", "/m"])
    #expect(plan.bringsUpLoopback)
    #expect(plan.userNamespace == nil)
  }

  @Test func typesAreKnownAndOnce() {
    let spec = Spec.of(namespaces: [.pid]) {
      $0.linuxOrEmpty.namespaces? += [.init(type: "net"), .init(type: "pid", path: "/p"), .init(type: "pid")]
    }
    #expect(
      problems(spec) == [
        "linux.namespaces[1].type: \"net\" is not a namespace type; these are: user, mount, pid, network, ipc, uts, cgroup, time",
        "linux.namespaces[2]: there is a pid namespace already",
        "linux.namespaces[3]: there is a pid namespace already",
      ]
    )
  }

  @Test(arguments: [(5, 14, true), (5, 13, false), (5, 10, false), (4, 18, false), (6, 0, true)])
  func kernel(major: Int, minor: Int, isEnough: Bool) {
    var host = Host.of()
    host.kernel = KernelVersion(major: major, minor: minor)
    let expected = "linux: this is Linux \(major).\(minor), and berth needs 5.14 or newer (mount_setattr)"
    #expect(problems(.of(), host) == (isEnough ? [] : [expected]))
  }

  // MARK: User namespaces

  private static let tools = MappingTools(newuidmap: "/usr/bin/newuidmap", newgidmap: "/usr/bin/newgidmap")
  private static let one = [IDMappingSpec(containerID: 0, hostID: 1000, size: 1)]
  private static let ownGroup = [IDMappingSpec(containerID: 0, hostID: 100, size: 1)]
  private static let many = one + [IDMappingSpec(containerID: 1, hostID: 100_000, size: 65_536)]

  /// user_namespaces(7): without CAP_SETUID only one's own id can be mapped, and anything more takes newuidmap(1).
  @Test func writers() throws {
    var withTools = Caller.user
    withTools.mappingTools = Self.tools
    let own = Spec.of().mapped(users: Self.one, groups: Self.ownGroup)
    let more = Spec.of().mapped(users: Self.many, groups: Self.many)
    let others = Spec.of().mapped(
      users: [IDMappingSpec(containerID: 0, hostID: 1001, size: 1)],
      groups: Self.ownGroup
    )
    #expect(try plan(own).userNamespace?.writer == .privileged)
    #expect(try plan(own, .of(.user)).userNamespace?.writer == .ownIDsOnly)
    #expect(try plan(own, .of(withTools)).userNamespace?.writer == .ownIDsOnly)
    #expect(try plan(more, .of(withTools)).userNamespace?.writer == .tools(Self.tools))
    #expect(try plan(others, .of(withTools)).userNamespace?.writer == .tools(Self.tools))
    #expect(try plan(more, .of(.user)).userNamespace?.writer == .ownIDsOnly)
    #expect(
      try plan(more).userNamespace?.mappings.users == [
        IDMapping(containerID: 0, hostID: 1000, size: 1), IDMapping(containerID: 1, hostID: 100_000, size: 65_536),
      ]
    )
  }

  @Test func mappingsAreNeeded() {
    let reason = "a new user namespace needs at least one mapping"
    #expect(
      problems(.of(namespaces: [.user])) == [
        "linux.uidMappings: \(reason)", "linux.gidMappings: \(reason)",
        "process.user.uid: user 0 has no id outside of the user namespace",
      ]
    )
  }

  @Test func unmappedUser() {
    var spec = Spec.of().mappedToCaller
    spec.process?.user = .init(uid: 5, gid: 6, additionalGids: [7])
    let ids = ": /etc/subuid and /etc/subgid give the caller no subordinate ids (usermod --add-subuids, --add-subgids)"
    let tools = ": newuidmap and newgidmap, which map subordinate ids, are not installed (Debian's package is uidmap)"
    func expected(_ advice: String) -> [String] {
      [
        "process.user.uid: user 5 has no id outside of the user namespace\(advice)",
        "process.user.additionalGids: groups cannot be set in a user namespace that maps the caller alone\(advice)",
      ]
    }
    var caller = Caller.user
    #expect(problems(spec, .of(caller)) == expected(ids))
    caller.subordinateUsers = [IDRange(start: 1, count: 1)]
    #expect(problems(spec, .of(caller)) == expected(ids))
    caller.subordinateGroups = [IDRange(start: 1, count: 1)]
    #expect(problems(spec, .of(caller)) == expected(tools))
  }

  @Test func unmappedGroup() {
    var spec = Spec.of().mappedToCaller
    spec.process?.user = .init(uid: 0, gid: 6)
    #expect(problems(spec) == ["process.user.gid: group 6 has no id outside of the user namespace"])
  }

  /// setgroups(2) is denied where a user maps itself: the groups stay.
  @Test func groups() throws {
    #expect(try plan(.of().mappedToCaller, .of(.user)).process.groups == nil)
    #expect(try plan(.of().mappedToCaller).process.groups == [])
    #expect(try plan(.of { $0.process?.user.additionalGids = [4, 5] }).process.groups == [4, 5])
  }

  // MARK: Clocks and names

  @Test func clocks() throws {
    var spec = Spec.of(namespaces: [.mount, .time]) {
      $0.linuxOrEmpty.timeOffsets = ["monotonic": .init(secs: 5), "boottime": .init(nanosecs: 6)]
    }
    let offsets = try plan(spec).clockOffsets
    #expect(offsets.map(\.clock) == ["boottime", "monotonic"])
    #expect(offsets.map(\.seconds) == [0, 5])
    #expect(offsets.map(\.nanoseconds) == [6, 0])
    spec.linuxOrEmpty.namespaces = [.init(type: "mount")]
    spec.linuxOrEmpty.timeOffsets?["realtime"] = .init(secs: 1)
    #expect(
      problems(spec) == [
        "linux.timeOffsets.realtime: only the clocks monotonic and boottime can differ in a time namespace",
        "linux.timeOffsets: clocks can be set in a new time namespace only, and there is none",
      ]
    )
  }

  @Test func names() throws {
    let long = String(repeating: "x", count: 65)
    #expect(
      problems(
        .of {
          $0.hostname = long
          $0.domainname = String(repeating: "é", count: 33)
        }
      ) == [
        "hostname: \"\(long)\" is longer than 64 bytes, the most that Linux takes",
        "domainname: \"\(String(repeating: "é", count: 33))\" is longer than 64 bytes, the most that Linux takes",
      ]
    )
    #expect(
      problems(.of(namespaces: [.mount]) { $0.hostname = "h" }) == [
        "hostname: a name of its own needs a uts namespace of its own"
      ]
    )
    #expect(try plan(.of { $0.hostname = String(repeating: "x", count: 64) }).hostname?.count == 64)
    #expect(
      problems(
        .of(namespaces: [.mount]) {
          $0.hostname = "h"
          $0.linuxOrEmpty.namespaces?.append(.init(type: "uts", path: "/u"))
        }
      ) == []
    )
  }
}
