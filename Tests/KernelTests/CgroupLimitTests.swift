import CgroupExecution
import Cgroups
import Foundation
import JSON
import LinuxABI
import LinuxSyscalls
import OCISpec
import SystemPackage
import Testing

/// Limits that the kernel keeps to, and what it says where it does not.
extension CgroupSuites {
  @Suite struct CgroupLimitTests {
    private func apply(_ text: String, to cgroup: ContainerCgroup, after previous: String? = nil) throws {
      let resources = try resources(text)
      let old = try previous.map { try KernelTests.resources($0) }
      let writes = ResourceWrites(resources, version: cgroup.version, previous: old)
      let others = ResourceWrites(resources, version: .v2, previous: old)
      try cgroup.apply(writes.writes, unified: cgroup.version == .v1 ? others.writes : [])
    }

    private func number(_ cgroup: ContainerCgroup, _ file: String) throws -> String {
      let directory = try #require(cgroup.directory(CgroupWrite.controller(of: file)))
      return try directory.read(file).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Whether the machine limits by version 1, or has a controller in version 2.
    private func has(_ controller: String, _ version: CgroupVersion) throws -> Bool {
      let hierarchies = try CgroupHierarchies.probe()
      guard version == .v2 else {
        return hierarchies.all.contains { $0.controllers.split(separator: ",").contains { $0 == controller } }
      }
      guard let root = hierarchies.unified else { return false }
      let names = try String(contentsOfFile: "\(root.mountPoint)/cgroup.controllers", encoding: .utf8)
      return names.split(whereSeparator: \.isWhitespace).contains { $0 == controller }
    }

    /// Limits that bound each other, raised and lowered: whichever comes first, both are set in the end.
    @Test func limitsThatBoundEachOther() throws {
      guard try has("memory", .v1), try has("cpu", .v1) else { return }
      let test = try TestCgroup()
      for (limit, swap) in [(8, 12), (32, 48), (4, 5), (64, 64), (-1, -1), (16, 16)] {
        let (limit, swap) = (limit < 0 ? -1 : limit << 20, swap < 0 ? -1 : swap << 20)
        try apply(#"{"memory":{"limit":\#(limit),"swap":\#(swap)}}"#, to: test.cgroup)
        if limit > 0 {
          #expect(try number(test.cgroup, "memory.limit_in_bytes") == "\(limit)")
          #expect(try number(test.cgroup, "memory.memsw.limit_in_bytes") == "\(swap)")
        }
      }
      try apply(#"{"memory":{"limit":-1}}"#, to: test.cgroup)
      #expect(try #require(UInt64(number(test.cgroup, "memory.memsw.limit_in_bytes"))) > 1 << 60)
      for (quota, burst) in [(20_000, 10_000), (5000, 5000), (90_000, 80_000), (-1, 0)] {
        try apply(#"{"cpu":{"quota":\#(quota),"period":100000,"burst":\#(burst)}}"#, to: test.cgroup)
        #expect(try number(test.cgroup, "cpu.cfs_quota_us") == "\(quota)")
        #expect(try number(test.cgroup, "cpu.cfs_burst_us") == "\(burst)")
      }
    }

    @Test func allThatThisMachineHas() throws {
      guard try has("memory", .v1) else { return }
      let test = try TestCgroup()
      let text = """
        {"memory":{"limit":33554432,"reservation":1048576,"swappiness":7,"disableOOMKiller":false},
         "cpu":{"shares":512,"cpus":"0","mems":"0"},"pids":{"limit":5}}
        """
      try apply(text, to: test.cgroup)
      #expect(try number(test.cgroup, "memory.limit_in_bytes") == "33554432")
      #expect(try number(test.cgroup, "memory.soft_limit_in_bytes") == "1048576")
      #expect(try number(test.cgroup, "memory.swappiness") == "7")
      #expect(try number(test.cgroup, "cpu.shares") == "512")
      #expect(try number(test.cgroup, "cpuset.cpus") == "0")
      #expect(try number(test.cgroup, "pids.max") == "5")
      try apply(#"{"pids":{"limit":-1},"memory":{"limit":0}}"#, to: test.cgroup)
      #expect(try number(test.cgroup, "pids.max") == "max")
      #expect(try number(test.cgroup, "memory.limit_in_bytes") == "33554432")
    }

    /// Huge pages are the one controller that a hybrid host may have in version 2.
    @Test func aControllerOfTheOtherHierarchyLimitsToo() throws {
      guard try has("hugetlb", .v2), try has("memory", .v1) else { return }
      let limits = #"{"hugepageLimits":[{"pageSize":"2MB","limit":4194304}]}"#
      let test = try TestCgroup(ResourceWrites(try resources(limits), version: .v1).writes)
      try apply(limits, to: test.cgroup)
      let unified = try #require(test.cgroup.unified)
      #expect(try unified.number("hugetlb.2MB.max") == 4_194_304)
      #expect(try unified.number("hugetlb.2MB.rsvd.max") == 4_194_304)
    }

    @Test func failuresNameFileAndPlace() throws {
      guard try has("cpuset", .v1) else { return }
      let test = try TestCgroup()
      func failure(_ text: String) throws -> String {
        do {
          try apply(text, to: test.cgroup)
          return ""
        } catch let failure as CgroupFailure {
          return failure.description
        }
      }
      let path = try #require(test.cgroup.directory("cpuset")).path
      #expect(
        try failure(#"{"cpu":{"cpus":"nonsense"}}"#)
          == "linux.resources.cpu.cpus: write nonsense to \(path)/cpuset.cpus: Invalid argument"
      )
      let rdma = try failure(#"{"rdma":{"mlx5":{"hcaHandles":2}}}"#)
      #expect(rdma.hasPrefix("linux.resources.rdma.mlx5: write mlx5 hca_handle=2 to "))
      // Named in both cases: that no hierarchy has it, or that the one of version 2 has not.
      #expect(
        rdma.hasSuffix("rdma.max: No such file or directory (the container has no cgroup with the controller rdma)")
          || rdma.hasSuffix(#"rdma.max: No such file or directory (controller "rdma" not available)"#)
      )
      let version2 = try TestCgroup(version2Only: true)
      let version2HasMemory = try has("memory", .v2)
      let file = "\(try #require(version2.cgroup.unified).path)/memory.high"
      do throws(CgroupFailure) {
        try version2.cgroup.apply([CgroupWrite("memory.high", "1", place: "linux.resources.unified.memory.high")])
        #expect(version2HasMemory)
      } catch {
        #expect(
          error.description == "linux.resources.unified.memory.high: write 1 to \(file): No such file or directory "
            + #"(controller "memory" not available)"#
        )
      }
    }

    /// A memory limit below what is used: the kernel refuses it, and the figures are told.
    @Test func aLimitBelowUsageIsRefused() throws {
      guard try has("memory", .v1) else { return }
      let test = try TestCgroup()
      let program = try WaitingProgram("x=$(head -c 8000000 /dev/zero | tr '\\0' x); echo ready; while :; do :; done")
      try test.cgroup.attach(program.id)
      try program.go()
      try eventually { try #require(UInt64(number(test.cgroup, "memory.usage_in_bytes"))) > 8_000_000 }
      try test.cgroup.freeze()
      do {
        try apply(#"{"memory":{"limit":1000000}}"#, to: test.cgroup)
      } catch let failure as CgroupFailure {
        #expect(failure.errno == .resourceBusy)
        #expect(failure.place == "linux.resources.memory.limit")
        #expect(try #require(failure.reason).text.contains("current usage: "))
      }
    }

    @Test func wantOfMemoryIsTold() throws {
      guard try has("memory", .v1) else { return }
      let test = try TestCgroup()
      try apply(#"{"memory":{"limit":8388608,"swap":8388608}}"#, to: test.cgroup)
      var notice = try OOMNotice(test.cgroup)
      #expect(try test.cgroup.oomKills() == 0)
      let program = try WaitingProgram("x=$(head -c 40000000 /dev/zero | tr '\\0' x); echo survived")
      try test.cgroup.attach(program.id)
      #expect(!Syscall.isReadable(notice.waitable))
      try program.go()
      #expect(try notice.next() == .outOfMemory)
      #expect(!program.end().output.contains("survived"))
      #expect(try #require(try test.cgroup.oomKills()) > 0)
      while Syscall.isReadable(notice.waitable) { _ = try notice.next() }
      try test.cgroup.remove()
      #expect(try notice.next() == .ended)
    }

    // MARK: Devices

    @Test(arguments: [false, true]) func devicesAreDenied(version2Only: Bool) throws {
      let test = try TestCgroup(version2Only: version2Only)
      var problems: [JSONProblem] = []
      let script = "cat /dev/null && echo null; (exec 3</dev/kmsg) && echo kmsg; :"
      for rules in ["[]", #"[{"allow":true,"type":"c","major":1,"minor":11,"access":"rw"}]"#, "[]"] {
        let devices = try resources(#"{"devices":\#(rules)}"#).devices ?? []
        try test.cgroup.apply(DevicePolicy(devices, problems: &problems))
        let program = try WaitingProgram(script)
        try test.cgroup.attach(program.id)
        try program.go()
        let output = program.end().output
        #expect(output.hasPrefix("null\n"), "\(output)")
        #expect(output.hasSuffix("\nkmsg\n") == (rules != "[]"), "\(rules): \(output)")
      }
      if version2Only {
        let directory = try Syscall.open(try #require(test.cgroup.unified).path, .directory)
        #expect(try Syscall.devicePrograms(of: directory.borrowed).count == 1)
      }
    }

    // MARK: Statistics

    @Test(arguments: [false, true]) func statisticsHaveTheFieldsOfRunc(version2Only: Bool) throws {
      let test = try TestCgroup(version2Only: version2Only)
      let program = try WaitingProgram("i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; read line")
      try test.cgroup.attach(program.id)
      try program.go()
      try eventually { try state(of: program.id) == "S" }
      let text = try Statistics(test.cgroup).event(id: "box")
      let event = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
      #expect(event["type"] as? String == "stats")
      #expect(event["id"] as? String == "box")
      let data = try #require(event["data"] as? [String: Any])
      #expect(
        Set(data.keys) == [
          "cpu", "cpuset", "memory", "pids", "blkio", "hugetlb", "intel_rdt", "network_interfaces",
        ]
      )
      let usage = try #require((data["cpu"] as? [String: Any])?["usage"] as? [String: Any])
      #expect(try #require(usage["total"] as? Int) > 1_000_000)
      #expect((data["pids"] as? [String: Any])?["current"] as? Int == 1)
      if test.cgroup.directory("memory") != nil {
        let memory = try #require(data["memory"] as? [String: Any])
        #expect(try #require((memory["usage"] as? [String: Any])?["usage"] as? Int) > 0)
        #expect((memory["raw"] as? [String: Any])?["rss"] != nil)
        #expect(try #require((data["cpuset"] as? [String: Any])?["cpus"] as? [Int]).isEmpty == false)
      }
    }
  }
}
