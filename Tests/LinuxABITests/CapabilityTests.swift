import LinuxABI
import Testing

struct CapabilityTests {
  /// The numbers of <linux/capability.h>, from each of its eras.
  @Test(
    arguments: [
      ("CAP_CHOWN", 0), ("CAP_KILL", 5), ("CAP_SETUID", 7), ("CAP_LINUX_IMMUTABLE", 9), ("CAP_NET_ADMIN", 12),
      ("CAP_SYS_MODULE", 16), ("CAP_SYS_PTRACE", 19), ("CAP_SYS_ADMIN", 21), ("CAP_SYS_RESOURCE", 24),
      ("CAP_MKNOD", 27),
      ("CAP_SETFCAP", 31), ("CAP_MAC_OVERRIDE", 32), ("CAP_SYSLOG", 34), ("CAP_BLOCK_SUSPEND", 36),
      ("CAP_AUDIT_READ", 37),
      ("CAP_PERFMON", 38), ("CAP_BPF", 39), ("CAP_CHECKPOINT_RESTORE", 40),
    ]
  )
  func number(name: String, number: Int) throws {
    let set = try #require(CapabilitySet(name: name))
    #expect(set.numbers == [number])
    #expect(set.names == [name])
  }

  @Test(arguments: ["cap_chown", "CHOWN", "CAP_", "", "CAP_NETADMIN", "CAP_41"])
  func unknown(name: String) {
    #expect(CapabilitySet(name: name) == nil)
  }

  @Test func allAreFortyOne() {
    #expect(CapabilitySet.all.rawValue == 0x1ff_ffff_ffff)
    #expect(Set(CapabilitySet.names).count == 41)
  }

  @Test func constantsAreThoseOfTheirNames() {
    #expect(CapabilitySet.systemAdministration == CapabilitySet(name: "CAP_SYS_ADMIN"))
    #expect(CapabilitySet.setUserID == CapabilitySet(name: "CAP_SETUID"))
  }

  /// A kernel newer than the list has more bits: they are kept, and have numbers but no names.
  @Test func unknownBitsHaveNumbersAlone() {
    let set = CapabilitySet(rawValue: 1 << 63 | 1 << 5 | 1)
    #expect(set.numbers == [0, 5, 63])
    #expect(set.names == ["CAP_CHOWN", "CAP_KILL"])
  }
}
