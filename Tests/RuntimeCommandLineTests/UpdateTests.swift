import OCISpec
import RuntimeCommandLine
import Testing

struct UpdateTests {
  private static func cpu(_ change: (inout Resources.CPU) -> Void) -> Resources {
    with(Resources()) { $0.cpu = with(Resources.CPU(), change) }
  }

  private static func memory(_ change: (inout Resources.Memory) -> Void) -> Resources {
    with(Resources()) { $0.memory = with(Resources.Memory(), change) }
  }

  private static let cases: [(String, Resources)] = [
    ("", Resources()),
    ("--cpu-period 1000 --cpu-quota -1", cpu { ($0.period, $0.quota) = (1000, -1) }),
    ("--cpu-burst 5", cpu { $0.burst = 5 }),
    ("--cpu-share 200", cpu { $0.shares = 200 }),
    ("--cpu-rt-period 7 --cpu-rt-runtime 6", cpu { ($0.realtimePeriod, $0.realtimeRuntime) = (7, 6) }),
    ("--cpu-idle 1", cpu { $0.idle = 1 }),
    ("--cpuset-cpus 0-1 --cpuset-mems 0", cpu { ($0.cpus, $0.mems) = ("0-1", "0") }),
    ("--memory 67108864", memory { $0.limit = 67_108_864 }),
    ("--memory 50M --memory-swap -1", memory { ($0.limit, $0.swap) = (52_428_800, -1) }),
    ("--memory-reservation 1g", memory { $0.reservation = 1 << 30 }),
    ("--blkio-weight 500", with(Resources()) { $0.blockIO = with(Resources.BlockIO()) { $0.weight = 500 } }),
    ("--pids-limit -1", with(Resources()) { $0.pids = Resources.PIDs(limit: -1) }),
    ("--kernel-memory 1m --kernel-memory-tcp 1m", Resources()),
    ("--memory= --cpu-quota= --blkio-weight=", Resources()),
    ("--cpu-burst 0 --cpu-idle 0", cpu { ($0.burst, $0.idle) = (0, 0) }),
    ("--memory 0", memory { $0.limit = 0 }),
  ]

  @Test(arguments: cases)
  func resources(options: String, expected: Resources) throws {
    let request = with(UpdateRequest()) { ($0.id, $0.resources) = ("c", expected) }
    #expect(try read("update \(options) c") == .update(request))
    #expect(try read("update c \(options)") == .update(request))
  }

  /// Clients give 0 for what is to stay.
  @Test func zerosChangeNothing() throws {
    let zeros =
      "--memory 0 --memory-swap 0 --memory-reservation 0 --blkio-weight 0 --cpu-period 0 --cpu-quota 0 --cpu-share 0"
    guard case .update(let request) = try read("update c \(zeros) --cpu-rt-period 0 --cpu-rt-runtime 0") else {
      Issue.record("not an update")
      return
    }
    let before = with(Self.memory { ($0.limit, $0.swap) = (5, 6) }) {
      $0.cpu = with(Resources.CPU()) { ($0.shares, $0.quota, $0.period) = (7, 8, 9) }
      $0.blockIO = with(Resources.BlockIO()) { $0.weight = 10 }
    }
    #expect(before.updated(by: request.resources) == before)
  }

  @Test func others() throws {
    #expect(try read("update -r - c") == .update(with(UpdateRequest()) { ($0.id, $0.file) = ("c", "-") }))
    #expect(try read("update --resources=f c") == .update(with(UpdateRequest()) { ($0.id, $0.file) = ("c", "f") }))
    let schemata = with(UpdateRequest()) {
      ($0.id, $0.l3CacheSchema, $0.memoryBandwidthSchema) = ("c", "L3:0=f", "MB:0=20")
    }
    #expect(try read("update --l3-cache-schema L3:0=f --mem-bw-schema MB:0=20 c") == .update(schemata))
  }

  private static let sizes: [(String, Int64)] = [
    ("64m", 67_108_864), ("64M", 67_108_864), ("64mb", 67_108_864), ("64MiB", 67_108_864), ("1.5g", 1_610_612_736),
    ("5b", 5), ("1k", 1024), ("2t", 2_199_023_255_552), ("1p", 1_125_899_906_842_624),
    ("9007199254740993", 9_007_199_254_740_993), ("0.5k", 512),
  ]

  @Test(arguments: sizes)
  func bytes(text: String, bytes: Int64) throws {
    let request = with(UpdateRequest()) { ($0.id, $0.resources) = ("c", Self.memory { $0.limit = bytes }) }
    #expect(try read("update --memory \(text) c") == .update(request))
  }

  @Test(arguments: ["64x", "m", "-2", "1.5.2m", "9223372036854775808", "8192p", "1e3", "+1", "64mm", "mib"])
  func wrongBytes(text: String) {
    #expect(
      problem("update --memory \(text) c")
        == "update --memory \(text): this is not a number of bytes, such as 67108864, 64m, 1.5g, or -1 for no limit"
    )
  }

  @Test(arguments: [
    ("--cpu-share -1", "update --cpu-share -1: this is not a number from 0 to 18446744073709551615"),
    ("--blkio-weight 65536", "update --blkio-weight 65536: this is not a number from 0 to 65535"),
    ("--cpu-quota 1m", "update --cpu-quota 1m: this is not a number from -9223372036854775808 to 9223372036854775807"),
  ])
  func wrongNumbers(options: String, message: String) {
    #expect(problem("update \(options) c") == message)
  }
}
