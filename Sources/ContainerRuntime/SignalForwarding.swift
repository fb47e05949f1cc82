package import LinuxABI
package import LinuxSyscalls
package import SystemPackage

/// Passes the signals that berth receives on to the container's process.
package struct SignalForwarding: ~Copyable {
  /// Where the blocked signals are read from.
  let descriptor: Descriptor
  /// What was blocked before: the container's process gets that back.
  package let blockedBefore: SignalSet

  /// Blocks all signals but those of this program's own faults, and collects them.
  package init() throws(Errno) {
    let faults = SignalSet([4, 5, 7, 8, 11, 31])  // ILL, TRAP, BUS, FPE, SEGV, SYS
    let collected = SignalSet.all.subtracting(faults)
    let before = try Syscall.setBlockedSignals(collected)
    let opened = try Syscall.signalDescriptor(collected)
    blockedBefore = before
    descriptor = opened
  }

  /// Forwards until the process ends; returns how it would have ended if it were not an init.
  ///
  /// - Parameter isInSession: whether what a terminal sends reaches the process by itself: it is in the same process group.
  package func forwardUntilEnd(
    of process: FileDescriptor,
    id: Int32,
    isInit: Bool,
    isInSession: Bool = true
  ) throws(Errno) -> ProcessEnd {
    var fatal: Int32?
    while true {
      let signal = try Syscall.readSignal(descriptor.borrowed)
      if signal.number == Signal.child {
        guard let end = try Syscall.endIfEnded(process) else { continue }
        if let fatal, end == .killed(signal: Signal.kill) { return .killed(signal: fatal) }
        return end
      }
      let handling = isInit ? SignalHandling(processID: id, signal: signal.number) : .byKernel
      if !isInSession {
        sendIfThere(signal.number, to: process)
        continue
      }
      try forward(signal, to: process, handling)
      if handling == .dropped, DefaultAction(of: signal.number) == .terminate { fatal = signal.number }
    }
  }

  /// Passes one signal on, and does what the kernel would do if the process were not an init.
  private func forward(
    _ signal: ReceivedSignal,
    to process: FileDescriptor,
    _ handling: SignalHandling
  ) throws(Errno) {
    let stops = DefaultAction(of: signal.number) == .stop
    if handling == .dropped {
      switch DefaultAction(of: signal.number) {
      case .terminate: sendIfThere(Signal.kill, to: process)
      case .stop: sendIfThere(Signal.stop, to: process)
      case .nothing: break
      }
    } else if !signal.isFromKernel {
      // What a terminal sends has reached the process already: it is in the same process group.
      sendIfThere(signal.number, to: process)
    }
    if stops, handling != .handled {
      try Syscall.kill(Syscall.processID, Signal.stop)
      // Awake again, by whoever continued the job.
      sendIfThere(Signal.continue, to: process)
    }
  }

  private func sendIfThere(_ signal: Int32, to process: FileDescriptor) {
    try? Syscall.send(signal, to: process)  // It may have ended just now: its status comes next.
  }
}

/// What a process does with a signal, from the masks in /proc/PID/status.
private enum SignalHandling {
  /// It catches, ignores or blocks the signal.
  case handled
  /// It takes the default action, which the kernel carries out.
  case byKernel
  /// It would take the default action, but it is an init: the kernel drops the signal, pid_namespaces(7).
  case dropped

  init(processID: Int32, signal: Int32) {
    // A process that is gone needs no help: its end is reported next.
    guard let status = try? Syscall.contents(of: "/proc/\(processID)/status") else {
      self = .byKernel
      return
    }
    let masks = String(decoding: status, as: UTF8.self).split(separator: "\n").filter { line in
      line.hasPrefix("SigBlk:") || line.hasPrefix("SigIgn:") || line.hasPrefix("SigCgt:")
    }
    let isHandled = masks.contains { line in
      let digits = line.drop { $0 != ":" }.dropFirst().drop { $0 == "\t" || $0 == " " }
      return SignalSet(rawValue: UInt64(digits, radix: 16) ?? 0).contains(signal)
    }
    self = isHandled ? .handled : .dropped
  }
}
