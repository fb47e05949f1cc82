package import LinuxABI

extension DevicePolicy {
  /// The policy as an eBPF program of type `BPF_PROG_TYPE_CGROUP_DEVICE`, which version 2 asks at each use of a device.
  ///
  /// Its argument is <linux/bpf.h>'s `struct bpf_cgroup_dev_ctx`: the type in the low half of the first word and the
  /// access in the high half, then major and minor. It answers 1 to allow and 0 to deny.
  package var program: [BPFInstruction] {
    var program: [BPFInstruction] = [
      .loadWord(2, from: 1, offset: 0),
      .move(3, from: 2),
      .and(2, 0xffff),
      .shiftRight(3, 16),
      .loadWord(4, from: 1, offset: 4),
      .loadWord(5, from: 1, offset: 8),
    ]
    for exception in exceptions { program += Self.block(exception, allow: !allowsByDefault) }
    return program + [.move(0, allowsByDefault ? 1 : 0), .exit]
  }

  /// Answers for the devices of an exception, and falls through for others.
  private static func block(_ exception: Exception, allow: Bool) -> [BPFInstruction] {
    let match = exception.match
    // Each test leaves the block, so that its offset is the number of instructions behind it.
    var tests: [(Int16) -> [BPFInstruction]] = []
    tests.append { [.jump(ifNot: 2, match.isBlock ? 1 : 2, offset: $0)] }  // BPF_DEVCG_DEV_BLOCK, BPF_DEVCG_DEV_CHAR
    if exception.access != .all {
      if allow {
        // All that is wanted must be allowed.
        let others = DeviceAccess.all.subtracting(exception.access).rawValue
        tests.append { [.move(1, from: 3), .and(1, others), .jump(ifNot: 1, 0, offset: $0)] }
      } else {
        // Any that is wanted may be denied.
        tests.append { [.move(1, from: 3), .and(1, exception.access.rawValue), .jump(if: 1, 0, offset: $0)] }
      }
    }
    if let major = match.major { tests.append { [.jump(ifNot: 4, major, offset: $0)] } }
    if let minor = match.minor { tests.append { [.jump(ifNot: 5, minor, offset: $0)] } }
    var block: [BPFInstruction] = [.move(0, allow ? 1 : 0), .exit]
    for test in tests.reversed() { block = test(Int16(block.count)) + block }
    return block
  }
}
