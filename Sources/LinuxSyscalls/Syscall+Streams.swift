import CLinux
package import SystemPackage

extension Syscall {
  /// Reads once, at most `count` bytes; no bytes is the end. The C function is `read`.
  package static func read(_ file: FileDescriptor, count: Int) throws(Errno) -> [UInt8] {
    // Only what the kernel fills is touched: a page that stays as it is costs nothing.
    var bytes: [UInt8] = []
    try retrying {
      var answer = 0
      bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        answer = unsafe buffer.baseAddress.map { unsafe linux_read(file.rawValue, $0, UInt(count)) } ?? 0
        filled = max(0, answer)
      }
      return answer
    }
    return bytes
  }

  /// The last bytes of a file, at most `count`.
  package static func tail(of file: FileDescriptor, count: Int) throws(Errno) -> [UInt8] {
    let size = Int(clamping: try status(of: file).size)
    return try read(file, count: count, at: max(0, size - count))
  }

  /// Reads to the end. The C function is `read`.
  package static func readAll(_ file: FileDescriptor) throws(Errno) -> [UInt8] {
    // Most files are short, and each page of a buffer costs a fault when it is first touched.
    var all = try read(file, count: 4096)
    if all.isEmpty { return all }
    while true {
      let part = try read(file, count: all.count < 4096 ? 256 : 65536)
      if part.isEmpty { return all }
      if all.isEmpty { all = part } else { all += part }
    }
  }

  /// Reads numbers of this machine's byte order to the end; what is missing of the last one is 0. The C function is `read`.
  package static func readNumbers<Number: FixedWidthInteger & BitwiseCopyable>(
    _ file: FileDescriptor,
    of type: Number.Type
  ) throws(Errno) -> [Number] {
    let size = MemoryLayout<Number>.size
    // The kernel's own buffer for a BPF iterator has eight pages.
    var numbers = [Number](repeating: 0, count: 32768 / size)
    var done = 0
    while true {
      if done + 32768 > numbers.count * size { numbers += [Number](repeating: 0, count: numbers.count) }
      let answer = try retrying {
        unsafe numbers.withUnsafeMutableBytes { bytes -> Int in
          guard let base = bytes.baseAddress else { return 0 }
          return unsafe linux_read(file.rawValue, base + done, UInt(bytes.count - done))
        }
      }
      if answer == 0 { return Array(numbers.prefix((done + size - 1) / size)) }
      done += answer
    }
  }

  /// Reads numbers of this machine's byte order to the end, and gives them out in parts of whole records, of some numbers each;
  /// `EIO` where the end is within a record. The C function is `read`.
  package static func readNumbers<Number: FixedWidthInteger & BitwiseCopyable>(
    _ file: FileDescriptor,
    recordsOf numberCount: Int,
    _ body: ([Number]) -> Void
  ) throws(Errno) {
    let size = MemoryLayout<Number>.size
    var numbers = [Number](repeating: 0, count: 32768 / size + numberCount)
    var done = 0
    while true {
      let answer = try retrying {
        unsafe numbers.withUnsafeMutableBytes { bytes -> Int in
          guard let base = bytes.baseAddress else { return 0 }
          return unsafe linux_read(file.rawValue, base + done, UInt(bytes.count - done))
        }
      }
      done += answer
      let whole = done / (size * numberCount) * numberCount
      if whole > 0 { body(Array(numbers[..<whole])) }
      done -= whole * size
      if answer == 0 {
        guard done == 0 else { throw .ioError }
        return
      }
      // The beginning of a record, up to the number that is not there whole.
      for number in 0..<(done + size - 1) / size { numbers[number] = numbers[whole + number] }
    }
  }

  /// The whole of a file as bytes.
  package static func contents(of path: String) throws(Errno) -> [UInt8] {
    let file = try open(path, [])
    return try readAll(file.borrowed)
  }

  /// Writes all bytes. The C function is `write`.
  package static func write(_ bytes: [UInt8], to file: FileDescriptor) throws(Errno) {
    var done = 0
    while done < bytes.count {
      let rest = bytes[done...]
      done += try retrying {
        unsafe rest.withUnsafeBytes { bytes -> Int in
          guard let base = bytes.baseAddress else { return 0 }
          return unsafe linux_write(file.rawValue, base, UInt(bytes.count))
        }
      }
    }
  }

  /// Copies the rest of a file into another, inside the kernel. The C function is `sendfile`.
  package static func copy(from source: FileDescriptor, to target: FileDescriptor) throws(Errno) {
    while try retrying({ linux_sendfile(target.rawValue, source.rawValue, 1 << 30) }) > 0 {}
  }

  /// Reads a few bytes at an offset. The C function is `pread`.
  package static func read(_ file: FileDescriptor, count: Int, at offset: Int) throws(Errno) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: count)
    let answer = try retrying {
      unsafe buffer.withUnsafeMutableBytes { bytes -> Int in
        guard let base = bytes.baseAddress else { return 0 }
        return unsafe linux_pread64(file.rawValue, base, UInt(bytes.count), offset)
      }
    }
    return Array(buffer.prefix(answer))
  }

  /// Two connected sockets that keep messages apart. The C function is `socketpair`, with `SOCK_SEQPACKET`.
  package static func messagePair() throws(Errno) -> (CInt, CInt) {
    var pair: [CInt] = [-1, -1]
    let answer = unsafe pair.withUnsafeMutableBufferPointer { pointer -> Int in
      guard let base = pointer.baseAddress else { return -22 }
      return unsafe linux_socketpair(AF_UNIX, 5 | CInt(0o2000000), 0, base)  // SOCK_SEQPACKET | SOCK_CLOEXEC
    }
    try check(answer)
    return (pair[0], pair[1])
  }

  /// A pipe: its reading and its writing end. The C function is `pipe2`.
  package static func pipe() throws(Errno) -> (CInt, CInt) {
    var pair: [CInt] = [-1, -1]
    let answer = unsafe pair.withUnsafeMutableBufferPointer { pointer -> Int in
      guard let base = pointer.baseAddress else { return -22 }
      return unsafe linux_pipe2(base, CInt(0o2000000))
    }
    try check(answer)
    return (pair[0], pair[1])
  }

  /// Makes `number` a copy of a descriptor that survives execve(2). The C function is `dup3`.
  package static func duplicate(_ file: FileDescriptor, as number: CInt) throws(Errno) {
    try check(linux_dup3(file.rawValue, number, 0))
  }

  /// A copy of a descriptor with a number from `least` up. The C function is `fcntl`, `F_DUPFD_CLOEXEC`.
  package static func duplicate(_ file: FileDescriptor, from least: UInt) throws(Errno) -> Descriptor {
    try checkDescriptor(linux_fcntl(file.rawValue, 1030, least))
  }

  /// Waits until one of two descriptors can be read or is hung up; returns which can. The C function is `poll`.
  package static func waitReadable(
    _ first: FileDescriptor,
    _ second: FileDescriptor
  ) throws(Errno) -> (first: Bool, second: Bool) {
    var records = [
      pollfd(fd: first.rawValue, events: Int16(POLLIN), revents: 0),
      pollfd(fd: second.rawValue, events: Int16(POLLIN), revents: 0),
    ]
    try retrying {
      unsafe records.withUnsafeMutableBufferPointer { pointer -> Int in
        guard let base = pointer.baseAddress else { return 0 }
        return unsafe linux_poll(base, UInt(pointer.count), -1)
      }
    }
    return (records[0].revents != 0, records[1].revents != 0)
  }

  /// Waits until one of some descriptors can be read or is hung up, or the time is over (-1: without end); returns which
  /// can. The C function is `poll`.
  package static func waitReadable(
    _ files: [FileDescriptor?],
    milliseconds: CInt
  ) throws(Errno) -> [Bool] {
    // A negative number is passed over, poll(2).
    var records = files.map { pollfd(fd: $0?.rawValue ?? -1, events: Int16(POLLIN), revents: 0) }
    try retrying {
      unsafe records.withUnsafeMutableBufferPointer { pointer -> Int in
        guard let base = pointer.baseAddress else { return 0 }
        return unsafe linux_poll(base, UInt(pointer.count), milliseconds)
      }
    }
    return records.map { $0.revents != 0 }
  }

  /// Whether a descriptor can be read, or its other end is closed, right now or within a time. The C function is `poll`.
  package static func isReadable(_ file: FileDescriptor, within milliseconds: CInt = 0) -> Bool {
    var record = pollfd(fd: file.rawValue, events: Int16(POLLIN), revents: 0)
    return unsafe linux_poll(&record, 1, milliseconds) > 0
  }

  /// Whether a descriptor is closed by execve(2); one that is not open throws. The C function is `fcntl`, `F_GETFD`.
  package static func closesOnExecution(_ file: FileDescriptor) throws(Errno) -> Bool {
    try check(linux_fcntl(file.rawValue, 1, 0)) & 1 != 0  // FD_CLOEXEC
  }

  /// Marks all descriptors from a number up to be closed by execve(2). The C function is `close_range`.
  package static func closeOnExecution(from first: UInt32) throws(Errno) {
    try check(linux_close_range(first, .max, 4))  // CLOSE_RANGE_CLOEXEC
  }

  /// Closes all descriptors of a range. The C function is `close_range`.
  package static func closeRange(from first: UInt32, to last: UInt32) throws(Errno) {
    try check(linux_close_range(first, last, 0))
  }

  /// Closes a descriptor that nothing owns. The C function is `close`.
  package static func close(_ file: FileDescriptor) throws(Errno) { try check(linux_close(file.rawValue)) }

  /// Closes all descriptors from a number up, but for one. The C function is `close_range`.
  package static func closeRange(from first: UInt32, except kept: FileDescriptor) throws(Errno) {
    let number = UInt32(kept.rawValue)
    if number > first { try check(linux_close_range(first, number - 1, 0)) }
    try check(linux_close_range(number + 1, .max, 0))
  }
}
