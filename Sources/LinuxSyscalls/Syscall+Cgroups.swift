import CLinux
package import LinuxABI
package import SystemPackage

extension Syscall {
  /// The magic number of the file system that a path is on. The C function is `statfs`.
  package static func fileSystemMagic(at path: String) throws(Errno) -> Int {
    try check(unsafe path.withCString { unsafe linux_statfs_type($0) })
  }

  /// Removes an empty directory. The C function is `unlinkat`, with `AT_REMOVEDIR`.
  package static func removeDirectory(
    at directory: FileDescriptor = .workingDirectory,
    _ path: String
  ) throws(Errno) {
    try check(unsafe path.withCString { unsafe linux_rmdirat(directory.rawValue, $0) })
  }

  /// Waits. The C function is `nanosleep`.
  package static func sleep(microseconds: Int) {
    var time = timespec(tv_sec: microseconds / 1_000_000, tv_nsec: microseconds % 1_000_000 * 1000)
    _ = unsafe linux_nanosleep(&time)
  }

  /// Waits until a cgroup's file of events has changed since it was read, or the time is over; returns whether it has.
  /// The C function is `poll`, with `POLLPRI`.
  package static func waitChanged(_ file: FileDescriptor, milliseconds: Int32) throws(Errno) -> Bool {
    var record = pollfd(fd: file.rawValue, events: Int16(POLLPRI), revents: 0)
    return try retrying { unsafe linux_poll(&record, 1, milliseconds) } > 0
  }

  /// A counter that the kernel adds to when something happens. The C function is `eventfd`.
  package static func eventDescriptor() throws(Errno) -> Descriptor {
    try checkDescriptor(linux_eventfd2(0, CInt(0o2000000)))  // EFD_CLOEXEC
  }

  /// A descriptor to read changes of watched files from. The C function is `inotify_init1`.
  package static func watchDescriptor() throws(Errno) -> Descriptor {
    try checkDescriptor(linux_inotify_init1(CInt(0o2000000)))  // IN_CLOEXEC
  }

  /// Watches a file for being modified; returns the number that its events carry. The C function is `inotify_add_watch`.
  package static func watch(_ descriptor: FileDescriptor, _ path: String) throws(Errno) -> Int32 {
    let answer = unsafe path.withCString { unsafe linux_inotify_add_watch(descriptor.rawValue, $0, 2) }  // IN_MODIFY
    return Int32(try check(answer))
  }
}

/// The eBPF programs that decide about the devices of cgroups of version 2, bpf(2).
extension Syscall {
  private static func bpf(_ command: bpf_cmd, _ attributes: inout bpf_attr) throws(Errno) -> Int {
    // The verifier gives up with EAGAIN when a signal is pending: it asks to try again.
    for _ in 0..<30 {
      let answer = unsafe linux_bpf(CInt(command.rawValue), &attributes)
      if answer != -Int(EAGAIN) && answer != -Int(EINTR) { return try check(answer) }
    }
    throw .resourceTemporarilyUnavailable
  }

  /// Loads a program of type `BPF_PROG_TYPE_CGROUP_DEVICE`. The C function is `bpf`, `BPF_PROG_LOAD`.
  package static func loadDeviceProgram(_ program: [BPFInstruction]) throws(Errno) -> Descriptor {
    let code = program.map(\.encoded)
    let license = Array("GPL\0".utf8)
    let name = Array("berth_devices".utf8)
    var result: Result<Int, Errno> = .failure(.invalidArgument)
    unsafe code.withUnsafeBytes { code in
      unsafe license.withUnsafeBytes { license in
        var attributes = bpf_attr()
        attributes.prog_type = UInt32(BPF_PROG_TYPE_CGROUP_DEVICE.rawValue)
        attributes.insn_cnt = UInt32(code.count / 8)
        attributes.insns = UInt64(UInt(bitPattern: code.baseAddress))
        attributes.license = UInt64(UInt(bitPattern: license.baseAddress))
        unsafe withUnsafeMutableBytes(of: &attributes.prog_name) { unsafe $0.copyBytes(from: name) }
        do throws(Errno) {
          result = .success(try bpf(BPF_PROG_LOAD, &attributes))
        } catch {
          result = .failure(error)
        }
      }
    }
    return Descriptor(owning: CInt(try result.get()))
  }

  /// Has a program decide about the devices of a cgroup, beside those that do already, or instead of one of them.
  /// The C function is `bpf`, `BPF_PROG_ATTACH`.
  package static func attachDeviceProgram(
    _ program: FileDescriptor,
    to cgroup: FileDescriptor,
    replacing old: FileDescriptor? = nil
  ) throws(Errno) {
    var attributes = bpf_attr()
    attributes.target_fd = UInt32(cgroup.rawValue)
    attributes.attach_bpf_fd = UInt32(program.rawValue)
    attributes.attach_type = UInt32(BPF_CGROUP_DEVICE.rawValue)
    attributes.attach_flags = 2  // BPF_F_ALLOW_MULTI
    if let old {
      attributes.attach_flags |= 4  // BPF_F_REPLACE
      attributes.replace_bpf_fd = UInt32(old.rawValue)
    }
    _ = try bpf(BPF_PROG_ATTACH, &attributes)
  }

  /// Takes a program's decisions away from a cgroup. The C function is `bpf`, `BPF_PROG_DETACH`.
  package static func detachDeviceProgram(_ program: FileDescriptor, from cgroup: FileDescriptor) throws(Errno) {
    var attributes = bpf_attr()
    attributes.target_fd = UInt32(cgroup.rawValue)
    attributes.attach_bpf_fd = UInt32(program.rawValue)
    attributes.attach_type = UInt32(BPF_CGROUP_DEVICE.rawValue)
    _ = try bpf(BPF_PROG_DETACH, &attributes)
  }

  /// The ids of the programs that decide about a cgroup's devices. The C function is `bpf`, `BPF_PROG_QUERY`.
  package static func devicePrograms(of cgroup: FileDescriptor) throws(Errno) -> [UInt32] {
    var ids = [UInt32](repeating: 0, count: 64)  // The kernel attaches no more to one cgroup, BPF_CGROUP_MAX_PROGS.
    var count = 0
    var result: Result<Int, Errno> = .failure(.invalidArgument)
    unsafe ids.withUnsafeMutableBytes { ids in
      var attributes = bpf_attr()
      unsafe attributes.query.target_fd = UInt32(cgroup.rawValue)
      unsafe attributes.query.attach_type = UInt32(BPF_CGROUP_DEVICE.rawValue)
      unsafe attributes.query.prog_ids = UInt64(UInt(bitPattern: ids.baseAddress))
      unsafe attributes.query.prog_cnt = UInt32(ids.count / 4)
      do throws(Errno) {
        result = .success(try bpf(BPF_PROG_QUERY, &attributes))
        count = Int(unsafe attributes.query.prog_cnt)
      } catch {
        result = .failure(error)
      }
    }
    _ = try result.get()
    return Array(ids.prefix(count))
  }

  /// A descriptor for a loaded program. The C function is `bpf`, `BPF_PROG_GET_FD_BY_ID`.
  package static func openProgram(_ id: UInt32) throws(Errno) -> Descriptor {
    var attributes = bpf_attr()
    attributes.prog_id = id
    return Descriptor(owning: CInt(try bpf(BPF_PROG_GET_FD_BY_ID, &attributes)))
  }
}
