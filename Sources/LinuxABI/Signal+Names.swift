extension Signal {
  /// The signals that have names of their own, without their `SIG`, signal(7). Other architectures number some apart.
  package static var names: [(name: String, number: Int32)] {
    [
      ("HUP", 1), ("INT", 2), ("QUIT", 3), ("ILL", 4), ("TRAP", 5), ("ABRT", 6), ("BUS", 7), ("FPE", 8), ("KILL", 9),
      ("USR1", 10), ("SEGV", 11), ("USR2", 12), ("PIPE", 13), ("ALRM", 14), ("TERM", 15), ("STKFLT", 16), ("CHLD", 17),
      ("CONT", 18), ("STOP", 19), ("TSTP", 20), ("TTIN", 21), ("TTOU", 22), ("URG", 23), ("XCPU", 24), ("XFSZ", 25),
      ("VTALRM", 26), ("PROF", 27), ("WINCH", 28), ("IO", 29), ("PWR", 30), ("SYS", 31),
      // Other names of the same.
      ("IOT", 6), ("CLD", 17), ("POLL", 29), ("UNUSED", 31),
    ]
  }

  /// What a signal says about the process that it ends, in the words of strsignal(3); nil where its name says as much.
  package static func meaning(of signal: Int32) -> String? {
    switch signal {
    case 1: "hangup"
    case 2: "interrupt"
    case 3: "quit"
    case 4: "illegal instruction"
    case 5: "trace/breakpoint trap"
    case 6: "aborted"
    case 7: "bus error"
    case 8: "arithmetic exception"
    case 9: "killed"
    case 11: "segmentation fault"
    case 13: "broken pipe"
    case 14: "alarm clock"
    case 15: "terminated"
    case 24: "CPU time limit exceeded"
    case 25: "file size limit exceeded"
    case 31: "bad system call"
    default: nil
    }
  }

  /// The first and the last real-time signal as glibc counts them: it keeps 32 and 33 for itself.
  private static var realTime: ClosedRange<Int32> { 34...64 }

  /// The signal with this name or number: `KILL`, `SIGKILL`, `kill`, `9`, `RTMIN+3`, `RTMAX-1`. 0 only asks whether the
  /// process is there, kill(2).
  package static func number(_ text: String) -> Int32? {
    if text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
      guard let number = Int32(text), number <= realTime.upperBound else { return nil }
      return number
    }
    let upper = text.uppercased()
    let name = upper.hasPrefix("SIG") ? String(upper.dropFirst(3)) : upper
    if let entry = names.first(where: { $0.name == name }) { return entry.number }
    return realTimeNumber(name)
  }

  private static func realTimeNumber(_ name: String) -> Int32? {
    let (base, sign, end): (Int32, Int32, String)
    if name.hasPrefix("RTMIN") {
      (base, sign, end) = (realTime.lowerBound, 1, String(name.dropFirst(5)))
    } else if name.hasPrefix("RTMAX") {
      (base, sign, end) = (realTime.upperBound, -1, String(name.dropFirst(5)))
    } else {
      return nil
    }
    if end.isEmpty { return base }
    guard end.first == (sign > 0 ? "+" : "-"), let offset = Int32(end.dropFirst()), offset >= 0, offset <= 64 else {
      return nil
    }
    let number = base + sign * offset
    return realTime.contains(number) ? number : nil
  }
}
