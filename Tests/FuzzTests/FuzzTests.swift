import Foundation
import FuzzEntry
import FuzzTargets
import Testing

/// What reads the words of others, given what is kept of each target, and some thousands of inputs made of that. `make fuzz` goes on.
@Suite struct FuzzTests {
  /// The inputs that are made of a target's with a seed.
  private static let count = 1000
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
    try run(target, kept, keeping: file)
    try run(target, kept.filter { $0.count < 1000 }.flatMap(cuts), keeping: file)
    for seed in [0, seed] { try run(target, inputs(target, of: kept, seed: seed), keeping: file) }
    try FileManager.default.removeItem(atPath: file)
  }

  private static func run(_ target: FuzzTarget, _ inputs: [[UInt8]], keeping file: String) throws {
    for input in inputs {
      try Data(input).write(to: URL(fileURLWithPath: file))
      let before = fuzz_peak_memory()
      fuzz_deadline(mostSeconds)
      target.run(input)
      fuzz_deadline(0)
      #expect(fuzz_peak_memory() - before < mostMemory, "\(file) takes too much memory")
    }
  }

  /// All beginnings of an input.
  private static func cuts(_ input: [UInt8]) -> [[UInt8]] { (0..<input.count).map { Array(input.prefix($0)) } }

  private static func inputs(_ target: FuzzTarget, of kept: [[UInt8]], seed: UInt64) -> [[UInt8]] {
    var mutation = InputMutation(target.form, seed: seed)
    var random = SeededNumbers(seed: seed)
    return (0..<count).map { _ in
      let (input, other) = (kept.randomElement(using: &random) ?? [], kept.randomElement(using: &random) ?? [])
      return mutation.changed(input, with: other)
    }
  }
}
