import ContainerPlan
import LinuxABI
import OCISpec
import ShellSpec
import Testing

struct NamespaceTests {
  private func types(_ caller: Caller = .root, _ edit: (inout ShellOptions) -> Void) throws -> [String] {
    (try spec(caller, edit).linux?.namespaces ?? []).map { $0.path.map { path in "\(path)" } ?? $0.type }
  }

  @Test func defaults() throws {
    #expect(try types { _ in } == ["mount", "pid", "uts"])
    #expect(try types(.user) { _ in } == ["user", "mount", "pid", "uts"])
  }

  @Test func all() throws {
    let every = ["user", "mount", "pid", "network", "ipc", "uts", "cgroup", "time"]
    #expect(try types { $0.added = NamespaceSet(NamespaceType.allCases) } == every)
  }

  @Test func added() throws {
    #expect(try types { $0.added = [.network, .ipc] } == ["mount", "pid", "network", "ipc", "uts"])
    #expect(try types { $0.time = "0" } == ["mount", "pid", "uts", "time"])
    #expect(try types { $0.mapsRoot = true } == ["user", "mount", "pid", "uts"])
    #expect(try types { $0.mapsUser = true } == ["user", "mount", "pid", "uts"])
  }

  @Test(arguments: [
    ("mount", ["pid", "uts"]), ("mnt", ["pid", "uts"]), ("pid", ["mount", "uts"]), ("uts", ["mount", "pid"]),
  ])
  func shared(name: String, rest: [String]) throws {
    #expect(try types { $0.shared = [name] } == rest)
  }

  @Test func nothingIsLeft() throws {
    // Nothing is made, so nothing needs a user namespace either.
    #expect(try types(.user) { $0.shared = ["mount", "pid", "uts"] } == [])
  }

  @Test(
    arguments: [
      ("net=1234", "network", "/proc/1234/ns/net"), ("network=1", "network", "/proc/1/ns/net"),
      ("mnt=5", "mount", "/proc/5/ns/mnt"), ("mount=5", "mount", "/proc/5/ns/mnt"), ("pid=5", "pid", "/proc/5/ns/pid"),
      ("uts=/run/ns/x", "uts", "/run/ns/x"), ("time=./t", "time", "/here/t"), ("user=7", "user", "/proc/7/ns/user"),
      ("ipc=/a=b", "ipc", "/a=b"),
    ]
  )
  func joined(text: String, type: String, path: String) throws {
    let namespaces = try spec { $0.joined = [text] }.linux?.namespaces ?? []
    #expect(namespaces.last == Linux.Namespace(type: type, path: path))
    #expect(namespaces.filter { $0.type == type }.count == 1)
  }

  /// Who joins a user namespace has its privileges and makes no other.
  @Test func joinedUserNamespaceIsEnough() throws {
    #expect(try types(.user) { $0.joined = ["user=7"] } == ["mount", "pid", "uts", "/proc/7/ns/user"])
  }

  @Test(
    arguments: [
      ("x", "this is not TYPE=PID or TYPE=PATH, for example --join net=1234"),
      ("net=", "this is not TYPE=PID or TYPE=PATH, for example --join net=1234"),
      ("=5", "this is not TYPE=PID or TYPE=PATH, for example --join net=1234"),
      (
        "nte=5", "\"nte\" is none of the namespaces user, mount, pid, net, ipc, uts, cgroup, time; did you mean net?"
      ),
      ("xyzzy=5", "\"xyzzy\" is none of the namespaces user, mount, pid, net, ipc, uts, cgroup, time"),
    ]
  )
  func joinError(text: String, message: String) {
    #expect(usageError { $0.joined = [text] } == "--join \(text): \(message)")
  }

  @Test(
    arguments: [
      ("net", "\"net\" is none of the namespaces mount, pid, uts"),
      ("monut", "\"monut\" is none of the namespaces mount, pid, uts; did you mean mount?"),
    ]
  )
  func shareError(name: String, message: String) {
    #expect(usageError { $0.shared = [name] } == "--share \(name): \(message)")
  }

  // MARK: Names

  @Test func hostName() throws {
    #expect(try spec { $0.hostname = "a" }.hostname == "a")
    #expect(try spec { $0.name = "n" }.hostname == "n")
    #expect(
      try spec {
        $0.name = "n"
        $0.hostname = "a"
      }.hostname == "a"
    )
    #expect(
      try spec {
        $0.name = "n"
        $0.shared = ["uts"]
      }.hostname == nil
    )
    #expect(try spec { $0.domainname = "d" }.domainname == "d")
    #expect(usageError { $0.hostname = "" } == "--hostname : this is not a host name")
    #expect(usageError { $0.hostname = "a/b" } == "--hostname a/b: this is not a host name")
    #expect(usageError { $0.name = "a/b" } == "--name a/b: this is not a host name")
  }

  // MARK: Clocks and kernel parameters

  @Test(
    arguments: [
      ("5", ["monotonic": 5, "boottime": 5]), ("-5", ["monotonic": -5, "boottime": -5]),
      ("monotonic=5", ["monotonic": 5]),
      ("monotonic=5,boottime=-7", ["monotonic": 5, "boottime": -7]), ("5,boottime=7", ["monotonic": 5, "boottime": 7]),
    ]
  )
  func clocks(text: String, seconds: [String: Int64]) throws {
    let offsets = try spec { $0.time = text }.linux?.timeOffsets
    #expect(offsets == seconds.mapValues { Linux.TimeOffset(secs: $0, nanosecs: 0) })
  }

  @Test func noClocks() throws { #expect(try spec { $0.time = "0" }.linux?.timeOffsets == nil) }

  @Test(
    arguments: [
      ("soon", "this is neither SECONDS nor monotonic=SECONDS,boottime=SECONDS"),
      ("monotonic=", "this is neither SECONDS nor monotonic=SECONDS,boottime=SECONDS"),
      ("1.5", "this is neither SECONDS nor monotonic=SECONDS,boottime=SECONDS"),
      ("realtime=5", "\"realtime\" is not a clock of a time namespace: monotonic and boottime are"),
    ]
  )
  func clockError(text: String, message: String) {
    #expect(usageError { $0.time = text } == "--time=\(text): \(message)")
  }

  @Test func kernelParameters() throws {
    let parameters = ["net.ipv4.ip_forward=1", "kernel.sem=250 32000", "a.b=c=d", "a.e=", "net.ipv4.ip_forward=0"]
    #expect(
      try spec { $0.kernelParameters = parameters }.linux?.sysctl
        == ["net.ipv4.ip_forward": "0", "kernel.sem": "250 32000", "a.b": "c=d", "a.e": ""]
    )
  }

  @Test(arguments: ["net.ipv4.ip_forward", "=1", ""])
  func kernelParameterError(text: String) {
    #expect(
      usageError { $0.kernelParameters = [text] }
        == "--sysctl \(text): this is not NAME=VALUE, for example --sysctl net.ipv4.ip_forward=1"
    )
  }
}
