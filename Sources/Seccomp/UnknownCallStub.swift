import LinuxABI

/// What goes before a filter so that calls newer than its profile fail with ENOSYS.
///
/// A C library tries a new call and falls back to an older one when the answer is ENOSYS. A profile that was written
/// before the call existed would answer with its default, EPERM say, which means that the call is there and forbidden: the
/// library gives up. (glibc's clone3 and faccessat2 failed so.) So a call whose number is above the highest that the
/// profile names, for its architecture, is answered with ENOSYS. runc does the same.
///
/// A default that lets calls pass, or tells a tracer, has nothing to be mended, and one that is ENOSYS already is right.
package struct UnknownCallStub: Sendable {
  /// The highest number of a call that the profile names, for an architecture.
  package struct Bound: Hashable, Sendable {
    package var architecture: SeccompArchitecture
    package var number: UInt32

    package init(architecture: SeccompArchitecture, number: UInt32) {
      self.architecture = architecture
      self.number = number
    }
  }

  /// Whether a filter with this default needs the stub.
  package static func isNeeded(defaultAction: SeccompAction) -> Bool {
    switch defaultAction.kind {
    case .allow, .log, .trace: false
    case .error: defaultAction != unknown
    case .killThread, .killProcess, .trap, .notify: true
    }
  }

  private static var unknown: SeccompAction { SeccompAction(.error, data: 38) }  // ENOSYS
  /// The bit in the number of a call by x32, where x86_64 has none.
  private static var x32Bit: UInt32 { 0x4000_0000 }

  package var instructions: [FilterInstruction]

  package init(_ bounds: [Bound]) {
    var sections: [(audit: UInt32, body: [FilterInstruction])] = []
    for bound in bounds where !sections.contains(where: { $0.audit == bound.architecture.auditNumber }) {
      let audit = bound.architecture.auditNumber
      let group = bounds.filter { $0.architecture.auditNumber == audit }
      let body = audit == SeccompArchitecture.x86_64.auditNumber ? Self.x86Body(group) : Self.body(bound)
      sections.append((audit, body))
    }
    instructions = sections.isEmpty ? [] : [.load(4)]
    let count = sections.reduce(1) { $0 + $1.body.count + 2 }
    for (audit, body) in sections {
      instructions.append(.ifEqual(audit, 0, else: UInt8(body.count + 1)))
      instructions.append(.load(0))
      for instruction in body {
        // A skip in a body leads to the filter, wherever it stands.
        instructions.append(instruction == Self.toFilter ? .skip(count - instructions.count - 1) : instruction)
      }
    }
  }

  private static var toFilter: FilterInstruction { .skip(0) }

  private static func test(_ number: UInt32) -> [FilterInstruction] {
    [.ifGreater(number, 0, else: 1), .answer(unknown), toFilter]
  }

  private static func body(_ bound: Bound) -> [FilterInstruction] {
    switch bound.architecture {
    case .s390, .s390x:
      // Numbers that the kernel does not know arrive as 0 there, that of setup(2), which nobody calls any more.
      [.ifEqual(0, 0, else: 1), .answer(unknown)] + test(bound.number)
    default: test(bound.number)
    }
  }

  private static func x86Body(_ group: [Bound]) -> [FilterInstruction] {
    let plain = group.first { $0.architecture != .x32 }.map { test($0.number) } ?? [toFilter]
    let x32 = group.first { $0.architecture == .x32 }.map { test($0.number) } ?? [toFilter]
    return [.ifAnyBit(x32Bit, UInt8(plain.count), else: 0)] + plain + x32
  }
}

extension [FilterInstruction] {
  /// The instructions as the kernel reads them.
  package var bytes: [UInt8] { flatMap(\.bytes) }
}
