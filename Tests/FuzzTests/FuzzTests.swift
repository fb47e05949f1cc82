import Foundation
import FuzzEntry
import FuzzTargets
import Testing

/// What reads the words of others, given what is kept of each target, and some thousands of inputs made of that. `make fuzz` goes on.
@Suite struct FuzzTests {
  /// How many inputs are made with a seed, and for how long: some targets do a hundred times as much with one.
  private static let (mostInputs, mostTime): (Int, Duration) = (2000, .seconds(2))
  /// What the reading of an input may take; other tests run at the same time, and this build is slow.
  private static let (mostSeconds, mostMemory): (UInt32, Int) = (20, 64 << 10)

  @Test func everyTargetHasSeeds() throws {
    for target in FuzzTarget.all { #expect(try !FuzzCorpus.seeds(of: target).isEmpty, "\(target.name)") }
  }

  @Test(arguments: FuzzTarget.all.map(\.name))
  func nothingIsTooMuch(name: String) async throws {
    let seed = UInt64.random(in: 1...(.max))
    // What ends the process, ends that of one target alone; the input is in the file then.
    let file = FileManager.default.temporaryDirectory.appending(path: "berth-fuzz-\(name)-\(seed)").path
    await #expect(processExitsWith: .success, "fails on \(file), which belongs in Tests/Fuzz/Failures/\(name)") {
      [name = name as String, seed = seed as UInt64, file = file as String] in
      try FuzzTests.check(name, seed: seed, keeping: file)
    }
  }

  private static func check(_ name: String, seed: UInt64, keeping file: String) throws {
    let target = try #require(FuzzTarget.all.first { $0.name == name })
    let kept = try FuzzCorpus.seeds(of: target) + FuzzCorpus.failures(of: target)
    for input in kept { try run(target, input, keeping: file) }
    for seed in [0, seed] {
      let end = ContinuousClock.now + mostTime
      var mutation = InputMutation(target.form, seed: seed)
      for _ in 0..<mostInputs where ContinuousClock.now < end {
        let (input, other) = mutation.pick(from: kept)
        try run(target, mutation.changed(input, with: other), keeping: file)
      }
    }
    try FileManager.default.removeItem(atPath: file)
  }

  private static func run(_ target: FuzzTarget, _ input: [UInt8], keeping file: String) throws {
    try Data(input).write(to: URL(fileURLWithPath: file))
    let before = fuzz_peak_memory()
    fuzz_deadline(mostSeconds)
    target.run(input)
    fuzz_deadline(0)
    #expect(fuzz_peak_memory() - before < mostMemory, "\(file) takes too much memory")
  }
}
