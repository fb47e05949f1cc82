import Instruments
import LinuxSyscalls
import SystemPackage

/// The mounts of namespaces that other users own.
///
/// Any user can make a user namespace, mount namespaces in it, and in each of them 100,000 mounts (proc_sys_fs(5) "mount-max"), stacked
/// so that the kernel takes seconds to tell of them.
extension MachineReader {
  /// What is read of each of some namespaces: first of those that this process's user namespace owns, then of the others, which
  /// share a budget, those with few mounts first. What it does not last for fails with `EFBIG`.
  static func read<Answer: Sendable>(
    _ namespaces: [NamespaceState],
    _ body: @Sendable (Int, ReadingBudget?) throws(Errno) -> Answer
  ) -> [Result<Answer, Errno>] {
    let own = ownUserNamespace
    let others = namespaces.indices.filter { isOthers(namespaces[$0], own) }
    if others.isEmpty { return read(Array(namespaces.indices), nil, body) }
    let ours = namespaces.indices.filter { !isOthers(namespaces[$0], own) }
    let sorted = others.sorted { (namespaces[$0].mountCount ?? .max) < (namespaces[$1].mountCount ?? .max) }
    var answers = [Result<Answer, Errno>](repeating: .failure(.fileTooLarge), count: namespaces.count)
    for (position, answer) in zip(ours, read(ours, nil, body)) { answers[position] = answer }
    for (position, answer) in zip(sorted, read(sorted, ReadingBudget(), body)) { answers[position] = answer }
    return answers
  }

  private static func read<Answer: Sendable>(
    _ positions: [Int],
    _ budget: ReadingBudget?,
    _ body: @Sendable (Int, ReadingBudget?) throws(Errno) -> Answer
  ) -> [Result<Answer, Errno>] {
    Threads.map(positions) { position in
      Result { () throws(Errno) in
        try budget?.take(0)
        return try body(position, budget)
      }
    }
  }

  /// The number of this process's user namespace's file; nil where it cannot be told.
  static var ownUserNamespace: UInt64? { try? Syscall.status(path: "/proc/self/ns/user").inode }

  /// Whether another user namespace than this process's owns a namespace: the kernel tells the owner where that is below its own.
  static func isOthers(_ namespace: NamespaceState, _ own: UInt64?) -> Bool {
    guard let own, let owner = namespace.owner else { return false }
    return owner != own
  }

  /// What is said of namespaces that a budget did not last for; nil where there is none.
  static func leftOut(_ count: Int) -> String? {
    if count == 0 { return nil }
    let most = ReadingBudget.mostMounts
    return """
      the mounts of \(count) namespace\(count == 1 ? "" : "s") were left out: of other users' namespaces no more than \(most) mounts \
      are read in all, and not for long; `berth mounts PID` reads those of one
      """
  }
}

extension Result where Failure == Errno {
  var success: Success? { try? get() }

  /// Whether a budget did not last for it.
  var isLeftOut: Bool { if case .failure(.fileTooLarge) = self { true } else { false } }
}
