import LinuxABI
import LinuxSyscalls
import SystemPackage

/// A process that is known by its id and its start, so that another with the same id is never taken for it.
struct ContainerProcess: ~Copyable {
  let id: Int32
  let descriptor: Descriptor
  /// Whether it has executed a program.
  let hasExecuted: Bool

  /// Opens a process; nil if it has ended, or ended and waits only to be reaped.
  init?(id: Int32, startTime: UInt64) {
    guard id > 0, let descriptor = try? Syscall.openProcess(id),
      let text = try? Syscall.contents(of: "/proc/\(id)/stat"), processStart(ofStat: text) == startTime
    else { return nil }
    self.id = id
    self.descriptor = descriptor
    hasExecuted = LinuxABI.hasExecuted(ofStat: text) ?? true
  }

  /// Whether a process has executed a program since it was born; nil for one that is gone without a trace.
  static func hasExecuted(_ id: Int32) -> Bool? {
    (try? Syscall.contents(of: "/proc/\(id)/stat")).flatMap { LinuxABI.hasExecuted(ofStat: $0) }
  }

  /// Waits until a process that is about to end has ended and been reaped, for two seconds at most: that is for its parent to do.
  static func awaitEnd(of id: Int32) {
    guard let process = try? Syscall.openProcess(id), Syscall.isReadable(process.borrowed, within: 1000) else { return }
    for _ in 0..<100 where (try? Syscall.send(0, to: process.borrowed)) != nil { Syscall.sleep(microseconds: 10_000) }
  }

  /// When a process started, in clock ticks since boot; nil for one that has ended, proc_pid_stat(5).
  static func startTime(of id: Int32) -> UInt64? {
    guard let text = try? Syscall.contents(of: "/proc/\(id)/stat") else { return nil }
    return processStart(ofStat: text)
  }
}

extension ContainerProcess? {
  /// The process's descriptor for the length of a call, if there is one.
  var descriptor: FileDescriptor? {
    switch self {
    case .some(let process): process.descriptor.borrowed
    case .none: nil
    }
  }
}
