/// A calling convention for system calls by its name in the specification, config-linux.md "architectures".
package enum SeccompArchitecture: String, CaseIterable, Hashable, Sendable {
  case x86 = "SCMP_ARCH_X86"
  case x86_64 = "SCMP_ARCH_X86_64"
  case x32 = "SCMP_ARCH_X32"
  case arm = "SCMP_ARCH_ARM"
  case aarch64 = "SCMP_ARCH_AARCH64"
  case loongarch64 = "SCMP_ARCH_LOONGARCH64"
  case m68k = "SCMP_ARCH_M68K"
  case mips = "SCMP_ARCH_MIPS"
  case mips64 = "SCMP_ARCH_MIPS64"
  case mips64n32 = "SCMP_ARCH_MIPS64N32"
  case mipsel = "SCMP_ARCH_MIPSEL"
  case mipsel64 = "SCMP_ARCH_MIPSEL64"
  case mipsel64n32 = "SCMP_ARCH_MIPSEL64N32"
  case ppc = "SCMP_ARCH_PPC"
  case ppc64 = "SCMP_ARCH_PPC64"
  case ppc64le = "SCMP_ARCH_PPC64LE"
  case s390 = "SCMP_ARCH_S390"
  case s390x = "SCMP_ARCH_S390X"
  case parisc = "SCMP_ARCH_PARISC"
  case parisc64 = "SCMP_ARCH_PARISC64"
  case riscv64 = "SCMP_ARCH_RISCV64"
  case sh = "SCMP_ARCH_SH"
  case sheb = "SCMP_ARCH_SHEB"

  /// libseccomp's number of it: the machine of elf(5), with a bit for 64 bits, one for little-endian, and one for the
  /// 32-bit convention of a 64-bit machine.
  package var token: UInt32 {
    switch self {
    case .x86: 3 | Self.littleEndian
    case .x86_64: 62 | Self.is64Bit | Self.littleEndian
    case .x32: 62 | Self.littleEndian
    case .arm: 40 | Self.littleEndian
    case .aarch64: 183 | Self.is64Bit | Self.littleEndian
    case .loongarch64: 258 | Self.is64Bit | Self.littleEndian
    case .m68k: 4
    case .mips: 8
    case .mips64: 8 | Self.is64Bit
    case .mips64n32: 8 | Self.is64Bit | Self.isN32
    case .mipsel: 8 | Self.littleEndian
    case .mipsel64: 8 | Self.is64Bit | Self.littleEndian
    case .mipsel64n32: 8 | Self.is64Bit | Self.littleEndian | Self.isN32
    case .ppc: 20
    case .ppc64: 21 | Self.is64Bit
    case .ppc64le: 21 | Self.is64Bit | Self.littleEndian
    case .s390: 22
    case .s390x: 22 | Self.is64Bit
    case .parisc: 15
    case .parisc64: 15 | Self.is64Bit
    case .riscv64: 243 | Self.is64Bit | Self.littleEndian
    case .sh: 42 | Self.littleEndian
    case .sheb: 42
    }
  }

  private static var is64Bit: UInt32 { 0x8000_0000 }
  private static var littleEndian: UInt32 { 0x4000_0000 }
  private static var isN32: UInt32 { 0x2000_0000 }

  /// What a filter reads as the architecture of a call, seccomp(2) `AUDIT_ARCH_*`.
  ///
  /// The kernel does not tell x32 from x86_64 there, but by bit 30 of the call's number.
  package var auditNumber: UInt32 { self == .x32 ? Self.x86_64.token : token }

  package init?(token: UInt32) {
    guard let architecture = Self.allCases.first(where: { $0.token == token }) else { return nil }
    self = architecture
  }
}
