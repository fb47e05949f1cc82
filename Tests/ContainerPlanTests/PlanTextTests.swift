import ContainerPlan
import LinuxABI
import MountNamespace
import OCISpec
import Testing

/// Whole plans, as `--dry-run` prints them.
struct PlanTextTests {
  private func lines(_ spec: Spec, _ host: Host = .of(), _ traits: ShellTraits = ShellTraits()) throws -> [String] {
    try ContainerPlan(spec, host: host, traits: traits).commandLines(for: host.caller)
  }

  private static let proc = Mount(
    destination: "/proc",
    type: "proc",
    source: "proc",
    options: ["nosuid", "nodev", "noexec"]
  )

  @Test func defaultShell() throws {
    #expect(
      try lines(.of(mounts: [Self.proc]), .of { $0.destinations.set(.directory("/proc"), at: 0) }) == [
        "unshare --mount --pid --uts --propagation unchanged --fork --kill-child",
        "mount --make-rprivate /",
        "mount -t proc -o nosuid,nodev,noexec proc /proc",
        "cd /here",
        "exec sh",
      ]
    )
  }

  @Test func everythingOfTheProcess() throws {
    let spec = Spec.of(namespaces: [.mount, .pid, .network, .uts, .ipc, .time]) { spec in
      spec.hostname = "it's"
      spec.domainname = "example"
      spec.linuxOrEmpty.sysctl = ["net.ipv4.ip_forward": "1", "kernel.sem": "250 32000"]
      spec.linuxOrEmpty.timeOffsets = ["monotonic": .init(secs: 5), "boottime": .init(secs: -7)]
      spec.process = ProcessSpec(
        user: .init(uid: 1000, gid: 100, umask: 0o27, additionalGids: [5, 6]),
        args: ["a b", "-c"],
        env: ["PATH=/x", "A=1 2"],
        cwd: "/my dir",
        capabilities: .init(
          bounding: ["CAP_KILL"],
          effective: [],
          permitted: [],
          inheritable: ["CAP_KILL"],
          ambient: ["CAP_KILL"]
        ),
        rlimits: [.init(type: "RLIMIT_NOFILE", soft: 5, hard: .max)],
        noNewPrivileges: true
      )
    }
    let host = Host.of { $0.caller.environment = ["PATH=/bin", "B=2"] }
    #expect(
      try lines(spec, host, .of { $0.hasInit = true }) == [
        "unshare --mount --pid --net --ipc --uts --time --propagation unchanged --boottime -7 --monotonic 5 "
          + "--fork --kill-child",
        "ip link set lo up",
        "mount --make-rprivate /",
        "hostname 'it'\\''s'",
        "domainname example",
        "sysctl -w 'kernel.sem=250 32000'",
        "sysctl -w net.ipv4.ip_forward=1",
        "umask 27",
        "cd '/my dir'",
        "exec prlimit --nofile=5:unlimited env -u B 'A=1 2' PATH=/x "
          + "setpriv --reuid 1000 --regid 100 --groups 5,6 --bounding-set -all,+kill --inh-caps -all,+kill "
          + "--ambient-caps -all,+kill --no-new-privs tini -- 'a b' -c",
      ]
    )
  }

  @Test func userNamespace() throws {
    let spec = Spec.of().mappedToCaller
    #expect(
      try lines(spec, .of(.user)).first
        == "unshare --user --mount --pid --uts --propagation unchanged --map-users 1000,0,1 --map-groups 100,0,1 "
        + "--fork --kill-child"
    )
  }

  @Test func allIDs() throws {
    let all = [IDMappingSpec(containerID: 0, hostID: 0, size: .max)]
    #expect(
      try lines(Spec.of().mapped(users: all, groups: all)).first
        == "unshare --user --mount --pid --uts --propagation unchanged --map-users all --map-groups all --fork --kill-child"
    )
  }

  /// Where setgroups(2) is denied the groups stay, and setpriv must not be told to clear them.
  @Test func groupsThatStay() throws {
    var spec = Spec.of().mapped(
      users: [IDMappingSpec(containerID: 1000, hostID: 1000, size: 1)],
      groups: [IDMappingSpec(containerID: 100, hostID: 100, size: 1)]
    )
    spec.process?.user = .init(uid: 1000, gid: 100)
    #expect(try lines(spec, .of(.user)).last == "exec setpriv --reuid 1000 --regid 100 --keep-groups sh")
    #expect(
      try lines(
        .of {
          $0.process?.user = .init(uid: 1000, gid: 100)
        }
      ).last == "exec setpriv --reuid 1000 --regid 100 --clear-groups sh"
    )
  }

  @Test func joinedNamespaces() throws {
    let spec = Spec.of(namespaces: [.pid]) {
      $0.linuxOrEmpty.namespaces?.append(.init(type: "network", path: "/proc/5/ns/net"))
      $0.linuxOrEmpty.namespaces?.append(.init(type: "user", path: "/run/my ns"))
    }
    #expect(
      try lines(spec) == [
        "nsenter '--user=/run/my ns' --net=/proc/5/ns/net",
        "unshare --pid --fork --kill-child",
        "cd /here",
        "exec sh",
      ]
    )
  }

  @Test func nothingIsNew() throws {
    #expect(try lines(.of(namespaces: [])) == ["cd /here", "exec sh"])
  }

  @Test(
    arguments: [
      (["PATH=/bin"], ["PATH=/bin"], "exec sh"), (["PATH=/bin", "A=1"], ["PATH=/bin"], "exec env -u A sh"),
      (["A=1"], ["B=2", "C=3"], "exec env -i B=2 C=3 sh"), (["A=1"], ["A=1", "C=3", "B=2"], "exec env B=2 C=3 sh"),
      ([], ["A=b c"], "exec env 'A=b c' sh"), (["A="], ["A=", "B="], "exec env B= sh"),
    ]
  )
  func environment(before: [String], after: [String], line: String) throws {
    #expect(try lines(.of { $0.process?.env = after }, .of { $0.caller.environment = before }).last == line)
  }

  /// setpriv(1) has all but a few, or none but a few, whichever is shorter.
  @Test(
    arguments: [
      (["CAP_KILL"], "-all,+kill"), ([], "-all"),
      (CapabilitySet.names.filter { $0 != "CAP_NET_RAW" && $0 != "CAP_BPF" }, "+all,-net_raw,-bpf"),
    ] as [([String], String)]
  )
  func boundingSet(names: [String], text: String) throws {
    let spec = Spec.of {
      $0.process?.capabilities = .init(bounding: names, effective: [], permitted: [])
    }
    #expect(try lines(spec).last == "exec setpriv --bounding-set \(text) sh")
  }

  @Test func steps() {
    let place = MountPoint(root: "/r", path: "/a b")
    let lines: [(RootStep, [String])] = [
      (.makeDirectory(place), ["mkdir -p '/r/a b'"]),
      (.makeFile(place), ["touch '/r/a b'"]),
      (.makeSymbolicLink(to: "x y", at: place), ["ln -s 'x y' '/r/a b'"]),
      (.makeDevice(DeviceNode(number: DeviceNumber(major: 1, minor: 3)), at: place), ["mknod -m 0666 '/r/a b' c 1 3"]),
      (
        .copyAttributes(from: "/x y", to: place),
        ["chown '--reference=/x y' '/r/a b'", "chmod '--reference=/x y' '/r/a b'"]
      ),
      (.copyFile(from: "/etc/x", at: place), ["cp -p /etc/x '/r/a b'"]),
      (
        .mask(place),
        [
          "test '!' -e '/r/a b' || { mount --bind /dev/null '/r/a b' 2>/dev/null "
            + "&& mount -o remount,bind,ro '/r/a b'; } || mount -t tmpfs -o ro,mode=0555 tmpfs '/r/a b'"
        ]
      ),
      (
        .makeReadOnly(place),
        ["test '!' -e '/r/a b' || { mount --rbind '/r/a b' '/r/a b' && mount -o remount,bind,ro '/r/a b'; }"]
      ),
    ]
    for (step, expected) in lines { #expect(step.commandLines == expected) }
  }
}
