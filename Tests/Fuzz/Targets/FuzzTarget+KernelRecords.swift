import KernelRecords
import LinuxABI

extension FuzzTarget {
  /// What the kernel's BPF programs write, and its description of its own types.
  static var kernelRecords: [FuzzTarget] {
    [
      FuzzTarget("btf", .bytes) { bytes in
        guard let layout = KernelLayout(btf: words(bytes).span) else { return }
        precondition(KernelLayout(bytes: layout.bytes) == layout, "what was kept reads otherwise")
        writePrograms(layout)
      },
      FuzzTarget("layout", .bytes) { bytes in
        guard let layout = KernelLayout(bytes: bytes) else { return }
        precondition(KernelLayout(bytes: layout.bytes) == layout, "what was kept reads otherwise")
        writePrograms(layout)
      },
      FuzzTarget("records", .bytes) { bytes in
        let words: [UInt64] = words(bytes)
        for position in words.indices {
          _ = TaskRecord(words, at: position)
          _ = NamespaceRecord(words, at: position)
          _ = OpenFileRecord(words, at: position)
        }
        _ = SuperblockRecord(words.span)?.mountsByNamespace
      },
    ]
  }

  private static func writePrograms(_ layout: KernelLayout) {
    _ = layout.taskProgram(superblock: 1)
    _ = layout.openFileProgram(superblock: 1)
    _ = layout.superblockProgram(from: 3, device: DeviceNumber(major: 8, minor: 1), map: 4)
  }

  /// The numbers in some bytes, in this machine's order; a rest is left out.
  private static func words<Number: FixedWidthInteger>(_ bytes: [UInt8]) -> [Number] {
    let size = Number.bitWidth / 8
    return (0..<bytes.count / size).map { index in
      bytes[index * size..<(index + 1) * size].reversed().reduce(0) { $0 << 8 | Number($1) }
    }
  }
}
