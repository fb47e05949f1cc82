import CLinux
package import LinuxABI
package import SystemPackage

/// BPF programs, bpf(2): those that decide about the devices of cgroups of version 2, and those that go through the kernel's records.
extension Syscall {
  private static func bpf(_ command: bpf_cmd, _ attributes: inout bpf_attr) throws(Errno) -> Int {
    // The verifier gives up with EAGAIN when a signal is pending: it asks to try again.
    for _ in 0..<30 {
      let answer = unsafe linux_bpf(CInt(command.rawValue), &attributes)
      if answer != -Int(EAGAIN) && answer != -Int(EINTR) { return try check(answer) }
    }
    throw .resourceTemporarilyUnavailable
  }

  private static func load(
    _ program: [BPFInstruction],
    name: String,
    _ fill: (inout bpf_attr) -> Void
  ) throws(Errno) -> Descriptor {
    let code = program.map(\.encoded)
    let license = Array("GPL\0".utf8)
    var result: Result<Int, Errno> = .failure(.invalidArgument)
    unsafe code.withUnsafeBytes { code in
      unsafe license.withUnsafeBytes { license in
        var attributes = bpf_attr()
        fill(&attributes)
        attributes.insn_cnt = UInt32(code.count / 8)
        attributes.insns = UInt64(UInt(bitPattern: code.baseAddress))
        attributes.license = UInt64(UInt(bitPattern: license.baseAddress))
        unsafe withUnsafeMutableBytes(of: &attributes.prog_name) { unsafe $0.copyBytes(from: name.utf8.prefix(15)) }
        do throws(Errno) {
          result = .success(try bpf(BPF_PROG_LOAD, &attributes))
        } catch {
          result = .failure(error)
        }
      }
    }
    return Descriptor(owning: CInt(try result.get()))
  }

  /// Loads a program of type `BPF_PROG_TYPE_CGROUP_DEVICE`. The C function is `bpf`, `BPF_PROG_LOAD`.
  package static func loadDeviceProgram(_ program: [BPFInstruction]) throws(Errno) -> Descriptor {
    try load(program, name: "berth_devices") { $0.prog_type = UInt32(BPF_PROG_TYPE_CGROUP_DEVICE.rawValue) }
  }

  /// Loads a program that an iterator runs for each of its objects: the function that it is attached to, by the id that the kernel's BTF
  /// has for it, says which these are. The C function is `bpf`, `BPF_PROG_LOAD`.
  package static func loadIteratorProgram(_ program: [BPFInstruction], function: UInt32) throws(Errno) -> Descriptor {
    try load(program, name: "berth_records") {
      $0.prog_type = UInt32(BPF_PROG_TYPE_TRACING.rawValue)
      $0.expected_attach_type = UInt32(BPF_TRACE_ITER.rawValue)
      $0.attach_btf_id = function
    }
  }

  /// What an iterator writes that runs a program for each of its objects, or for one thread alone, in words of this machine's byte
  /// order. The C functions are `bpf`, `BPF_LINK_CREATE` and `BPF_ITER_CREATE`, and `read`.
  package static func iterate(_ program: FileDescriptor, thread: Int32? = nil) throws(Errno) -> [UInt64] {
    let iterator = try iterator(program, thread: thread)
    return try readNumbers(iterator.borrowed, of: UInt64.self)
  }

  /// The same in parts, each of whole records of some words: there may be more than memory should hold.
  package static func iterate(
    _ program: FileDescriptor,
    recordsOf wordCount: Int,
    _ body: ([UInt64]) -> Void
  ) throws(Errno) {
    let iterator = try iterator(program)
    try readNumbers(iterator.borrowed, recordsOf: wordCount, body)
  }

  private static func iterator(_ program: FileDescriptor, thread: Int32? = nil) throws(Errno) -> Descriptor {
    var choice = bpf_iter_link_info()
    unsafe choice.task.tid = UInt32(thread ?? 0)
    var answer: Result<Int, Errno> = .failure(.invalidArgument)
    unsafe withUnsafeBytes(of: choice) { choice in
      var attributes = bpf_attr()
      unsafe attributes.link_create.prog_fd = UInt32(program.rawValue)
      unsafe attributes.link_create.attach_type = UInt32(BPF_TRACE_ITER.rawValue)
      if thread != nil {
        unsafe attributes.link_create.iter_info = UInt64(UInt(bitPattern: choice.baseAddress))
        unsafe attributes.link_create.iter_info_len = UInt32(choice.count)
      }
      do throws(Errno) {
        answer = .success(try bpf(BPF_LINK_CREATE, &attributes))
      } catch {
        answer = .failure(error)
      }
    }
    let link = Descriptor(owning: CInt(try answer.get()))
    var attributes = bpf_attr()
    unsafe attributes.iter_create.link_fd = UInt32(link.rawValue)
    return Descriptor(owning: CInt(try bpf(BPF_ITER_CREATE, &attributes)))
  }

  /// A map whose elements are numbered from 0, which can be mapped into memory. The C function is `bpf`, `BPF_MAP_CREATE`, with
  /// `BPF_MAP_TYPE_ARRAY`.
  package static func makeArrayMap(elementSize: Int, count: Int) throws(Errno) -> Descriptor {
    var attributes = bpf_attr()
    attributes.map_type = UInt32(BPF_MAP_TYPE_ARRAY.rawValue)
    attributes.key_size = 4
    attributes.value_size = UInt32(elementSize)
    attributes.max_entries = UInt32(count)
    attributes.map_flags = 1 << 10  // BPF_F_MMAPABLE
    return Descriptor(owning: CInt(try bpf(BPF_MAP_CREATE, &attributes)))
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
