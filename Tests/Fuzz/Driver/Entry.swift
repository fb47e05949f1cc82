import FuzzEntry
import FuzzTargets
import Glibc

// What libFuzzer calls, https://llvm.org/docs/LibFuzzer.html: it gives pointers, and only here are they taken.

/// The target that BERTH_FUZZ names.
private let target: FuzzTarget = {
  let name = getenv("BERTH_FUZZ").map { String(cString: $0) } ?? ""
  guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
    fatalError("BERTH_FUZZ names no target; there are: \(FuzzTarget.all.map(\.name).joined(separator: " "))")
  }
  return target
}()

/// How much memory the reading of one input may take, in KiB.
private let mostMemory = 64 << 10

@_cdecl("LLVMFuzzerInitialize")
func initialize(_: UnsafeMutablePointer<CInt>?, _: UnsafeMutableRawPointer?) -> CInt {
  fuzz_signal_stack()
  _ = target
  return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  let before = fuzz_peak_memory()
  target.run(Array(UnsafeBufferPointer(start: data, count: size)))
  precondition(fuzz_peak_memory() - before < mostMemory, "an input took more than 64 MiB of memory")
  return 0
}

@_silgen_name("LLVMFuzzerMutate")
private func mutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ limit: Int) -> Int

/// Changes an input by its form, or as libFuzzer does.
@_cdecl("LLVMFuzzerCustomMutator")
func changeInput(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ limit: Int, _ seed: CUnsignedInt) -> Int {
  guard seed.isMultiple(of: 2) else { return mutate(data, size, limit) }
  var mutation = InputMutation(target.form, seed: UInt64(seed))
  let input = Array(UnsafeBufferPointer(start: data, count: size))
  let changed = mutation.changed(input, with: input, limit: limit)
  UnsafeMutableBufferPointer(start: data, count: limit).update(fromContentsOf: changed)
  return changed.count
}
