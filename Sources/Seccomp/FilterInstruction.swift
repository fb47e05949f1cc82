/// An instruction of a seccomp filter: `struct sock_filter` of classic BPF.
package struct FilterInstruction: Hashable, Sendable {
  package var code: UInt16
  /// How many instructions are skipped if a test is true.
  package var ifTrue: UInt8
  /// How many instructions are skipped if it is false.
  package var ifFalse: UInt8
  package var value: UInt32

  package init(code: UInt16, ifTrue: UInt8 = 0, ifFalse: UInt8 = 0, value: UInt32) {
    self.code = code
    self.ifTrue = ifTrue
    self.ifFalse = ifFalse
    self.value = value
  }

  /// Loads a word of `struct seccomp_data`: the call's number at 0, the architecture at 4.
  static func load(_ offset: UInt32) -> Self { Self(code: 0x20, value: offset) }
  /// Skips instructions.
  static func skip(_ count: Int) -> Self { Self(code: 0x05, value: UInt32(count)) }
  static func ifEqual(_ value: UInt32, _ ifTrue: UInt8, else ifFalse: UInt8) -> Self {
    Self(code: 0x15, ifTrue: ifTrue, ifFalse: ifFalse, value: value)
  }
  static func ifGreater(_ value: UInt32, _ ifTrue: UInt8, else ifFalse: UInt8) -> Self {
    Self(code: 0x25, ifTrue: ifTrue, ifFalse: ifFalse, value: value)
  }
  static func ifAnyBit(_ value: UInt32, _ ifTrue: UInt8, else ifFalse: UInt8) -> Self {
    Self(code: 0x45, ifTrue: ifTrue, ifFalse: ifFalse, value: value)
  }
  static func answer(_ action: SeccompAction) -> Self { Self(code: 0x06, value: action.rawValue) }

  /// The record as the kernel reads it, in the machine's byte order.
  var bytes: [UInt8] {
    let value = Self.isLittleEndian ? value : value.byteSwapped
    let code = Self.isLittleEndian ? code : code.byteSwapped
    return [UInt8(truncatingIfNeeded: code), UInt8(truncatingIfNeeded: code >> 8), ifTrue, ifFalse]
      + (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }

  private static var isLittleEndian: Bool { UInt16(1).littleEndian == 1 }
}
