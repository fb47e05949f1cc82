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
