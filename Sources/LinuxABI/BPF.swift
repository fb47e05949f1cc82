/// An instruction of an eBPF program, bpf(2) `struct bpf_insn`.
package struct BPFInstruction: Hashable, Sendable {
  package var code: UInt8
  package var destination: UInt8
  package var source: UInt8
  package var offset: Int16
  package var immediate: Int32

  package init(code: UInt8, destination: UInt8 = 0, source: UInt8 = 0, offset: Int16 = 0, immediate: Int32 = 0) {
    self.code = code
    self.destination = destination
    self.source = source
    self.offset = offset
    self.immediate = immediate
  }

  /// The eight bytes that the kernel takes, of a little-endian machine.
  package var encoded: UInt64 {
    UInt64(code) | UInt64(destination & 0xf) << 8 | UInt64(source & 0xf) << 12
      | UInt64(UInt16(bitPattern: offset)) << 16 | UInt64(UInt32(bitPattern: immediate)) << 32
  }
}

extension BPFInstruction {
  /// `destination = *(u32 *)(source + offset)`
  package static func loadWord(_ destination: UInt8, from source: UInt8, offset: Int16) -> Self {
    Self(code: 0x61, destination: destination, source: source, offset: offset)
  }

  /// `destination &= immediate`, in 32 bits
  package static func and(_ destination: UInt8, _ immediate: UInt32) -> Self {
    Self(code: 0x54, destination: destination, immediate: Int32(bitPattern: immediate))
  }

  /// `destination >>= immediate`, in 32 bits
  package static func shiftRight(_ destination: UInt8, _ immediate: Int32) -> Self {
    Self(code: 0x74, destination: destination, immediate: immediate)
  }

  /// `destination = source`, in 32 bits
  package static func move(_ destination: UInt8, from source: UInt8) -> Self {
    Self(code: 0xbc, destination: destination, source: source)
  }

  /// `destination = immediate`
  package static func move(_ destination: UInt8, _ immediate: Int32) -> Self {
    Self(code: 0xb7, destination: destination, immediate: immediate)
  }

  /// Goes on `offset` instructions later if the 32 bits of the register are others.
  package static func jump(ifNot register: UInt8, _ value: UInt32, offset: Int16) -> Self {
    Self(code: 0x56, destination: register, offset: offset, immediate: Int32(bitPattern: value))
  }

  /// Goes on `offset` instructions later if the 32 bits of the register are these.
  package static func jump(if register: UInt8, _ value: UInt32, offset: Int16) -> Self {
    Self(code: 0x16, destination: register, offset: offset, immediate: Int32(bitPattern: value))
  }

  /// Ends the program: its answer is register 0.
  package static var exit: Self { Self(code: 0x95) }
}

/// Instructions of programs that go through the kernel's records. The ten registers, and what a call leaves of them, are those of
/// the kernel's document "BPF Instruction Set Architecture".
extension BPFInstruction {
  /// `destination = *(u64 *)(source + offset)`
  package static func loadDoubleWord(_ destination: UInt8, from source: UInt8, offset: Int16) -> Self {
    Self(code: 0x79, destination: destination, source: source, offset: offset)
  }

  /// `*(u64 *)(destination + offset) = source`
  package static func storeDoubleWord(_ source: UInt8, at destination: UInt8, offset: Int16) -> Self {
    Self(code: 0x7b, destination: destination, source: source, offset: offset)
  }

  /// `*(u32 *)(destination + offset) = source`
  package static func storeWord(_ source: UInt8, at destination: UInt8, offset: Int16) -> Self {
    Self(code: 0x63, destination: destination, source: source, offset: offset)
  }

  /// `*(u64 *)(destination + offset) = immediate`
  package static func storeDoubleWord(immediate: Int32, at destination: UInt8, offset: Int16) -> Self {
    Self(code: 0x7a, destination: destination, offset: offset, immediate: immediate)
  }

  /// `destination = source`, in 64 bits
  package static func moveDoubleWord(_ destination: UInt8, from source: UInt8) -> Self {
    Self(code: 0xbf, destination: destination, source: source)
  }

  /// `destination += immediate`, in 64 bits
  package static func add(_ destination: UInt8, _ immediate: Int32) -> Self {
    Self(code: 0x07, destination: destination, immediate: immediate)
  }

  /// `destination |= immediate`, in 64 bits
  package static func or(_ destination: UInt8, _ immediate: Int32) -> Self {
    Self(code: 0x47, destination: destination, immediate: immediate)
  }

  /// `destination = value`, which takes two instructions.
  package static func load(_ destination: UInt8, value: UInt64) -> [Self] {
    [
      Self(code: 0x18, destination: destination, immediate: Int32(truncatingIfNeeded: value)),
      Self(code: 0, immediate: Int32(truncatingIfNeeded: value >> 32)),
    ]
  }

  /// `destination = map`, the map of a descriptor of this process: `BPF_PSEUDO_MAP_FD`.
  package static func load(_ destination: UInt8, map descriptor: Int32) -> [Self] {
    [Self(code: 0x18, destination: destination, source: 1, immediate: descriptor), Self(code: 0)]
  }

  /// Calls a function that the kernel has for programs, bpf-helpers(7).
  package static func call(_ function: BPFFunction) -> Self { Self(code: 0x85, immediate: function.rawValue) }

  /// Goes on elsewhere.
  package static func jump(offset: Int16) -> Self { Self(code: 0x05, offset: offset) }

  /// Goes on elsewhere if the 64 bits of the register are these.
  package static func jump(ifDoubleWord register: UInt8, _ value: Int32, offset: Int16) -> Self {
    Self(code: 0x15, destination: register, offset: offset, immediate: value)
  }

  /// Goes on elsewhere if the 64 bits of the register are others.
  package static func jump(ifNotDoubleWord register: UInt8, _ value: Int32, offset: Int16) -> Self {
    Self(code: 0x55, destination: register, offset: offset, immediate: value)
  }

  /// Goes on elsewhere if two registers are the same.
  package static func jump(ifSame register: UInt8, _ other: UInt8, offset: Int16) -> Self {
    Self(code: 0x1d, destination: register, source: other, offset: offset)
  }

  /// Goes on elsewhere if two registers are not the same.
  package static func jump(ifOther register: UInt8, _ other: UInt8, offset: Int16) -> Self {
    Self(code: 0x5d, destination: register, source: other, offset: offset)
  }

  /// Goes on elsewhere if the register, without a sign, is more than the other.
  package static func jump(ifMore register: UInt8, _ value: Int32, offset: Int16) -> Self {
    Self(code: 0x25, destination: register, offset: offset, immediate: value)
  }

  /// Goes on elsewhere when a loop has taken longer than the kernel lets it, `may_goto`, Linux 6.9. It makes a loop without a
  /// bound one that the verifier accepts.
  package static func jumpIfTooLong(offset: Int16) -> Self { Self(code: 0xe5, offset: offset) }
}

/// Functions of bpf-helpers(7), by their numbers.
package enum BPFFunction: Int32, Sendable {
  case mapLookupElement = 1
  case getCurrentTask = 35
  case probeReadKernel = 113
  case sequenceWrite = 127
}
