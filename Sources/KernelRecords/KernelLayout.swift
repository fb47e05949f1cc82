/// Where the kernel that runs keeps what berth reads of its records: bytes from the beginning of each structure.
///
/// No version of the kernel promises any of it, so none is assumed: all of it comes from the kernel's own BTF.
package struct KernelLayout: Hashable, Sendable {
  /// The ids of the functions that iterators over tasks, and over the files that they have open, are attached to.
  package let taskIterator: UInt32
  package let taskFileIterator: UInt32
  /// Whether a superblock's mounts form a ring that it is part of, as before Linux 6.18, and not a chain with an end.
  let areMountsRing: Bool

  var taskFlags = 0
  var taskThread = 0
  var taskProcess = 0
  var taskParent = 0
  var taskLeader = 0
  var taskCredentials = 0
  var taskNamespaces = 0
  var taskControlGroups = 0
  var taskCommand = 0
  var taskFileSystem = 0
  var taskMemory = 0
  var taskFiles = 0

  var credentialsUser = 0
  var namespacesMount = 0
  /// The number of a namespace's file, in a mount namespace and in a user namespace.
  var mountNamespaceNumber = 0
  var userNamespaceNumber = 0
  var mountNamespaceID = 0
  var mountNamespaceOwner = 0
  var mountNamespaceCount = 0
  /// What tells that a namespace is a mount namespace, and the ring that all of them are in.
  var mountNamespaceKind = 0
  var mountNamespaceNext = 0

  var fileSystemDirectory = 0
  var fileSystemRoot = 0
  var memoryProgram = 0
  var filesTable = 0
  var tableFiles = 0
  var fileMount = 0
  var fileInode = 0
  var inodeNumber = 0

  /// The superblock in what a path calls a mount, which is a part of the whole mount.
  var mountSuperblock = 0
  var mountPart = 0
  var mountID = 0
  var mountNamespace = 0
  var mountGroup = 0
  var mountMaster = 0
  /// Where a superblock has the first of its mounts, and each mount the next.
  var superblockMounts = 0
  var mountNext = 0

  var superblockNext = 0
  var superblockDevice = 0
  var superblockInodes = 0
  var inodeNext = 0
  var inodeSuperblock = 0
  var inodeMapping = 0
  var mappingMaps = 0
}

extension KernelLayout {
  private init(taskIterator: UInt32, taskFileIterator: UInt32, areMountsRing: Bool) {
    self.taskIterator = taskIterator
    self.taskFileIterator = taskFileIterator
    self.areMountsRing = areMountsRing
  }

  /// Reads /sys/kernel/btf/vmlinux; nil when it is no BTF, or when this kernel keeps its records otherwise.
  package init?(btf words: Span<UInt32>) {
    let structures = [
      "task_struct", "cred", "nsproxy", "ns_common", "mnt_namespace", "user_namespace", "fs_struct", "path",
      "mm_struct",
      "files_struct", "fdtable", "file", "inode", "address_space", "vfsmount", "mount", "super_block",
    ]
    guard
      let types = KernelTypes(
        btf: words,
        structures: structures,
        functions: ["bpf_iter_task", "bpf_iter_task_file"]
      )
    else { return nil }
    self.init(types)
  }

  private init?(_ types: KernelTypes) {
    guard let taskIterator = types.function("bpf_iter_task"),
      let taskFileIterator = types.function("bpf_iter_task_file")
    else { return nil }
    let chained = types.offset("mount", "mnt_next_for_sb")
    self.init(taskIterator: taskIterator, taskFileIterator: taskFileIterator, areMountsRing: chained == nil)
    var isWhole = true
    func offset(_ structure: String, _ member: String) -> Int {
      if let offset = types.offset(structure, member) { return offset }
      isWhole = false
      return 0
    }
    taskFlags = offset("task_struct", "flags")
    taskThread = offset("task_struct", "pid")
    taskProcess = offset("task_struct", "tgid")
    taskParent = offset("task_struct", "real_parent")
    taskLeader = offset("task_struct", "group_leader")
    taskCredentials = offset("task_struct", "real_cred")
    taskNamespaces = offset("task_struct", "nsproxy")
    taskControlGroups = offset("task_struct", "cgroups")
    taskCommand = offset("task_struct", "comm")
    taskFileSystem = offset("task_struct", "fs")
    taskMemory = offset("task_struct", "mm")
    taskFiles = offset("task_struct", "files")

    credentialsUser = offset("cred", "euid")
    namespacesMount = offset("nsproxy", "mnt_ns")
    let common = offset("mnt_namespace", "ns")
    let number = offset("ns_common", "inum")
    mountNamespaceNumber = common + number
    userNamespaceNumber = offset("user_namespace", "ns") + number
    mountNamespaceOwner = offset("mnt_namespace", "user_ns")
    mountNamespaceCount = offset("mnt_namespace", "nr_mounts")
    mountNamespaceKind = common + offset("ns_common", "ops")
    // All types of namespaces have an id and are in a ring since Linux 6.18; before, only mount namespaces were.
    mountNamespaceID = types.offset("mnt_namespace", "seq") ?? common + offset("ns_common", "ns_id")
    mountNamespaceNext =
      types.offset("mnt_namespace", "mnt_ns_list") ?? common + offset("ns_common", "ns_list_node")

    let mountOfPath = offset("path", "mnt")
    fileSystemDirectory = offset("fs_struct", "pwd") + mountOfPath
    fileSystemRoot = offset("fs_struct", "root") + mountOfPath
    memoryProgram = offset("mm_struct", "exe_file")
    filesTable = offset("files_struct", "fdt")
    tableFiles = offset("fdtable", "fd")
    fileMount = offset("file", "f_path") + mountOfPath
    fileInode = offset("file", "f_inode")
    inodeNumber = offset("inode", "i_ino")

    mountSuperblock = offset("vfsmount", "mnt_sb")
    mountPart = offset("mount", "mnt")
    mountID = offset("mount", "mnt_id_unique")
    mountNamespace = offset("mount", "mnt_ns")
    mountGroup = offset("mount", "mnt_group_id")
    mountMaster = offset("mount", "mnt_master")
    superblockMounts = offset("super_block", "s_mounts")
    mountNext = chained ?? offset("mount", "mnt_instance")

    superblockNext = offset("super_block", "s_list")
    superblockDevice = offset("super_block", "s_dev")
    superblockInodes = offset("super_block", "s_inodes")
    inodeNext = offset("inode", "i_sb_list")
    inodeSuperblock = offset("inode", "i_sb")
    inodeMapping = offset("inode", "i_mapping")
    mappingMaps = offset("address_space", "i_mmap")
    guard isWhole, isWithinRecords else { return nil }
  }
}

extension KernelLayout {
  /// Changes with what is kept, or with its order.
  package static var version: Int { 1 }

  /// All of it, to be kept: numbers of four bytes.
  package var bytes: [UInt8] {
    var numbers = [taskIterator, taskFileIterator, areMountsRing ? 1 : 0]
    var copy = self
    copy.visit { numbers.append(UInt32($0)) }
    return numbers.flatMap { number in (0..<4).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) } }
  }

  /// Reads what was kept; nil when it is something else.
  package init?(bytes: [UInt8]) {
    var rest = bytes[...]
    var isWhole = true
    func next() -> UInt32 {
      if rest.count < 4 { isWhole = false }
      let bytes = rest.prefix(4)
      rest = rest.dropFirst(4)
      return bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
    self.init(taskIterator: next(), taskFileIterator: next(), areMountsRing: next() != 0)
    visit { $0 = Int(next()) }
    guard isWhole, rest.isEmpty, isWithinRecords else { return nil }
  }

  /// Whether all offsets are such as a record of the kernel can have, and an instruction of BPF take.
  private var isWithinRecords: Bool {
    var copy = self
    var isWithin = true
    copy.visit { isWithin = isWithin && $0 < 1 << 20 }
    return isWithin
  }

  /// Goes through the offsets, in the order in which they are kept.
  private mutating func visit(_ body: (inout Int) -> Void) {
    body(&taskFlags)
    body(&taskThread)
    body(&taskProcess)
    body(&taskParent)
    body(&taskLeader)
    body(&taskCredentials)
    body(&taskNamespaces)
    body(&taskControlGroups)
    body(&taskCommand)
    body(&taskFileSystem)
    body(&taskMemory)
    body(&taskFiles)
    body(&credentialsUser)
    body(&namespacesMount)
    body(&mountNamespaceNumber)
    body(&userNamespaceNumber)
    body(&mountNamespaceID)
    body(&mountNamespaceOwner)
    body(&mountNamespaceCount)
    body(&mountNamespaceKind)
    body(&mountNamespaceNext)
    body(&fileSystemDirectory)
    body(&fileSystemRoot)
    body(&memoryProgram)
    body(&filesTable)
    body(&tableFiles)
    body(&fileMount)
    body(&fileInode)
    body(&inodeNumber)
    body(&mountSuperblock)
    body(&mountPart)
    body(&mountID)
    body(&mountNamespace)
    body(&mountGroup)
    body(&mountMaster)
    body(&superblockMounts)
    body(&mountNext)
    body(&superblockNext)
    body(&superblockDevice)
    body(&superblockInodes)
    body(&inodeNext)
    body(&inodeSuperblock)
    body(&inodeMapping)
    body(&mappingMaps)
  }
}
