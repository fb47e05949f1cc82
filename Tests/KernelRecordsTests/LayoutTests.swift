import KernelRecords
import LinuxABI
import Testing

/// The layout of a kernel's records, and the programs that are made of it.
struct LayoutTests {
  /// A kernel that keeps its mounts as Linux 6.18 does, or as those before.
  private func kernel(chained: Bool, without missing: String = "") -> KernelLayout? {
    var btf = BTFWriter()
    btf.type(1, "int", [4, 32])
    func structure(_ name: String, _ members: String...) {
      let kept = members.filter { "\(name).\($0)" != missing }
      btf.structure(name, kept.enumerated().map { ($1, 1, UInt32($0 + 1) * 8) })
    }
    structure(
      "task_struct",
      "flags",
      "pid",
      "tgid",
      "real_parent",
      "group_leader",
      "real_cred",
      "nsproxy",
      "cgroups",
      "comm",
      "fs",
      "mm",
      "files"
    )
    structure("cred", "euid")
    structure("nsproxy", "mnt_ns")
    structure("ns_common", "ops", "inum", "ns_id", "ns_list_node")
    structure("mnt_namespace", "ns", "user_ns", "nr_mounts")
    structure("user_namespace", "ns")
    structure("fs_struct", "pwd", "root")
    structure("path", "mnt")
    structure("mm_struct", "exe_file")
    structure("files_struct", "fdt")
    structure("fdtable", "fd")
    structure("file", "f_path", "f_inode")
    structure("inode", "i_ino", "i_sb_list", "i_sb", "i_mapping")
    structure("address_space", "i_mmap")
    structure("vfsmount", "mnt_sb")
    structure(
      "mount",
      "mnt",
      "mnt_id_unique",
      "mnt_ns",
      "mnt_group_id",
      "mnt_master",
      chained ? "mnt_next_for_sb" : "mnt_instance"
    )
    structure("super_block", "s_list", "s_dev", "s_mounts", "s_inodes")
    btf.function("bpf_iter_task")
    btf.function("bpf_iter_task_file")
    return KernelLayout(btf: btf.words.span)
  }

  @Test(arguments: [true, false])
  func aKeptLayoutIsTheSame(chained: Bool) throws {
    let layout = try #require(kernel(chained: chained))
    #expect(KernelLayout(bytes: layout.bytes) == layout)
    #expect(KernelLayout(bytes: layout.bytes.dropLast()) == nil)
    #expect(KernelLayout(bytes: layout.bytes + [0, 0, 0, 0]) == nil)
    #expect(KernelLayout(bytes: []) == nil)
    // Instructions have room for less than that, and records too.
    #expect(KernelLayout(bytes: layout.bytes.dropLast(4) + [0, 0, 0, 0x80]) == nil)
  }

  @Test(arguments: ["mount.mnt_id_unique", "ns_common.ns_id", "inode.i_mapping", "mount.mnt_instance"])
  func aKernelWithoutAMemberHasNone(member: String) { #expect(kernel(chained: false, without: member) == nil) }

  /// Each program is to end, and what it goes on at is to be in it: the kernel says no more of one that is wrong than EINVAL.
  @Test(arguments: [true, false])
  func programsEnd(chained: Bool) throws {
    let layout = try #require(kernel(chained: chained))
    let device = DeviceNumber(major: 254, minor: 3)
    let programs = [
      layout.taskProgram(), layout.taskProgram(superblock: 1), layout.openFileProgram(superblock: 1),
      layout.superblockProgram(from: 3, map: 4),
      layout.superblockProgram(from: 3, device: device, map: 4),
    ]
    for program in programs {
      #expect(program.last == .exit)
      let jumps: Set<UInt8> = [0x05, 0x15, 0x16, 0x1d, 0x25, 0x55, 0x56, 0x5d, 0xe5]
      for (position, instruction) in program.enumerated() where jumps.contains(instruction.code) {
        let target = position + 1 + Int(instruction.offset)
        #expect(instruction.offset != 0 && program.indices.contains(target))
      }
    }
  }

  @Test func readsRecords() throws {
    let name = UInt64(0x7065_656c_73)  // "sleep" of a little-endian machine
    let words: [UInt64] = [9, 7 | 8 << 32, 1 | 1000 << 32, 4_026_531_832 | 3 << 32, 0xffff, name, 0]
    let task = try #require(TaskRecord(words, at: 1))
    #expect(task.process == 7 && task.thread == 8 && task.parent == 1 && task.user == 1000)
    #expect(task.namespace == 4_026_531_832 && task.uses == [.workingDirectory, .root])
    #expect(task.controlGroups == 0xffff && task.command == "sleep")
    // The kernel does not count the first mount of a namespace.
    let namespace = try #require(NamespaceRecord([5 << 32, 77, 6 | 3 << 32], at: 0))
    #expect(namespace.number == 5 && namespace.id == 77 && namespace.owner == 6 && namespace.mountCount == 2)
    let file = try #require(OpenFileRecord([7 | 8 << 32, 3, 99], at: 0))
    #expect(file.process == 7 && file.thread == 8 && file.descriptor == 3 && file.inode == 99)
  }

  /// The kernel's answer may end anywhere, and what is not there is not read.
  @Test func refusesPartsOfRecords() {
    let words = [UInt64](repeating: 1, count: 8)
    for count in 0...words.count {
      let part = Array(words.prefix(count))
      for position in -1...count + 1 {
        let room = position < 0 ? 0 : count - position
        #expect((TaskRecord(part, at: position) != nil) == (room >= TaskRecord.wordCount))
        #expect((NamespaceRecord(part, at: position) != nil) == (room >= NamespaceRecord.wordCount))
        #expect((OpenFileRecord(part, at: position) != nil) == (room >= OpenFileRecord.wordCount))
      }
    }
    // Of no, one and two mounts, and of more than there can be.
    for mounts in [0, 1, 2, .max] as [UInt64] {
      let words: [UInt64] = [0xffff_8880, 1, mounts, 1, 5, 5, 5, 5, 5, 5, 5, 5]
      for count in 0...words.count {
        let part = Array(words.prefix(count))
        #expect((superblock(part) != nil) == (count >= 4 && mounts <= count / 4 - 1))
      }
    }
  }

  private func superblock(_ words: [UInt64]) -> SuperblockRecord? { SuperblockRecord(words.span) }

  /// The map that the program fills: the superblock, then its mounts.
  @Test func readsSuperblocks() throws {
    let head: [UInt64] = [0xffff_8880, 254 << 20 | 3, 3, 1]
    let mounts: [UInt64] = [10, 7, 2, 99, 11, 0, 0, 0, 12, .max, 0, 0]
    let record = try #require(superblock(head + mounts))
    #expect(record.device == DeviceNumber(major: 254, minor: 3) && record.mayBeMapped)
    #expect(record.mounts.map(\.id) == [10, 11, 12])
    #expect(record.mounts.map(\.place) == [.namespace(id: 7, number: 99), .detached, .kernel])
    #expect(record.mounts[0].peerGroup == 2)
    #expect(record.mountsByNamespace == [7: [10]] && record.detachedCount == 1)
    #expect(superblock([0xffff_8880, 1, 0, 3])?.mayBeMapped == false)
  }

  /// A walk that did not come to the end, found nothing, or had no room tells of no superblock.
  @Test func refusesPartsOfSuperblocks() {
    #expect(superblock([1, 1, 0, 0]) == nil)
    #expect(superblock([0, 0, 0, 0]) == nil)
    let full: [UInt64] = [1, 1, 3, 1, 10, 7, 0, 99]
    #expect(superblock(full) == nil)
    let missing = SuperblockRecord.missing(full.span)
    #expect(missing == 2)
  }
}
