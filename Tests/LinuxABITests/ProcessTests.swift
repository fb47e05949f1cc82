import LinuxABI
import Testing

struct SignalTests {
  /// signal(7), column "Action"; real-time signals terminate too.
  @Test(
    arguments: [
      (1, .terminate), (2, .terminate), (3, .terminate), (9, .terminate), (10, .terminate), (13, .terminate),
      (15, .terminate), (17, .nothing), (18, .nothing), (19, .stop), (20, .stop), (21, .stop), (22, .stop),
      (23, .nothing), (24, .terminate), (28, .nothing), (29, .terminate), (31, .terminate), (64, .terminate),
    ] as [(Int32, DefaultAction)]
  )
  func defaultAction(signal: Int32, action: DefaultAction) {
    #expect(DefaultAction(of: signal) == action)
  }

  /// strsignal(3) for those that have an ending in common use.
  @Test(arguments: [(9, "killed"), (11, "segmentation fault"), (31, "bad system call"), (10, nil), (64, nil)])
  func meaning(signal: Int32, words: String?) {
    #expect(Signal.meaning(of: signal) == words)
  }

  @Test(
    arguments: [(1, 0x1), (2, 0x2), (15, 0x4000), (17, 0x1_0000), (64, 0x8000_0000_0000_0000)] as [(Int32, UInt64)]
  )
  func bit(signal: Int32, bit: UInt64) {
    #expect(SignalSet([signal]).rawValue == bit)
    #expect(SignalSet(rawValue: bit).contains(signal))
    #expect(!SignalSet(rawValue: ~bit).contains(signal))
  }

  @Test func subtracting() {
    let rest = SignalSet.all.subtracting(SignalSet([Signal.kill, Signal.stop]))
    #expect(rest.rawValue == 0xffff_ffff_fffb_feff)
    #expect(SignalSet([]).rawValue == 0)
  }
}

struct ResourceTests {
  /// <asm-generic/resource.h>.
  @Test(
    arguments: [
      (.cpu, 0, "cpu"), (.fileSize, 1, "fsize"), (.data, 2, "data"), (.stack, 3, "stack"), (.core, 4, "core"),
      (.residentSet, 5, "rss"), (.processes, 6, "nproc"), (.openFiles, 7, "nofile"), (.lockedMemory, 8, "memlock"),
      (.addressSpace, 9, "as"), (.locks, 10, "locks"), (.pendingSignals, 11, "sigpending"),
      (.messageQueues, 12, "msgqueue"), (.nice, 13, "nice"), (.realTimePriority, 14, "rtprio"),
      (.realTimeTime, 15, "rttime"),
    ] as [(Resource, Int32, String)]
  )
  func number(resource: Resource, number: Int32, name: String) {
    #expect(resource.number == number)
    #expect(resource.shortName == name)
    #expect(Resource(rawValue: "RLIMIT_" + name.uppercased()) == resource)
  }
}

struct KernelVersionTests {
  @Test(
    arguments: [
      ("6.1.0-18-amd64", 6, 1), ("5.14", 5, 14), ("6.18.0", 6, 18), ("5.15.167.4-microsoft-standard-WSL2", 5, 15),
      ("6.12-rc3", 6, 12), ("4.18.0-553.el8_10.x86_64", 4, 18), ("10.0.1", 10, 0),
    ]
  )
  func release(text: String, major: Int, minor: Int) {
    #expect(KernelVersion(release: text) == KernelVersion(major: major, minor: minor))
  }

  @Test(arguments: ["", "6", "six.one"])
  func notARelease(text: String) {
    #expect(KernelVersion(release: text) == nil)
  }

  /// By numbers, not by letters: 5.9 is older than 5.14.
  @Test(arguments: [("5.9", "5.14"), ("5.14", "6.0"), ("6.1", "6.12"), ("4.20", "5.0")])
  func order(older: String, newer: String) throws {
    let (older, newer) = (try #require(KernelVersion(release: older)), try #require(KernelVersion(release: newer)))
    #expect(older < newer)
    #expect(!(newer < older))
    #expect(!(older < older))
  }

  @Test func text() { #expect("\(KernelVersion(major: 6, minor: 1))" == "6.1") }
}

struct ProcessStartTests {
  private static let numbers = (4...21).map(String.init).joined(separator: " ")

  /// Field 22 of proc_pid_stat(5), behind a name that may have anything in it.
  @Test(
    arguments: [
      ("812 (sleep) S \(numbers) 244080 0", 244080), ("812 (a) R (b) Z) S \(numbers) 7 0", 7),
      // A first thread that has ended: alone, and with nineteen others.
      ("812 (sleep) Z \(numbers.replacing("20", with: "1")) 244080 0", nil),
      ("812 (sleep) Z \(numbers) 244080 0", 244080),
      ("812 (sleep) S 1 2", nil), ("", nil),
    ] as [(String, UInt64?)]
  )
  func start(text: String, start: UInt64?) {
    #expect(processStart(ofStat: Array(text.utf8)) == start)
  }
}
