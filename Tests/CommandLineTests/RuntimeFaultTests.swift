import Foundation
import TestSupport
import Testing

/// Each command that changes something, interrupted and made to fail at its system calls, one after the other.
///
/// Here at some of them: at those that a fixed choice takes, and at others that are new in each run. `make faults` takes all.
@Suite(.requiresRoot, .requires("busybox", "python3", "unshare")) struct RuntimeFaultTests {
  @Test(
    arguments: [
      "create", "start", "run", "exec", "delete", "kill", "pause", "resume", "update", "ns-enter", "ns-enter-with",
      "holders", "holders-used", "mounts-remove", "mounts-set", "mounts-renew",
    ]
  )
  func anInterruptionLeavesNothing(command: String) throws {
    let script = "\(Program.checkout)/Tests/Faults/interrupt.py"
    let output = try Program.run("/usr/bin/python3", [script, "--sample", "60", Program.berth, command])
    print(output.out, terminator: "")
    #expect(output.status == 0, "\(output.out)\(output.err)")
  }
}
