import CLinux
package import LinuxABI
package import SystemPackage

/// Which of the two processes after clone3(2) this one is.
package enum CloneResult: ~Copyable {
  case parent(childID: Int32, process: Descriptor)
  case child
}

/// How a process ended.
package enum ProcessEnd: Hashable, Sendable {
  case exited(status: Int32)
  case killed(signal: Int32)

  /// The status that a shell reports for it: 128 + n for a signal.
  package var shellStatus: Int32 {
    switch self {
    case .exited(let status): status
    case .killed(let signal): 128 + signal
    }
  }
}

extension Syscall {
  /// A new process with a copy of this one's memory, and new namespaces of the given types. The C function is `clone3`.
  ///
  /// The caller must have one thread: the child goes on in Swift, and nobody else may hold a lock (see `threadCount`).
  /// With a cgroup of version 2, the process is born in it, which costs less than to move it there.
  ///
  /// - Parameters:
  ///   - sharesDescriptors: whether what one of the two opens or closes is the other's too, until it executes.
  ///   - isSibling: whether it is a child of this process's parent.
  package static func clone(
    namespaces: NamespaceSet,
    into cgroup: FileDescriptor? = nil,
    sharesDescriptors: Bool = false,
    asSibling isSibling: Bool = false
  ) throws(Errno) -> CloneResult {
    var process: CInt = -1
    var arguments = clone_args()
    arguments.flags = namespaces.cloneFlags | UInt64(CLONE_PIDFD)
    // A sibling has that of this process, and none may be given.
    if isSibling { arguments.flags |= UInt64(CLONE_PARENT) } else { arguments.exit_signal = UInt64(Signal.child) }
    if sharesDescriptors { arguments.flags |= UInt64(CLONE_FILES) }
    if let cgroup {
      arguments.flags |= UInt64(CLONE_INTO_CGROUP)
      arguments.cgroup = UInt64(cgroup.rawValue)
    }
    let answer = unsafe withUnsafeMutablePointer(to: &process) { pointer -> Int in
      arguments.pidfd = UInt64(UInt(bitPattern: pointer))
      return unsafe linux_clone3(&arguments)
    }
    let childID = try check(answer)
    return childID == 0 ? .child : .parent(childID: Int32(childID), process: Descriptor(owning: process))
  }

  /// Moves this process into new namespaces. The C function is `unshare`.
  package static func unshare(_ namespaces: NamespaceSet) throws(Errno) {
    try check(linux_unshare(UInt32(namespaces.cloneFlags)))
  }

  /// Moves this process into the namespace that a descriptor is open on. The C function is `setns`.
  package static func join(_ namespace: FileDescriptor, type: NamespaceType) throws(Errno) {
    try check(linux_setns(namespace.rawValue, UInt32(type.cloneFlag)))
  }

  /// Moves this process into namespaces of the process that a descriptor stands for, all or none. The C function is
  /// `setns`, with a pidfd.
  package static func join(_ process: FileDescriptor, namespaces: NamespaceSet) throws(Errno) {
    try check(linux_setns(process.rawValue, UInt32(namespaces.cloneFlags)))
  }

  /// A descriptor that stands for a process. The C function is `pidfd_open`.
  package static func openProcess(_ id: Int32) throws(Errno) -> Descriptor {
    try checkDescriptor(linux_pidfd_open(id, 0))
  }

  /// Sends a signal to the process that a descriptor stands for. The C function is `pidfd_send_signal`.
  package static func send(_ signal: Int32, to process: FileDescriptor) throws(Errno) {
    try check(linux_pidfd_send_signal(process.rawValue, signal))
  }

  /// Sends a signal to a process by its id. The C function is `kill`.
  package static func kill(_ id: Int32, _ signal: Int32) throws(Errno) {
    try check(linux_kill(id, signal))
  }

  /// The id of this process in its own PID namespace. The C function is `getpid`.
  package static var processID: Int32 { Int32(linux_getpid()) }

  /// Waits for a child's end. The C function is `waitid`, with `P_PIDFD`.
  package static func wait(for process: FileDescriptor) throws(Errno) -> ProcessEnd {
    var info = unsafe siginfo_t()
    try retrying { unsafe linux_waitid(3, UInt32(process.rawValue), &info, WEXITED) }
    return unsafe end(&info)
  }

  /// A child's end, if it has ended. The C function is `waitid`, with `WNOHANG`.
  package static func endIfEnded(_ process: FileDescriptor) throws(Errno) -> ProcessEnd? {
    var info = unsafe siginfo_t()
    try retrying { unsafe linux_waitid(3, UInt32(process.rawValue), &info, WEXITED | WNOHANG) }
    return unsafe linux_siginfo_pid(&info) == 0 ? nil : unsafe end(&info)
  }

  /// Reaps any child that has ended; nil when none has. The C function is `waitid`, with `P_ALL`.
  ///
  /// Throws `ECHILD` when there is no child left.
  package static func reapAny() throws(Errno) -> (id: Int32, end: ProcessEnd)? {
    var info = unsafe siginfo_t()
    try retrying { unsafe linux_waitid(0, 0, &info, WEXITED | WNOHANG) }
    let id = unsafe linux_siginfo_pid(&info)
    return id == 0 ? nil : (id, unsafe end(&info))
  }

  private static func end(_ info: UnsafePointer<siginfo_t>) -> ProcessEnd {
    let status = unsafe linux_siginfo_status(info)
    return unsafe linux_siginfo_code(info) == 1 ? .exited(status: status) : .killed(signal: status)  // CLD_EXITED
  }

  /// Replaces this process's program; returns only to throw. The C function is `execve`.
  package static func execute(_ path: String, arguments: [String], environment: [String]) throws(Errno) -> Never {
    let answer = unsafe withCStrings(arguments) { arguments in
      unsafe withCStrings(environment) { environment in
        unsafe path.withCString { unsafe linux_execve($0, arguments, environment) }
      }
    }
    throw Errno(rawValue: CInt(-answer))
  }

  /// Replaces this process's program by the one that a descriptor is open on; returns only to throw. The C function is
  /// `execveat`, with `AT_EMPTY_PATH`.
  package static func execute(
    _ program: FileDescriptor,
    arguments: [String],
    environment: [String]
  ) throws(Errno) -> Never {
    let answer = unsafe withCStrings(arguments) { arguments in
      unsafe withCStrings(environment) { environment in
        unsafe linux_execveat(program.rawValue, "", arguments, environment, 0x1000)
      }
    }
    throw Errno(rawValue: CInt(-answer))
  }

  /// Replaces this process's program by the one that a descriptor is open on, with the words and the environment that this one was
  /// started with, byte for byte; returns only to throw. The C function is `execveat`, with `AT_EMPTY_PATH`.
  package static func executeAgain(_ program: FileDescriptor) throws(Errno) {
    guard let environment = unsafe linux_environment() else { throw .invalidArgument }
    let answer = unsafe linux_execveat(program.rawValue, "", CommandLine.unsafeArgv, environment, 0x1000)
    throw Errno(rawValue: CInt(-answer))
  }

  /// Runs a body with the strings as a null-terminated array of C strings, in one block of memory.
  private static func withCStrings(
    _ strings: [String],
    _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Int
  ) -> Int {
    var block: [CChar] = []
    var starts: [Int] = []
    for string in strings {
      starts.append(block.count)
      block += string.utf8.map { CChar(bitPattern: $0) }
      block.append(0)
    }
    return unsafe block.withUnsafeMutableBufferPointer { block in
      var pointers: [UnsafeMutablePointer<CChar>?] = unsafe starts.map { start in
        unsafe block.baseAddress.map { unsafe $0 + start }
      }
      unsafe pointers.append(nil)
      return unsafe pointers.withUnsafeBufferPointer { pointers in
        guard let base = pointers.baseAddress else { return -22 }
        return unsafe body(base)
      }
    }
  }

  /// The environment that this process was started with, `NAME=VALUE` each, environ(7).
  package static func environment() -> [String] {
    guard let list = unsafe linux_environment() else { return [] }
    var variables: [String] = []
    while let variable = unsafe list[variables.count] { unsafe variables.append(String(cString: variable)) }
    return variables
  }

  /// The release of the running kernel, `6.1.0-18-amd64`. The C function is `uname`.
  package static func kernelRelease() throws(Errno) -> String {
    var record = [UInt8](repeating: 0, count: 6 * 65)  // struct new_utsname: six fields of 65 bytes, the release third
    let answer = unsafe record.withUnsafeMutableBytes { bytes -> Int in
      guard let base = bytes.baseAddress else { return -22 }
      return unsafe linux_uname(base)
    }
    try check(answer)
    return String(decoding: record[130...].prefix { $0 != 0 }, as: UTF8.self)
  }

  /// The processor time that this process has used, in microseconds. The C function is `clock_gettime`.
  package static var processorMicroseconds: Int {
    var time = [0, 0]
    let answer = unsafe time.withUnsafeMutableBytes { bytes -> Int in
      guard let base = bytes.baseAddress else { return -22 }
      return unsafe linux_clock_gettime(2, base)  // CLOCK_PROCESS_CPUTIME_ID
    }
    return answer < 0 ? 0 : time[0] * 1_000_000 + time[1] / 1000
  }

  /// The nanoseconds of a clock that only goes forward. The C function is `clock_gettime`, `CLOCK_MONOTONIC`.
  package static var monotonicNanoseconds: Int { nanoseconds(of: 1) }

  /// The processor's time that this process has used, all its threads. The C function is `clock_gettime`, `CLOCK_PROCESS_CPUTIME_ID`.
  package static var processorNanoseconds: Int { nanoseconds(of: 2) }

  private static func nanoseconds(of clock: CInt) -> Int {
    var time = [0, 0]
    let answer = unsafe time.withUnsafeMutableBytes { bytes -> Int in
      guard let base = bytes.baseAddress else { return -22 }
      return unsafe linux_clock_gettime(clock, base)
    }
    return answer < 0 ? 0 : time[0] * 1_000_000_000 + time[1]
  }

  /// The time of day. The C function is `clock_gettime`, `CLOCK_REALTIME`.
  package static func now() throws(Errno) -> Timestamp {
    var time = [0, 0]
    let answer = unsafe time.withUnsafeMutableBytes { bytes -> Int in
      guard let base = bytes.baseAddress else { return -22 }
      return unsafe linux_clock_gettime(0, base)
    }
    try check(answer)
    return Timestamp(seconds: time[0], nanoseconds: time[1])
  }

  /// Ends this process at once, without the clean-up of exit(3). The C function is `_exit`.
  ///
  /// A filter of system calls may refuse each way to end. The last one is no call: the kernel ends who executes an
  /// instruction that is none, PID 1 of a namespace too.
  package static func exitNow(_ status: Int32) -> Never {
    _ = linux_exit_group(status)
    _ = linux_exit(status)  // This process has one thread.
    _ = linux_kill(CInt(linux_getpid()), 9)  // SIGKILL
    linux_trap()
  }

  /// Has the kernel send this process a signal when its parent ends. The C function is `prctl`, `PR_SET_PDEATHSIG`.
  package static func setParentDeathSignal(_ signal: Int32) throws(Errno) {
    try check(linux_prctl(PR_SET_PDEATHSIG, UInt(signal), 0, 0, 0))
  }

  /// Lets no other process look into this one, its memory and descriptors. The C function is `prctl`, `PR_SET_DUMPABLE`.
  package static func setDumpable(_ isDumpable: Bool) throws(Errno) {
    try check(linux_prctl(PR_SET_DUMPABLE, isDumpable ? 1 : 0, 0, 0, 0))
  }

  /// Sets a limit of a process; 0 is this one. The C function is `prlimit`.
  package static func setLimit(_ limit: ResourceLimit, of process: Int32 = 0) throws(Errno) {
    let pair = [limit.soft, limit.hard]
    let answer = unsafe pair.withUnsafeBufferPointer {
      unsafe linux_prlimit64(process, limit.resource.number, $0.baseAddress, nil)
    }
    try check(answer)
  }

  /// Sets the mask of permissions that new files don't get, and returns the old one. The C function is `umask`.
  @discardableResult
  package static func setFileCreationMask(_ mask: UInt32) -> UInt32 { UInt32(linux_umask(mask)) }

  /// Names the host of this process's UTS namespace. The C function is `sethostname`.
  package static func setHostName(_ name: String) throws(Errno) {
    try check(unsafe name.withCString { unsafe linux_sethostname($0, UInt(name.utf8.count)) })
  }

  /// Names the NIS domain of this process's UTS namespace. The C function is `setdomainname`.
  package static func setDomainName(_ name: String) throws(Errno) {
    try check(unsafe name.withCString { unsafe linux_setdomainname($0, UInt(name.utf8.count)) })
  }

  /// Moves this process's working directory to a path. The C function is `chdir`.
  package static func changeDirectory(_ path: String) throws(Errno) {
    try check(unsafe path.withCString { unsafe linux_chdir($0) })
  }

  /// Moves this process's working directory to an open directory. The C function is `fchdir`.
  package static func changeDirectory(_ directory: FileDescriptor) throws(Errno) {
    try check(linux_fchdir(directory.rawValue))
  }

  /// The path of the working directory; it begins with `(unreachable)` outside of the root. The C function is `getcwd`.
  package static func workingDirectoryPath() throws(Errno) -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let answer = unsafe buffer.withUnsafeMutableBytes { bytes -> Int in
      guard let base = unsafe bytes.bindMemory(to: CChar.self).baseAddress else { return -22 }
      return unsafe linux_getcwd(base, UInt(bytes.count))
    }
    return String(decoding: buffer.prefix(max(0, try check(answer) - 1)), as: UTF8.self)
  }
}
