import Cgroups
import ContainerPlan
@testable import ContainerRuntime
import JSON
import LinuxABI
import OCISpec
import Seccomp

extension FuzzTarget {
  /// What is JSON: configurations, and berth's own file of a container, which is not.
  static var documents: [FuzzTarget] {
    [
      FuzzTarget("json", .json) { bytes in
        guard let value = try? JSONValue(parsing: bytes) else { return }  // What is refused has no second reading.
        precondition((try? JSONValue(parsing: Array(value.text.utf8))) == value, "what was written reads otherwise")
        precondition((try? JSONValue(parsing: Array(value.indentedText.utf8))) == value, "with indentation too")
      },
      FuzzTarget("config", .json) { bytes in
        guard let (spec, problems) = try? Bundle.read(bytes) else { return }  // It is no JSON.
        plan(spec, problems)
      },
      FuzzTarget("process", .json) { bytes in
        guard var json = reader(bytes) else { return }
        let spec = Spec(process: ProcessSpec(&json))
        for host in hosts {
          // What is wrong with it is told, and that is all.
          if let plan = try? ContainerPlan(process: spec, host: host) { _ = plan.commandLines(for: host.caller) }
        }
      },
      FuzzTarget("resources", .json) { bytes in
        guard var json = reader(bytes) else { return }
        let resources = Resources(&json)
        let updated = Resources().updated(by: resources).updated(by: resources)
        for version in [CgroupVersion.v1, .v2] { _ = ResourceWrites(updated, version: version) }
      },
      FuzzTarget("seccomp", .json) { bytes in
        guard var json = reader(bytes) else { return }
        var problems: [JSONProblem] = []
        _ = SeccompPlan(Linux.Seccomp(&json), problems: &problems)?.programKey
      },
      FuzzTarget("state", .bytes) { bytes in
        guard let record = ContainerRecord(bytes: bytes) else { return }
        // Some fields are written only beside another.
        precondition(ContainerRecord(bytes: record.bytes)?.bytes == record.bytes, "what was written reads otherwise")
      },
    ]
  }

  private static func reader(_ bytes: [UInt8]) -> JSONReader? {
    guard case .object(let members)? = try? JSONValue(parsing: bytes) else { return nil }  // It is no JSON.
    return JSONReader(members)
  }

  /// Plans a container for each host, and writes the plan down.
  static func plan(_ spec: Spec, _ problems: [SpecProblem] = []) {
    for host in hosts {
      guard let plan = try? ContainerPlan(spec, host: host, id: "web", known: problems) else { continue }  // As above.
      _ = plan.commandLines(for: host.caller)
    }
  }

  /// Hosts of root's and of a user's, with each version of cgroups, with and without systemd.
  private static var hosts: [Host] {
    let root = Caller(
      userID: 0,
      groupID: 0,
      groups: [0],
      capabilities: CapabilitySets(bounding: .all, effective: .all, permitted: .all),
      workingDirectory: "/here",
      environment: ["PATH=/bin"]
    )
    var user = root
    user.userID = 1000
    user.groupID = 100
    user.groups = [100]
    user.capabilities = CapabilitySets(bounding: .all, effective: [], permitted: [])
    user.subordinateUsers = [IDRange(start: 100_000, count: 65_536)]
    user.subordinateGroups = [IDRange(start: 100_000, count: 65_536)]
    user.mappingTools = MappingTools(newuidmap: "/usr/bin/newuidmap", newgidmap: "/usr/bin/newgidmap")
    let kernel = KernelVersion(major: 6, minor: 12)
    var privileged = Host(kernel: kernel, caller: root)
    privileged.asksSystemd = true
    privileged.mountPoints = .made
    privileged.cgroups = CgroupHierarchies([
      CgroupHierarchy(version: .v2, controllers: "", mountPoint: "/sys/fs/cgroup", own: "/user.slice")
    ])
    var rootless = Host(kernel: kernel, caller: user)
    rootless.cgroups = CgroupHierarchies([
      CgroupHierarchy(version: .v1, controllers: "memory", mountPoint: "/sys/fs/cgroup/memory", own: "/")
    ])
    return [privileged, rootless]
  }
}
