/// When a process started, in clock ticks since boot, from the text of /proc/PID/stat; nil for one that has ended and waits
/// to be reaped, and for what is no such text. With its id, it names a process for good, proc_pid_stat(5).
///
/// A process whose first thread has ended goes on as long as there are others, pthread_exit(3): only that thread is a zombie.
package func processStart(ofStat text: [UInt8]) -> UInt64? {
  // Behind the name, which may have anything in it: the state is field 3, the number of threads field 20, the start field 22.
  guard let name = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
  let fields = text[(name + 1)...].split(separator: UInt8(ascii: " "))
  guard fields.count > 19, let state = fields[0].first, state != UInt8(ascii: "X") else { return nil }
  if state == UInt8(ascii: "Z"), fields[17].elementsEqual([UInt8(ascii: "1")]) { return nil }
  return UInt64(String(decoding: fields[19], as: UTF8.self))
}

/// Whether a process has executed a program since it was born, from the text of /proc/PID/stat; nil for what is no such
/// text. One that has ended and waits to be reaped tells it still.
package func hasExecuted(ofStat text: [UInt8]) -> Bool? {
  guard let name = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
  // Field 9 are the flags of include/linux/sched.h.
  let fields = text[(name + 1)...].split(separator: UInt8(ascii: " "), maxSplits: 7)
  guard fields.count > 6, let flags = UInt64(String(decoding: fields[6], as: UTF8.self)) else { return nil }
  return flags & 0x40 == 0  // PF_FORKNOEXEC
}
