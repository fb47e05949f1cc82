import RuntimeCommandLine
import Testing

struct UpdateTests {
  private typealias Limits = UpdateRequest.Limits

  @Test(arguments: [
    ("", Limits()),
    ("--blkio-weight 500", with(Limits()) { $0.blockIOWeight = 500 }),
    ("--cpu-period 1000 --cpu-quota -1", with(Limits()) { ($0.cpuPeriod, $0.cpuQuota) = (1000, -1) }),
    ("--cpu-burst 5", with(Limits()) { $0.cpuBurst = 5 }),
    ("--cpu-share 200", with(Limits()) { $0.cpuShares = 200 }),
    ("--cpu-rt-period 7 --cpu-rt-runtime 6", with(Limits()) { ($0.cpuRealtimePeriod, $0.cpuRealtimeRuntime) = (7, 6) }),
    ("--cpu-idle 1", with(Limits()) { $0.cpuIdle = 1 }),
    ("--cpuset-cpus 0-1 --cpuset-mems 0", with(Limits()) { ($0.cpus, $0.memoryNodes) = ("0-1", "0") }),
    ("--memory 67108864", with(Limits()) { $0.memory = 67_108_864 }),
    ("--memory 50M --memory-swap -1", with(Limits()) { ($0.memory, $0.memorySwap) = (52_428_800, -1) }),
    ("--memory-reservation 1g", with(Limits()) { $0.memoryReservation = 1 << 30 }),
    ("--pids-limit -1", with(Limits()) { $0.pids = -1 }),
    ("--kernel-memory 1m --kernel-memory-tcp 1m", Limits()),
    // 0 leaves as it is, where it is no limit of its own.
    ("--memory 0 --memory-swap 0 --memory-reservation 0 --blkio-weight 0", Limits()),
    ("--cpu-period 0 --cpu-quota 0 --cpu-share 0 --cpu-rt-period 0 --cpu-rt-runtime 0", Limits()),
    ("--cpu-burst 0 --cpu-idle 0 --pids-limit 0", with(Limits()) { ($0.cpuBurst, $0.cpuIdle, $0.pids) = (0, 0, 0) }),
    ("--memory= --cpu-quota= --cpuset-cpus=", Limits()),
  ])
  fileprivate func limits(options: String, expected: UpdateRequest.Limits) throws {
    let request = with(UpdateRequest()) { ($0.id, $0.limits) = ("c", expected) }
    #expect(try read("update \(options) c") == .update(request))
    #expect(try read("update c \(options)") == .update(request))
  }

  @Test func others() throws {
    #expect(try read("update -r - c") == .update(with(UpdateRequest()) { ($0.id, $0.file) = ("c", "-") }))
    #expect(try read("update --resources=f c") == .update(with(UpdateRequest()) { ($0.id, $0.file) = ("c", "f") }))
    let schemata = with(UpdateRequest()) {
      ($0.id, $0.l3CacheSchema, $0.memoryBandwidthSchema) = ("c", "L3:0=f", "MB:0=20")
    }
    #expect(try read("update --l3-cache-schema L3:0=f --mem-bw-schema MB:0=20 c") == .update(schemata))
  }

  @Test(
    arguments: [
      ("64m", 67_108_864), ("64M", 67_108_864), ("64mb", 67_108_864), ("64MiB", 67_108_864), ("1.5g", 1_610_612_736),
      ("5b", 5), ("1k", 1024), ("2t", 2_199_023_255_552), ("1p", 1_125_899_906_842_624),
      ("9007199254740993", 9_007_199_254_740_993), ("0.5k", 512),
    ] as [(String, Int64)]
  )
  func bytes(text: String, bytes: Int64) throws {
    let request = with(UpdateRequest()) { ($0.id, $0.limits.memory) = ("c", bytes) }
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
