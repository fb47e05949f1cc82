import Cgroups
import JSON
import OCISpec
import Testing

@testable import Systemd

@Suite struct PropertyTextTests {
  @Test(
    arguments: [
      ("true", DBusValue.boolean(true)), ("42", .int32(42)), ("-1", .int32(-1)), ("1.5", .double(1.5)),
      ("uint64 42", .uint64(42)), ("@t 42", .uint64(42)), ("byte 7", .byte(7)), ("'a b'", .string("a b")),
      ("\"it's\"", .string("it's")), ("'it\\'s'", .string("it's")), ("objectpath '/a'", .objectPath("/a")),
      ("['a', 'b']", .strings(["a", "b"])), ("@as []", .strings([])), ("[uint32 1, 2]", nil),
      ("@au [1, 2]", .array(of: "u", [.uint32(1), .uint32(2)])), ("('a', 1)", .structure([.string("a"), .int32(1)])),
      (" 'x' ", .string("x")), ("", nil), ("x", nil), ("'x", nil), ("[]", nil), ("[1, 'a']", nil), ("1 2", nil),
      ("@t -1", nil), ("byte 256", nil), ("99999999999", .double(99_999_999_999)),
    ] as [(String, DBusValue?)]
  ) func value(text: String, value: DBusValue?) {
    let parsed = try? PropertyText.parse(text)  // The failure itself has nothing to tell.
    #expect(parsed == value)
  }

  @Test func secondsBecomeMicroseconds() throws {
    let whole = try UnitProperty(annotation: "org.systemd.property.TimeoutStopSec", value: "7")
    #expect(whole == UnitProperty("TimeoutStopUSec", .uint64(7_000_000)))
    let half = try UnitProperty(annotation: "org.systemd.property.TimeoutStopSec", value: "0.5")
    #expect(half == UnitProperty("TimeoutStopUSec", .uint64(500_000)))
    let named = try UnitProperty(annotation: "org.systemd.property.CPUQuotaPeriodUSec", value: "uint64 9")
    #expect(named == UnitProperty("CPUQuotaPeriodUSec", .uint64(9)))
    #expect(try UnitProperty(annotation: "other", value: "x") == nil)
  }

  @Test(arguments: [
    ("org.systemd.property.A1", "true"), ("org.systemd.property.", "true"), ("org.systemd.property.CollectMode", "x"),
    ("org.systemd.property.TimeoutStopSec", "'x'"), ("org.systemd.property.TimeoutStopSec", "-1"),
  ]) func wrongAnnotation(name: String, value: String) {
    #expect(throws: UnitProperty.Problem.self) { try UnitProperty(annotation: name, value: value) }
  }
}

@Suite struct UnitPropertyTests {
  @Test(arguments: [
    (#"{"memory":{"limit":64,"swap":128,"reservation":32}}"#, ["MemorySwapMax=64", "MemoryMax=64", "MemoryLow=32"]),
    (#"{"memory":{"limit":-1}}"#, ["MemorySwapMax=max", "MemoryMax=max"]),
    (#"{"cpu":{"shares":1024}}"#, ["CPUWeight=100"]),
    (#"{"cpu":{"quota":50000,"period":100000}}"#, ["CPUQuotaPeriodUSec=100000", "CPUQuotaPerSecUSec=500000"]),
    (#"{"cpu":{"quota":33333,"period":100000}}"#, ["CPUQuotaPeriodUSec=100000", "CPUQuotaPerSecUSec=340000"]),
    (#"{"cpu":{"quota":-1}}"#, ["CPUQuotaPerSecUSec=max"]),
    (#"{"cpu":{"quota":20000}}"#, ["CPUQuotaPerSecUSec=200000"]),
    (#"{"cpu":{"cpus":"0-2,9","mems":"0"}}"#, ["AllowedCPUs=[7, 2]", "AllowedMemoryNodes=[1]"]),
    (#"{"pids":{"limit":10}}"#, ["TasksMax=10"]),
    (#"{"pids":{"limit":-1}}"#, ["TasksMax=max"]),
    (#"{"unified":{"memory.high":"1000","memory.min":"5","cpu.idle":"1"}}"#, ["MemoryHigh=1000", "MemoryMin=5"]),
  ]) func version2(json: String, expected: [String]) throws {
    #expect(try texts(json, .v2) == expected)
  }

  @Test(arguments: [
    (#"{"memory":{"limit":64,"swap":128}}"#, ["MemoryLimit=64"]),
    (
      #"{"cpu":{"shares":512,"quota":10000,"period":20000}}"#,
      [
        "CPUShares=512", "CPUQuotaPeriodUSec=20000", "CPUQuotaPerSecUSec=500000",
      ]
    ),
    (#"{"cpu":{"cpus":"0"}}"#, []),
    (#"{"blockIO":{"weight":500},"pids":{"limit":7}}"#, ["TasksMax=7", "BlockIOWeight=500"]),
  ]) func version1(json: String, expected: [String]) throws {
    #expect(try texts(json, .v1) == expected)
  }

  private func texts(_ json: String, _ version: CgroupVersion) throws -> [String] {
    guard case .object(let members) = try JSONValue(parsing: Array(json.utf8)) else { return [] }
    var reader = JSONReader(members)
    let writes = ResourceWrites(Resources(&reader), version: version)
    return UnitProperty.limits(writes.writes, version: version).map { property in
      switch property.value {
      case .uint64(let number): "\(property.name)=\(number == .max ? "max" : "\(number)")"
      case .array(_, let values): "\(property.name)=\(values.map(byte))"
      default: "\(property.name)?"
      }
    }
  }

  private func byte(_ value: DBusValue) -> UInt8 {
    if case .byte(let byte) = value { return byte }
    return 0
  }

  @Test func devices() throws {
    var problems: [JSONProblem] = []
    let rules = [
      Resources.DeviceRule(allow: false, access: "rwm"),
      Resources.DeviceRule(allow: true, type: "b", major: 8, access: "r"),
      Resources.DeviceRule(allow: true, type: "c", major: 1, minor: 3, access: "rw"),
      Resources.DeviceRule(allow: true, type: "c", minor: 3, access: "r"),
      Resources.DeviceRule(allow: true, type: "b", major: 250, access: "r"),
    ]
    let policy = DevicePolicy(rules, problems: &problems)
    let drivers = DeviceDriver.parse("Character devices:\n  1 mem\n136 pts\n\nBlock devices:\n  8 sd\n")
    #expect(drivers.map(\.name) == ["mem", "pts", "sd"])
    #expect(drivers.map(\.isBlock) == [false, false, true])
    let properties = UnitProperty.devices(policy, drivers: drivers)
    #expect(properties[0] == UnitProperty("DevicePolicy", .string("strict")))
    guard case .array("(ss)", let list) = properties[1].value else { return #expect(Bool(false), "no list") }
    func entry(_ node: String, _ access: String) -> DBusValue { .structure([.string(node), .string(access)]) }
    #expect(Array(list.prefix(2)) == [entry("block-sd", "r"), entry("/dev/char/1:3", "rwm")])
    // A minor number of any major one, and a major one that no driver has, are not systemd's to know.
    #expect(list.contains(entry("char-pts", "rwm")) && list.contains(entry("char-*", "m")))
    #expect(list.count == 2 + DefaultDevice.all.count - 1)
  }

  @Test func policyThatAllowsIsLeftOpen() {
    var problems: [JSONProblem] = []
    let policy = DevicePolicy([Resources.DeviceRule(allow: true, access: "rwm")], problems: &problems)
    #expect(
      UnitProperty.devices(policy, drivers: []) == [
        UnitProperty("DevicePolicy", .string("auto")), UnitProperty("DeviceAllow", .array(of: "(ss)", [])),
      ]
    )
  }

  @Test func scopeHasTheLastWordOnAProperty() throws {
    var problems: [JSONProblem] = []
    let cgroup = try #require(SystemdCgroup("a-b.slice:p:n", id: "x", problems: &problems))
    let request = ScopeRequest(
      cgroup,
      container: "x",
      process: 42,
      version: .v2,
      isOfUser: false,
      [UnitProperty("Delegate", .boolean(false)), UnitProperty("TasksMax", .uint64(5))]
    )
    #expect(request.unit == "p-n.scope")
    #expect(cgroup.path(isOfUser: false) == "/a.slice/a-b.slice/p-n.scope")
    #expect(request.properties.filter { $0.name == "Delegate" } == [UnitProperty("Delegate", .boolean(false))])
    #expect(request.properties.contains(UnitProperty("PIDs", .array(of: "u", [.uint32(42)]))))
    #expect(request.properties.contains(UnitProperty("Slice", .string("a-b.slice"))))
  }

  @Test(arguments: [(false, "/system.slice/berth-x.scope"), (true, "/user.slice/berth-x.scope")])
  func defaultSlice(isOfUser: Bool, path: String) throws {
    var problems: [JSONProblem] = []
    #expect(try #require(SystemdCgroup(nil, id: "x", problems: &problems)).path(isOfUser: isOfUser) == path)
  }
}
