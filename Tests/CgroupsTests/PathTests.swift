import Cgroups
import JSON
import Testing

struct PathTests {
  static let cases: [(text: String?, v1: String, v2: String)] = [
    (nil, "/own/scope/box", "/own/box"),
    ("", "/own/scope/box", "/own/box"),
    ("/a/b", "/a/b", "/a/b"),
    ("a/b", "/own/scope/a/b", "/own/a/b"),
    ("//a/./b/", "/a/b", "/a/b"),
    ("/a/../b", "/b", "/b"),
    ("/../../b", "/b", "/b"),
    ("../../b", "/own/scope/b", "/own/b"),
    ("a/../../../b", "/own/scope/b", "/own/b"),
    ("system.slice:docker:1", "/own/scope/system.slice:docker:1", "/own/system.slice:docker:1"),
  ]

  @Test(arguments: Self.cases.indices) func pathsLeadToCgroups(_ index: Int) throws {
    let (text, v1, v2) = Self.cases[index]
    var problems: [JSONProblem] = []
    let path = try #require(CgroupsPath(text, id: "box", problems: &problems))
    #expect(path.cgroup(own: "/own/scope", version: .v1) == v1)
    #expect(path.cgroup(own: "/own/scope", version: .v2) == v2)
    #expect(path.isGiven == !(text ?? "").isEmpty)
    #expect(problems.isEmpty)
  }

  @Test func belowTheRoot() throws {
    var problems: [JSONProblem] = []
    let path = try #require(CgroupsPath(nil, id: "box", problems: &problems))
    #expect(path.cgroup(own: "/", version: .v1) == "/box")
    #expect(path.cgroup(own: "/", version: .v2) == "/box")
    #expect(path.cgroup(own: "/one", version: .v2) == "/box")
  }

  @Test(
    arguments: [
      ("/", #""/" is the root of the cgroups, which no container can have for itself"#),
      ("/a/..", #""/a/.." is the root of the cgroups, which no container can have for itself"#),
      ("a\nb", "a cgroup's name has no line break and no NUL in it"),
      ("a\0b", "a cgroup's name has no line break and no NUL in it"),
      ("/" + String(repeating: "x", count: 256), "it is too long: a name has at most 255 bytes"),
      (String(repeating: "x/", count: 2001) + "y", "it is too long: a name has at most 255 bytes"),
    ]
  )
  func refusals(_ text: String, _ message: String) {
    var problems: [JSONProblem] = []
    #expect(CgroupsPath(text, id: "box", problems: &problems) == nil)
    #expect(problems == [JSONProblem("linux.cgroupsPath", message)])
  }

  // MARK: systemd

  @Test(
    arguments: [
      (nil, "", "berth-box.scope"), ("", "", "berth-box.scope"),
      ("system.slice:docker:1234", "system.slice", "docker-1234.scope"), (":p:n", "", "p-n.scope"),
      ("a.slice::n", "a.slice", "n.scope"), ("a.slice:x:pods.slice", "a.slice", "pods.slice"),
    ] as [(String?, String, String)]
  )
  func systemdNames(_ text: String?, _ slice: String, _ unit: String) throws {
    var problems: [JSONProblem] = []
    let cgroup = try #require(SystemdCgroup(text, id: "box", problems: &problems))
    #expect(cgroup.slice == slice)
    #expect(cgroup.unit == unit)
  }

  @Test(arguments: ["a", "a:b", "a:b:c:d", "/a/b", "a:b:", "a:../b:c", "a:b:c\n"])
  func otherFormsAreRefused(_ text: String) {
    var problems: [JSONProblem] = []
    #expect(SystemdCgroup(text, id: "box", problems: &problems) == nil)
    #expect(
      problems == [
        JSONProblem(
          "linux.cgroupsPath",
          "expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"\(text)\" instead"
        )
      ]
    )
  }

  @Test(
    arguments: [
      ("a.slice", "a.slice"), ("a-b-c.slice", "a.slice/a-b.slice/a-b-c.slice"), ("-.slice", ""),
      ("a--b.slice", nil), ("-a.slice", nil), ("a.scope", nil), ("a/b.slice", nil), (".slice", nil),
    ] as [(String, String?)]
  )
  func sliceDirectories(_ slice: String, _ path: String?) {
    #expect(SystemdCgroup.path(ofSlice: slice) == path)
  }

  // MARK: exec --cgroup

  @Test func subCgroups() throws {
    #expect(try SubCgroup.parse([]) == [])
    #expect(try SubCgroup.parse(["a/b"]) == [SubCgroup(path: "a/b")])
    #expect(
      try SubCgroup.parse(["memory:m", "cpu,cpuacct:c"]) == [
        SubCgroup(controller: "memory", path: "m"), SubCgroup(controller: "cpu", path: "c"),
        SubCgroup(controller: "cpuacct", path: "c"),
      ]
    )
  }

  @Test(
    arguments: [
      (["a", "b"], "invalid --cgroup argument: a (missing <controller>: prefix)"),
      (["cpu:a", "b"], "invalid --cgroup argument: b (missing <controller>: prefix)"),
      ([":a"], "invalid --cgroup argument: :a (empty <controller> prefix)"),
      (["cpu,:a"], "invalid --cgroup argument: cpu,:a (empty <controller> prefix)"),
      (["cpu:a", "cpu:b"], #"invalid --cgroup argument(s): duplicate controller "cpu""#),
    ]
  )
  func subCgroupProblems(_ arguments: [String], _ message: String) {
    #expect(throws: SubCgroup.Problem(description: message)) { try SubCgroup.parse(arguments) }
  }
}
