import Cgroups
import Testing

/// What resources become in the files of each version.
struct ResourceWritesTests {
  struct Case: Sendable {
    var resources: String
    var v1: [String]
    var v2: [String]
    var previous: String?

    init(_ resources: String, after previous: String? = nil, v1: [String], v2: [String]) {
      self.resources = resources
      self.v1 = v1
      self.v2 = v2
      self.previous = previous
    }
  }

  private func check(_ example: Case) throws {
    #expect(try lines(example.resources, .v1, previous: example.previous) == example.v1)
    #expect(try lines(example.resources, .v2, previous: example.previous) == example.v2)
  }

  static let memoryCases: [Case] = [
    Case(#"{"memory":{"limit":100}}"#, v1: ["memory.limit_in_bytes 100"], v2: ["memory.max 100"]),
    Case(
      #"{"memory":{"limit":100,"swap":250,"reservation":50}}"#,
      v1: ["memory.limit_in_bytes 100", "memory.memsw.limit_in_bytes 250", "memory.soft_limit_in_bytes 50"],
      v2: ["memory.swap.max 150", "memory.max 100", "memory.low 50"]
    ),
    Case(
      #"{"memory":{"limit":100,"swap":100}}"#,
      v1: ["memory.limit_in_bytes 100", "memory.memsw.limit_in_bytes 100"],
      v2: ["memory.swap.max 0 ?", "memory.max 100"]
    ),
    Case(
      #"{"memory":{"limit":100,"swap":-1}}"#,
      v1: ["memory.limit_in_bytes 100", "memory.memsw.limit_in_bytes -1"],
      v2: ["memory.swap.max max ?", "memory.max 100"]
    ),
    Case(
      #"{"memory":{"limit":-1,"reservation":-1}}"#,
      v1: ["memory.limit_in_bytes -1", "memory.memsw.limit_in_bytes -1 ?", "memory.soft_limit_in_bytes -1"],
      v2: ["memory.swap.max max ?", "memory.max max", "memory.low max"]
    ),
    Case(
      #"{"memory":{"limit":-1,"swap":70}}"#,
      v1: ["memory.limit_in_bytes -1", "memory.memsw.limit_in_bytes 70"],
      v2: ["memory.swap.max 70", "memory.max max"]
    ),
    Case(
      #"{"memory":{"limit":200,"swap":100}}"#,
      v1: ["memory.limit_in_bytes 200", "memory.memsw.limit_in_bytes 100"],
      v2: [
        "memory.max 200",
        "linux.resources.memory.swap: memory+swap limit should be >= memory limit: 100 is less than 200",
      ]
    ),
    Case(
      #"{"memory":{"swap":100}}"#,
      v1: ["memory.memsw.limit_in_bytes 100"],
      v2: ["linux.resources.memory.swap: unable to set swap limit without memory limit"]
    ),
    Case(
      #"{"memory":{"limit":-2}}"#,
      v1: ["linux.resources.memory.limit: -2 is out of range: the least is -1, no limit"],
      v2: ["linux.resources.memory.limit: -2 is out of range: the least is -1, no limit"]
    ),
    Case(#"{"memory":{"limit":0,"swap":0,"reservation":0,"kernel":0}}"#, v1: [], v2: []),
    Case(
      #"{"memory":{"swappiness":0,"disableOOMKiller":true,"kernel":5,"kernelTCP":6,"useHierarchy":true}}"#,
      v1: ["memory.oom_control 1", "memory.swappiness 0"],
      v2: []
    ),
    Case(
      #"{"memory":{"swappiness":101}}"#,
      v1: ["linux.resources.memory.swappiness: invalid memory swappiness value: 101 (valid range is 0-100)"],
      v2: []
    ),
    Case(#"{"memory":{"swappiness":18446744073709551615,"disableOOMKiller":false}}"#, v1: [], v2: []),
    Case(
      #"{"memory":{"limit":100,"checkBeforeUpdate":true}}"#,
      v1: ["memory.limit_in_bytes 100"],
      v2: ["memory.max 100 > memory.current"]
    ),
  ]

  @Test(arguments: Self.memoryCases.indices) func memory(_ index: Int) throws { try check(Self.memoryCases[index]) }

  static let cpuCases: [Case] = [
    Case(#"{"cpu":{"shares":1024}}"#, v1: ["cpu.shares 1024"], v2: ["cpu.weight 100"]),
    Case(#"{"cpu":{"shares":2}}"#, v1: ["cpu.shares 2"], v2: ["cpu.weight 1"]),
    Case(#"{"cpu":{"shares":262144}}"#, v1: ["cpu.shares 262144"], v2: ["cpu.weight 10000"]),
    Case(#"{"cpu":{"shares":100}}"#, v1: ["cpu.shares 100"], v2: ["cpu.weight 17"]),
    Case(#"{"cpu":{"shares":4096}}"#, v1: ["cpu.shares 4096"], v2: ["cpu.weight 303"]),
    Case(
      #"{"cpu":{"shares":1}}"#,
      v1: ["linux.resources.cpu.shares: the minimum allowed cpu-shares is 2"],
      v2: ["cpu.weight 1"]
    ),
    Case(
      #"{"cpu":{"shares":262145}}"#,
      v1: ["linux.resources.cpu.shares: the maximum allowed cpu-shares is 262144"],
      v2: ["cpu.weight 10000"]
    ),
    Case(
      #"{"cpu":{"quota":50000,"period":100000,"burst":1000}}"#,
      v1: ["cpu.cfs_period_us 100000", "cpu.cfs_burst_us 1000 ?", "cpu.cfs_quota_us 50000"],
      v2: ["cpu.max.burst 1000", "cpu.max 50000 100000"]
    ),
    Case(#"{"cpu":{"quota":50000}}"#, v1: ["cpu.cfs_quota_us 50000"], v2: ["cpu.max 50000"]),
    Case(#"{"cpu":{"period":50000}}"#, v1: ["cpu.cfs_period_us 50000"], v2: ["cpu.max max 50000"]),
    Case(#"{"cpu":{"quota":-1}}"#, v1: ["cpu.cfs_quota_us -1"], v2: ["cpu.max max"]),
    Case(
      #"{"cpu":{"realtimePeriod":1000000,"realtimeRuntime":500}}"#,
      v1: ["cpu.rt_period_us 1000000", "cpu.rt_runtime_us 500"],
      v2: []
    ),
    Case(
      #"{"cpu":{"cpus":"0-1","mems":"0","idle":1}}"#,
      v1: ["cpuset.cpus 0-1", "cpuset.mems 0", "cpu.idle 1"],
      v2: ["cpuset.cpus 0-1", "cpuset.mems 0", "cpu.idle 1"]
    ),
    Case(
      #"{"cpu":{"shares":0,"quota":0,"period":0,"realtimePeriod":0,"realtimeRuntime":0,"cpus":"","mems":""}}"#,
      v1: [],
      v2: []
    ),
    Case(#"{"cpu":{"burst":0}}"#, v1: ["cpu.cfs_burst_us 0 ?"], v2: ["cpu.max.burst 0"]),
  ]

  @Test(arguments: Self.cpuCases.indices) func cpu(_ index: Int) throws { try check(Self.cpuCases[index]) }

  static let othersCases: [Case] = [
    Case(#"{"pids":{"limit":7}}"#, v1: ["pids.max 7"], v2: ["pids.max 7"]),
    Case(#"{"pids":{"limit":-1}}"#, v1: ["pids.max max"], v2: ["pids.max max"]),
    Case(#"{"pids":{"limit":0}}"#, v1: ["pids.max 1"], v2: ["pids.max 1"]),
    Case(#"{"pids":{}}"#, v1: [], v2: []),
    Case(
      #"{"hugepageLimits":[{"pageSize":"2MB","limit":9},{"pageSize":"64KB","limit":0}]}"#,
      v1: [
        "hugetlb.2MB.limit_in_bytes 9", "hugetlb.2MB.rsvd.limit_in_bytes 9 ?", "hugetlb.64KB.limit_in_bytes 0",
        "hugetlb.64KB.rsvd.limit_in_bytes 0 ?",
      ],
      v2: ["hugetlb.2MB.max 9", "hugetlb.2MB.rsvd.max 9 ?", "hugetlb.64KB.max 0", "hugetlb.64KB.rsvd.max 0 ?"]
    ),
    Case(
      #"{"hugepageLimits":[{"pageSize":"../../x","limit":9}]}"#,
      v1: [
        #"linux.resources.hugepageLimits[0].pageSize: "../../x" is not a page size such as 64KB, 2MB or 1GB"#
      ],
      v2: [
        #"linux.resources.hugepageLimits[0].pageSize: "../../x" is not a page size such as 64KB, 2MB or 1GB"#
      ]
    ),
    Case(
      #"{"rdma":{"mlx5_1":{"hcaHandles":3,"hcaObjects":10000},"mlx4_0":{"hcaObjects":1000}}}"#,
      v1: ["rdma.max mlx4_0 hca_object=1000", "rdma.max mlx5_1 hca_handle=3 hca_object=10000"],
      v2: ["rdma.max mlx4_0 hca_object=1000", "rdma.max mlx5_1 hca_handle=3 hca_object=10000"]
    ),
    Case(
      #"{"network":{"classID":1048577,"priorities":[{"name":"eth0","priority":500},{"name":"lo","priority":0}]}}"#,
      v1: ["net_cls.classid 1048577", "net_prio.ifpriomap eth0 500", "net_prio.ifpriomap lo 0"],
      v2: []
    ),
    Case(#"{"network":{"classID":0}}"#, v1: [], v2: []),
    Case(
      #"{"unified":{"memory.high":"100","io.max":"8:0 rbps=1\n8:16 rbps=2"}}"#,
      v1: ["linux.resources.unified: invalid configuration: cgroup v1 has no unified resources"],
      v2: ["io.max 8:0 rbps=1", "io.max 8:16 rbps=2", "memory.high 100"]
    ),
    Case(#"{"unified":{}}"#, v1: [], v2: []),
    Case(
      #"{"unified":{"../x.y":"1"}}"#,
      v1: ["linux.resources.unified: invalid configuration: cgroup v1 has no unified resources"],
      v2: [#"linux.resources.unified.../x.y: unified resource "../x.y" must be a file name (no slashes)"#]
    ),
    Case(
      #"{"unified":{"tasks":"1"}}"#,
      v1: ["linux.resources.unified: invalid configuration: cgroup v1 has no unified resources"],
      v2: [#"linux.resources.unified.tasks: unified resource "tasks" must be in the form CONTROLLER.PARAMETER"#]
    ),
  ]

  @Test(arguments: Self.othersCases.indices) func others(_ index: Int) throws { try check(Self.othersCases[index]) }

  static let blockIOCases: [Case] = [
    Case(
      #"{"blockIO":{"weight":10}}"#,
      v1: ["blkio.weight 10 | blkio.bfq.weight 10"],
      v2: ["io.bfq.weight 10 | io.weight 1"]
    ),
    Case(
      #"{"blockIO":{"weight":1000,"leafWeight":20}}"#,
      v1: ["blkio.weight 1000 | blkio.bfq.weight 1000", "blkio.leaf_weight 20"],
      v2: ["io.bfq.weight 1000 | io.weight 10000"]
    ),
    Case(
      #"{"blockIO":{"weightDevice":[{"major":8,"minor":0,"weight":500,"leafWeight":300}]}}"#,
      v1: [
        "blkio.weight_device 8:0 500 | blkio.bfq.weight_device 8:0 500", "blkio.leaf_weight_device 8:0 300",
      ],
      v2: ["io.bfq.weight 8:0 500 | io.weight 8:0 4950 ?"]
    ),
    Case(
      #"{"blockIO":{"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":600}],"throttleWriteIOPSDevice":[{"major":8,"minor":16,"rate":300}]}}"#,
      v1: ["blkio.throttle.read_bps_device 8:0 600", "blkio.throttle.write_iops_device 8:16 300"],
      v2: ["io.max 8:0 rbps=600", "io.max 8:16 wiops=300"]
    ),
    Case(
      #"{"blockIO":{"throttleWriteBpsDevice":[{"major":8,"minor":0,"rate":0}],"throttleReadIOPSDevice":[{"major":8,"minor":16,"rate":1}]}}"#,
      v1: ["blkio.throttle.write_bps_device 8:0 0", "blkio.throttle.read_iops_device 8:16 1"],
      v2: ["io.max 8:0 wbps=max", "io.max 8:16 riops=1"]
    ),
    Case(
      #"{"blockIO":{"weight":5}}"#,
      v1: ["linux.resources.blockIO.weight: 5 is out of range: a weight is 10 to 1000"],
      v2: ["linux.resources.blockIO.weight: 5 is out of range: a weight is 10 to 1000"]
    ),
    Case(#"{"blockIO":{"weight":0,"leafWeight":0,"weightDevice":[{"major":8,"minor":0,"weight":0}]}}"#, v1: [], v2: []),
  ]

  @Test(arguments: Self.blockIOCases.indices) func blockIO(_ index: Int) throws { try check(Self.blockIOCases[index]) }

  /// An update writes what it gives and no more, but for files that take two values at once.
  static let updatesCases: [Case] = [
    Case(
      #"{"memory":{"limit":300}}"#,
      after: #"{"memory":{"limit":100,"swap":400},"pids":{"limit":4}}"#,
      v1: ["memory.limit_in_bytes 300"],
      v2: ["memory.swap.max 100", "memory.max 300"]
    ),
    Case(
      #"{"memory":{"swap":400}}"#,
      after: #"{"memory":{"limit":100}}"#,
      v1: ["memory.memsw.limit_in_bytes 400"],
      v2: ["memory.swap.max 300"]
    ),
    Case(
      #"{"memory":{"limit":-1}}"#,
      after: #"{"memory":{"limit":100,"swap":400}}"#,
      v1: ["memory.limit_in_bytes -1", "memory.memsw.limit_in_bytes -1 ?"],
      v2: ["memory.swap.max max ?", "memory.max max"]
    ),
    Case(
      #"{"memory":{"reservation":7}}"#,
      after: #"{"memory":{"limit":100,"swap":400}}"#,
      v1: ["memory.soft_limit_in_bytes 7"],
      v2: ["memory.low 7"]
    ),
    Case(
      #"{"cpu":{"period":20000}}"#,
      after: #"{"cpu":{"quota":10000,"period":50000}}"#,
      v1: ["cpu.cfs_period_us 20000"],
      v2: ["cpu.max 10000 20000"]
    ),
    Case(
      #"{"cpu":{"quota":20000,"period":0,"shares":0},"memory":{"limit":0},"blockIO":{"weight":0}}"#,
      after: #"{"cpu":{"quota":10000,"period":50000,"shares":2000},"memory":{"limit":3}}"#,
      v1: ["cpu.cfs_quota_us 20000"],
      v2: ["cpu.max 20000 50000"]
    ),
    Case(
      #"{"cpu":{"idle":1}}"#,
      after: #"{"cpu":{"shares":500}}"#,
      v1: ["cpu.idle 1"],
      v2: ["cpu.idle 1"]
    ),
  ]

  @Test(arguments: Self.updatesCases.indices) func updates(_ index: Int) throws { try check(Self.updatesCases[index]) }

  @Test func eachWriteNamesItsPlace() throws {
    let text =
      #"{"memory":{"limit":1},"blockIO":{"weightDevice":[{"major":8,"minor":0,"weight":50}]},"cpu":{"mems":"0"}}"#
    let writes = ResourceWrites(try resources(text), version: .v1)
    #expect(
      writes.writes.map(\.place) == [
        "linux.resources.memory.limit", "linux.resources.blockIO.weightDevice[0].weight", "linux.resources.cpu.mems",
      ]
    )
    #expect(writes.writes.map(\.controller) == ["memory", "blkio", "cpuset"])
  }

  @Test func whatVersion2HasNothingForIsNamed() throws {
    let text = """
      {"memory":{"swappiness":5,"disableOOMKiller":true,"kernel":1,"kernelTCP":2,"useHierarchy":false},\
      "cpu":{"realtimePeriod":5,"realtimeRuntime":3},"network":{"classID":4,"priorities":[{"name":"a","priority":1}]},\
      "blockIO":{"leafWeight":100}}
      """
    #expect(
      ResourceWrites(try resources(text), version: .v2).ignored == [
        "linux.resources.memory.kernel", "linux.resources.memory.kernelTCP", "linux.resources.memory.useHierarchy",
        "linux.resources.memory.disableOOMKiller", "linux.resources.memory.swappiness",
        "linux.resources.blockIO.leafWeight", "linux.resources.cpu.realtimePeriod",
        "linux.resources.cpu.realtimeRuntime", "linux.resources.network.classID", "linux.resources.network.priorities",
      ]
    )
  }
}
