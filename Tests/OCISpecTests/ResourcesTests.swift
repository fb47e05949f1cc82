import FoundationEssentials
import JSON
import OCISpec
import Testing

struct ResourcesTests {
  private func decode(_ text: String) throws -> (Resources, [JSONProblem]) {
    guard case .object(let members) = try JSONValue(parsing: Array(text.utf8)) else {
      throw JSONProblem("", "no object")
    }
    var reader = JSONReader(members)
    return (Resources(&reader), reader.problems)
  }

  private func encode(_ resources: Resources) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(resources), as: UTF8.self)
  }

  /// Every field, by the specification's own name. Keys are sorted, so the text is the same again.
  private static let full = """
    {"blockIO":{"leafWeight":2,"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":1}],\
    "throttleReadIOPSDevice":[{"major":8,"minor":0,"rate":3}],"throttleWriteBpsDevice":[{"major":8,"minor":0,"rate":2}],\
    "throttleWriteIOPSDevice":[{"major":8,"minor":0,"rate":4}],"weight":1,\
    "weightDevice":[{"leafWeight":6,"major":8,"minor":0,"weight":5}]},\
    "cpu":{"burst":1,"cpus":"0-1","idle":1,"mems":"0","period":2,"quota":-1,"realtimePeriod":4,"realtimeRuntime":3,\
    "shares":5},"devices":[{"access":"rwm","allow":true,"major":1,"minor":-1,"type":"c"}],\
    "hugepageLimits":[{"limit":18446744073709551615,"pageSize":"2MB"}],\
    "memory":{"checkBeforeUpdate":true,"disableOOMKiller":false,"kernel":1,"kernelTCP":2,"limit":3,"reservation":4,\
    "swap":-1,"swappiness":60,"useHierarchy":true},"network":{"classID":7,"priorities":[{"name":"eth0","priority":8}]},\
    "pids":{"limit":-1},"rdma":{"mlx5_1":{"hcaHandles":1,"hcaObjects":2}},"unified":{"memory.high":"9"}}
    """

  @Test func roundTrip() throws {
    let (resources, problems) = try decode(Self.full)
    #expect(problems.isEmpty)
    #expect(try encode(resources) == Self.full)
  }

  @Test(
    arguments: [
      (#"{"memory":{"limit":"1"}}"#, "memory.limit"), (#"{"blockIO":{"weight":65536}}"#, "blockIO.weight"),
      (#"{"hugepageLimits":[{"pageSize":"2MB"}]}"#, "hugepageLimits[0].limit"),
      (#"{"rdma":{"mlx":{"hcaHandles":-1}}}"#, "rdma.mlx.hcaHandles"), (#"{"unified":{"a.b":1}}"#, "unified.a.b"),
      (#"{"devices":[{"allow":true},{"major":1.5}]}"#, "devices[1].major"), (#"{"cpu":[]}"#, "cpu"),
      (#"{"network":{"priorities":[{"priority":1}]}}"#, "network.priorities[0].name"),
    ]
  )
  func wrongTypesHaveTheirPlace(_ text: String, _ path: String) throws {
    #expect(try decode(text).1.map(\.path) == [path])
  }

  /// What an update leaves out, or gives as the 0 that means "not set", stays.
  @Test(
    arguments: [
      (#"{"memory":{"limit":5,"swap":9}}"#, #"{"memory":{"limit":7}}"#, #"{"memory":{"limit":7,"swap":9}}"#),
      (#"{"memory":{"limit":5,"swap":9}}"#, #"{"memory":{"limit":0,"swap":0}}"#, #"{"memory":{"limit":5,"swap":9}}"#),
      (#"{"memory":{"limit":5,"swap":9}}"#, #"{"memory":{"limit":-1}}"#, #"{"memory":{"limit":-1}}"#),
      (#"{"cpu":{"quota":5,"shares":9}}"#, #"{"cpu":{"idle":1}}"#, #"{"cpu":{"idle":1,"quota":5}}"#),
      (#"{"cpu":{"cpus":"1","burst":3}}"#, #"{"cpu":{"cpus":"","burst":0}}"#, #"{"cpu":{"burst":0,"cpus":"1"}}"#),
      (#"{"pids":{"limit":5}}"#, #"{"cpu":{"period":2}}"#, #"{"cpu":{"period":2},"pids":{"limit":5}}"#),
      (
        #"{"blockIO":{"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":1},{"major":8,"minor":1,"rate":2}]}}"#,
        #"{"blockIO":{"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":3}]}}"#,
        #"{"blockIO":{"throttleReadBpsDevice":[{"major":8,"minor":1,"rate":2},{"major":8,"minor":0,"rate":3}]}}"#
      ),
      (
        #"{"blockIO":{"weightDevice":[{"major":8,"minor":0,"weight":20,"leafWeight":30}]}}"#,
        #"{"blockIO":{"weightDevice":[{"major":8,"minor":0,"weight":40}]}}"#,
        #"{"blockIO":{"weightDevice":[{"leafWeight":30,"major":8,"minor":0,"weight":40}]}}"#
      ),
      (#"{"unified":{"a.b":"1","c.d":"2"}}"#, #"{"unified":{"a.b":"3"}}"#, #"{"unified":{"a.b":"3","c.d":"2"}}"#),
    ]
  )
  func updates(_ old: String, _ update: String, _ result: String) throws {
    #expect(try encode(decode(old).0.updated(by: decode(update).0)) == result)
  }
}
