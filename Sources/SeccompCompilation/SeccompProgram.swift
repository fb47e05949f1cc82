package import JSON
import CSeccomp
import LinuxABI
package import Seccomp

/// A program that decides about system calls: an array of `struct sock_filter`, ready for the kernel.
package struct SeccompProgram: Hashable, Sendable {
  package var bytes: [UInt8]

  package init(bytes: [UInt8]) { self.bytes = bytes }

  /// Makes the program of a plan, with libseccomp. Throws everything that libseccomp or the kernel cannot do of it.
  ///
  /// Calls that this libseccomp does not know by name are left out: a profile names those of all kernels and machines.
  package init(compiling plan: SeccompPlan) throws(SeccompFailure) {
    let compilation = try SeccompFilter.make(plan)
    let filter = try compilation.program()
    let stub = UnknownCallStub.isNeeded(defaultAction: plan.defaultAction) ? Self.stub(plan) : []
    bytes = stub + filter
    // BPF_MAXINSNS
    if bytes.count / 8 > 4096 {
      throw SeccompFailure([
        JSONProblem("linux.seccomp", "the program has \(bytes.count / 8) instructions, and the kernel takes 4096")
      ])
    }
  }

  private static func stub(_ plan: SeccompPlan) -> [UInt8] {
    let native = SeccompArchitecture(token: cseccomp_arch_native()).map { [$0] } ?? []
    var bounds: [UnknownCallStub.Bound] = []
    for architecture in native + plan.architectures where !bounds.contains(where: { $0.architecture == architecture }) {
      var highest: Int32 = 0
      for rule in plan.rules {
        for name in rule.names {
          highest = max(highest, resolve(name, architecture.token))
        }
      }
      if highest > 0 { bounds.append(UnknownCallStub.Bound(architecture: architecture, number: UInt32(highest))) }
    }
    return UnknownCallStub(bounds).instructions.bytes
  }

  /// The number of a call; negative for one that the architecture does not have, and -1 for one that nobody knows.
  package static func resolve(_ name: String, _ architecture: UInt32) -> Int32 {
    var words: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)
    var index = 0
    for byte in name.utf8 {
      // No call's name is so long, and a zero would end it early.
      if index == 63 || byte == 0 { return -1 }
      let part = (UInt64(byte) << UInt64(index % 8 * 8)).littleEndian
      switch index / 8 {
      case 0: words.0 |= part
      case 1: words.1 |= part
      case 2: words.2 |= part
      case 3: words.3 |= part
      case 4: words.4 |= part
      case 5: words.5 |= part
      case 6: words.6 |= part
      default: words.7 |= part
      }
      index += 1
    }
    return cseccomp_resolve(architecture, cseccomp_name(bytes: words))
  }
}

/// What keeps a plan from becoming a program, with its places.
package struct SeccompFailure: Error, Hashable, Sendable {
  package var problems: [JSONProblem]

  package init(_ problems: [JSONProblem]) { self.problems = problems }
}
