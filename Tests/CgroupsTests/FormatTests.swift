import Cgroups
import Testing

/// The kernel's text files.
struct FormatTests {
  @Test func memberships() {
    let text = "9:name=systemd:/user\n4:cpu,cpuacct:/a:b\nnonsense\n0::/\n"
    #expect(
      CgroupMembership.parse(Array(text.utf8)) == [
        CgroupMembership(controllers: "name=systemd", path: "/user"),
        CgroupMembership(controllers: "cpu,cpuacct", path: "/a:b"), CgroupMembership(controllers: "", path: "/"),
      ]
    )
  }

  @Test func mounts() throws {
    let v1 = try #require(
      CgroupMount(
        mountinfo: #"33 32 0:28 /docker/x /cg\040roup/cpu rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct"#
      )
    )
    #expect(v1.version == .v1)
    #expect(v1.mountPoint == "/cg roup/cpu")
    #expect(v1.controls("cpu,cpuacct"))
    #expect(!v1.controls("cpuset"))
    #expect(!v1.controls(""))
    #expect(v1.path(of: "/docker/x/y") == "/y")
    #expect(v1.path(of: "/docker/x") == "/")
    #expect(v1.path(of: "/docker/xy") == "/")
    let v2 = try #require(CgroupMount(mountinfo: "25 30 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate"))
    #expect(v2.version == .v2)
    #expect(v2.controls(""))
    #expect(!v2.controls("cpu"))
    #expect(v2.path(of: "/a/b") == "/a/b")
    #expect(CgroupMount(mountinfo: "25 30 0:26 / /tmp rw - tmpfs tmpfs rw") == nil)
    #expect(CgroupMount(mountinfo: "25 30") == nil)
  }

  @Test func flatKeyed() {
    let stat = FlatKeyed("usage_usec 12\nx\ny z\nnr_periods 18446744073709551615\n")
    #expect(stat.entries.map(\.key) == ["usage_usec", "nr_periods"])
    #expect(stat["nr_periods"] == .max)
    #expect(stat["x"] == nil)
  }

  @Test func blockEntries() {
    #expect(
      BlockEntry.parse(version1: "8:0 Read 5\n8:0 Total 6\n254:1 7\nTotal 8\n") == [
        BlockEntry(major: 8, minor: 0, operation: "Read", value: 5),
        BlockEntry(major: 8, minor: 0, operation: "Total", value: 6),
        BlockEntry(major: 254, minor: 1, operation: "", value: 7),
      ]
    )
    #expect(
      BlockEntry.parse(
        version2: "8:0 rbytes=1 wbytes=2 rios=3\n8:16\nbad wbytes=4\n",
        [("rbytes", "Read"), ("wbytes", "Write")]
      ) == [
        BlockEntry(major: 8, minor: 0, operation: "Read", value: 1),
        BlockEntry(major: 8, minor: 0, operation: "Write", value: 2),
      ]
    )
  }

  @Test(
    arguments: [
      ("0-2,7\n", [0, 1, 2, 7]), ("5", [5]), ("", []), ("\n", []), ("3-1", []), ("x,4", [4]), ("0-65535", nil),
    ] as [(String, [UInt16]?)]
  )
  func lists(_ text: String, _ list: [UInt16]?) { #expect(cpuList(text) == list ?? Array(0...65535)) }

  @Test(
    arguments: [
      ("hugepages-2048kB", "2MB"), ("hugepages-1048576kB", "1GB"), ("hugepages-64kB", "64KB"), ("hugepages-2", nil),
      ("other-2048kB", nil), ("hugepages-xkB", nil),
    ] as [(String, String?)]
  )
  func hugePageSizes(_ name: String, _ size: String?) { #expect(hugePageSize(name) == size) }
}
