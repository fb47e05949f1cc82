import LinuxABI
import Testing

/// namespaces(7) and <linux/sched.h>: flag, file in /proc/PID/ns, option of unshare(1), name in config-linux.md.
struct NamespaceTests {
  @Test(
    arguments: [
      (.user, 0x1000_0000, "user", "user", "user"),
      (.mount, 0x0002_0000, "mnt", "mount", "mount"),
      (.pid, 0x2000_0000, "pid", "pid", "pid"),
      (.network, 0x4000_0000, "net", "net", "network"),
      (.ipc, 0x0800_0000, "ipc", "ipc", "ipc"),
      (.uts, 0x0400_0000, "uts", "uts", "uts"),
      (.cgroup, 0x0200_0000, "cgroup", "cgroup", "cgroup"),
      (.time, 0x80, "time", "time", "time"),
    ] as [(NamespaceType, UInt64, String, String, String)]
  )
  func names(type: NamespaceType, flag: UInt64, file: String, option: String, specName: String) {
    #expect(type.cloneFlag == flag)
    #expect(type.procName == file)
    #expect(type.unshareOption == option)
    #expect(NamespaceType(rawValue: specName) == type)
  }

  @Test func setsAreOrderedAndCombined() {
    let types: NamespaceSet = [.time, .uts, .mount, .user, .uts]
    #expect(types.inOrder == [.user, .mount, .uts, .time])
    #expect(types.cloneFlags == 0x1402_0080)
    #expect(NamespaceSet(NamespaceType.allCases).cloneFlags == 0x7e02_0080)
    #expect(types.contains(.mount))
    #expect(!types.contains(.pid))
  }

  @Test func setOperations() {
    var types: NamespaceSet = [.mount, .pid]
    #expect(types.union([.pid, .uts]).inOrder == [.mount, .pid, .uts])
    #expect(types.removing(.pid).inOrder == [.mount])
    #expect(types.removing(.user) == types)
    types.insert(.user)
    types.remove(.mount)
    types.remove(.mount)
    #expect(types == [.user, .pid])
    #expect(!types.isEmpty)
    #expect(NamespaceSet([]).isEmpty)
  }
}
