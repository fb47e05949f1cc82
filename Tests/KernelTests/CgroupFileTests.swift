import CgroupExecution
import Cgroups
import Foundation
import JSON
import LinuxABI
import OCISpec
import SystemPackage
import Testing

/// A cgroup is a directory of files: what is written to them, where no kernel answers.
struct CgroupFileTests {
  /// A folder that is gone when the test ends.
  struct Folder: ~Copyable {
    let path = FileManager.default.temporaryDirectory.path + "/berth-cgroup-\(UInt32.random(in: 0 ... .max))"

    /// - Parameter files: the files of each directory, with their contents.
    init(_ directories: [String: [String: String]]) throws {
      for (directory, files) in directories {
        try FileManager.default.createDirectory(atPath: path + directory, withIntermediateDirectories: true)
        for (file, text) in files {
          try text.write(toFile: "\(path)\(directory)/\(file)", atomically: false, encoding: .utf8)
        }
      }
    }

    func text(_ file: String) throws -> String { try String(contentsOfFile: "\(path)/\(file)", encoding: .utf8) }

    deinit { try? FileManager.default.removeItem(atPath: path) }
  }

  private func hierarchies(_ folder: borrowing Folder) -> CgroupHierarchies {
    CgroupHierarchies([CgroupHierarchy(version: .v2, controllers: "", mountPoint: folder.path, own: "/")])
  }

  @Test func controllersAreHandedDownToTheContainer() throws {
    let folder = try Folder([
      "": ["cgroup.controllers": "cpu memory pids\n", "cgroup.subtree_control": ""],
      "/a": ["cgroup.controllers": "cpu\n", "cgroup.subtree_control": ""],
      "/a/b": ["cgroup.controllers": "cpu\n", "cgroup.type": "domain invalid\n"],
    ])
    let cgroup = try ContainerCgroup.make(try TestCgroup.path("/a/b"), in: hierarchies(folder))
    #expect(try folder.text("cgroup.subtree_control") == "+memory +pids")
    #expect(try folder.text("a/cgroup.subtree_control") == "+memory +pids")
    #expect(try folder.text("a/b/cgroup.type").hasPrefix("threaded"))
    #expect(cgroup.directories == [CgroupDirectory(controllers: "", path: "\(folder.path)/a/b")])
  }

  @Test func whatIsHandedDownAlreadyIsNotWritten() throws {
    let folder = try Folder([
      "": ["cgroup.controllers": "cpu memory\n", "cgroup.subtree_control": "cpu memory"],
      "/a": ["cgroup.controllers": "cpu memory\n"],
    ])
    _ = try ContainerCgroup.make(try TestCgroup.path("/a"), in: hierarchies(folder))
    #expect(try folder.text("cgroup.subtree_control") == "cpu memory")
  }

  static let files = [
    "memory.max", "memory.swap.max", "memory.low", "cpu.weight", "cpu.max", "cpu.max.burst", "cpuset.cpus", "pids.max",
    "io.weight", "io.max", "hugetlb.2MB.max", "rdma.max", "memory.high",
  ]

  @Test func limitsOfVersion2() throws {
    let folder = try Folder(["": Dictionary(uniqueKeysWithValues: Self.files.map { ($0, "") })])
    let text = """
      {"memory":{"limit":100,"swap":300,"reservation":7},"cpu":{"shares":1024,"quota":5,"period":10,"burst":2,"cpus":"0"},
       "pids":{"limit":9},"blockIO":{"weight":100,"weightDevice":[{"major":8,"minor":0,"weight":10}],
       "throttleReadBpsDevice":[{"major":8,"minor":0,"rate":6}]},"hugepageLimits":[{"pageSize":"2MB","limit":5}],
       "rdma":{"mlx":{"hcaObjects":3}},"unified":{"memory.high":"50"}}
      """
    let cgroup = ContainerCgroup([CgroupDirectory(controllers: "", path: folder.path)])
    try cgroup.apply(ResourceWrites(try resources(text), version: .v2).writes)
    let written = try Self.files.map { "\($0) \(try folder.text($0))" }
    #expect(
      written == [
        "memory.max 100", "memory.swap.max 200", "memory.low 7", "cpu.weight 100", "cpu.max 5 10", "cpu.max.burst 2",
        "cpuset.cpus 0", "pids.max 9", "io.weight 8:0 1", "io.max 8:0 rbps=6", "hugetlb.2MB.max 5",
        "rdma.max mlx hca_object=3", "memory.high 50",
      ]
    )
  }

  /// Without the file, a limit fails, but for those that mean nothing there.
  @Test func filesThatAreNotThere() throws {
    let folder = try Folder(["": ["memory.max": "", "cgroup.controllers": "cpu\n", "memory.current": "500\n"]])
    let cgroup = ContainerCgroup([CgroupDirectory(controllers: "", path: folder.path)])
    func failure(_ text: String) throws -> CgroupFailure? {
      do throws(CgroupFailure) {
        let writes: [CgroupWrite]
        do { writes = ResourceWrites(try resources(text), version: .v2).writes } catch { return nil }
        try cgroup.apply(writes)
        return nil
      } catch {
        return error
      }
    }
    #expect(try failure(#"{"memory":{"limit":100,"swap":100}}"#) == nil)
    #expect(try failure(#"{"memory":{"limit":-1}}"#) == nil)
    #expect(
      try failure(#"{"memory":{"limit":100,"swap":150}}"#)?.description
        == "linux.resources.memory.swap: write 50 to \(folder.path)/memory.swap.max: No such file or directory "
        + #"(controller "memory" not available)"#
    )
    #expect(
      try failure(#"{"blockIO":{"weight":20}}"#)?.operation == "write 102 to \(folder.path)/io.weight"
    )
    #expect(try failure(#"{"blockIO":{"weightDevice":[{"major":8,"minor":0,"weight":10}]}}"#) == nil)
    #expect(
      try failure(#"{"memory":{"limit":500,"checkBeforeUpdate":true}}"#)?.reason
        == "rejecting memory limit 500 <= usage 500"
    )
    #expect(try failure(#"{"memory":{"limit":501,"checkBeforeUpdate":true}}"#) == nil)
  }

  /// What has no privilege does without cgroups that nobody asked for, and says so where somebody did.
  @Test func withoutPrivilege() throws {
    let path = try TestCgroup.path(nil)
    // Nothing can be made in /proc, whoever asks: here it stands for a hierarchy that belongs to somebody else.
    let denied = CgroupHierarchies([
      CgroupHierarchy(version: .v1, controllers: "memory", mountPoint: "/sys/kernel", own: "/")
    ])
    #expect(throws: CgroupFailure("mkdir /sys/kernel/box", .notPermitted)) {
      try ContainerCgroup.make(path, in: denied)
    }
    let cgroup = try ContainerCgroup.make(path, in: denied, isRootless: true)
    #expect(cgroup.directories.isEmpty)
    #expect(throws: CgroupFailure("mkdir /sys/kernel/x", .notPermitted)) {
      try ContainerCgroup.make(try TestCgroup.path("/x"), in: denied, isRootless: true)
    }
    let limit = CgroupWrite("memory.max", "1", place: "linux.resources.memory.limit")
    #expect(throws: CgroupFailure.self) { try cgroup.apply([limit]) }
    #expect(try cgroup.processes() == [])
    #expect(try !cgroup.isFrozen())
    try cgroup.remove()
  }

  @Test func statisticsOfVersion2() throws {
    let folder = try Folder([
      "": [
        "cpu.stat": "usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_periods 4\nnr_throttled 3\nthrottled_usec 2\n",
        "cpu.pressure":
          "some avg10=0.50 avg60=0.00 avg300=12.30 total=7\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
        "memory.stat": "file 4096\nanon 8192\n", "memory.current": "5\n", "memory.max": "max\n", "memory.peak": "9\n",
        "memory.swap.current": "2\n", "memory.swap.max": "10\n", "pids.current": "3\n", "pids.max": "max\n",
        "io.stat": "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0\n",
      ]
    ])
    let container = ContainerCgroup([CgroupDirectory(controllers: "", path: folder.path)])
    #expect(
      try Statistics(container).event(id: "x") == """
        {"type":"stats","id":"x","data":{"cpu":{"usage":{"total":30000,"kernel":10000,"user":20000},\
        "throttling":{"periods":4,"throttledPeriods":3,"throttledTime":2000},\
        "psi":{"some":{"avg10":0.5,"avg60":0,"avg300":12.3,"total":7}}},\
        "cpuset":{"cpu_exclusive":0,"mem_hardwall":0,"mem_exclusive":0,"memory_migrate":0,"memory_spread_page":0,\
        "memory_spread_slab":0,"memory_pressure":0,"sched_load_balance":0,"sched_relax_domain_level":0},\
        "memory":{"cache":4096,"usage":{"limit":18446744073709551615,"usage":5,"max":9,"failcnt":0},\
        "swap":{"limit":9,"usage":7,"failcnt":0},"raw":{"anon":8192,"file":4096}},"pids":{"current":3},\
        "blkio":{"ioServiceBytesRecursive":[{"major":8,"op":"Read","value":1},{"major":8,"op":"Write","value":2}],\
        "ioServicedRecursive":[{"major":8,"op":"Read","value":3},{"major":8,"op":"Write","value":4}]},\
        "hugetlb":{},"intel_rdt":{},"network_interfaces":null}}
        """
    )
  }
}
