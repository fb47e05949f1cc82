import CLinux
import Foundation
import LinuxABI
import LinuxSyscalls
import SystemPackage
import Testing

/// A filter in the kernel, and what the kernel knows of filters.
struct SeccompCallTests {
  @Test func aFilterIsInstalledAndAnswersForTheKernel() async {
    await #expect(processExitsWith: .success) {
      try Syscall.setNoNewPrivileges()
      // BPF_LD number; BPF_JEQ sched_yield, 0, 1; BPF_RET error 77; BPF_RET allow.
      var program: [UInt8] = []
      for (code, true_, false_, value) in [
        (0x20, 0, 0, 0), (0x15, 0, 1, UInt32(SYS_sched_yield)), (0x06, 0, 0, 0x5_0000 + 77), (0x06, 0, 0, 0x7fff_0000),
      ] as [(UInt8, UInt8, UInt8, UInt32)] {
        program += [UInt8(code), 0, true_, false_]
        program += (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
      }
      let listener = try Syscall.setSeccompFilter(program, flags: [.allThreads, .allowSpeculation])
      let hasListener = listener != nil
      #expect(!hasListener)
      #expect(sched_yield() == -1 && errno == 77)
    }
  }

  @Test func theKernelTellsWhatItKnowsOfSeccomp() {
    #expect(Syscall.knowsSeccompFlags([.allThreads, .log, .allowSpeculation]))
    #expect(!Syscall.knowsSeccompFlags(SeccompFlags(rawValue: 1 << 30)))
    for action in SeccompReturn.allCases { #expect(Syscall.isSeccompActionAvailable(action)) }
    #expect(throws: Errno.invalidArgument) { _ = try Syscall.setSeccompFilter([1, 2, 3], flags: []) }
  }
}
