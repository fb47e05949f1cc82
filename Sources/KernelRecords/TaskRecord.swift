package import LinuxABI

/// What an iterator over tasks tells of a process, or of a thread that is in another mount namespace than its process.
package struct TaskRecord: Hashable, Sendable {
  /// What of a task is on a file system.
  package struct Uses: OptionSet, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static var workingDirectory: Self { Self(rawValue: 1) }
    package static var root: Self { Self(rawValue: 2) }
    package static var program: Self { Self(rawValue: 4) }
  }

  /// The process's id, and the thread's, which is the same for the first; both as the first PID namespace has them.
  package var process: Int32
  package var thread: Int32
  package var parent: Int32
  /// The effective user, as the first user namespace has it.
  package var user: UInt32
  /// The number of the mount namespace's file.
  package var namespace: UInt32
  package var uses: Uses
  /// The same for all tasks that are in the same control groups.
  package var controlGroups: UInt64
  package var command: String

  /// How many words a record takes.
  package static var wordCount: Int { 6 }

  /// Reads the record that begins at a word; nil when it is not there to its end.
  package init?(_ words: [UInt64], at position: Int) {
    guard words.holdsRecord(of: Self.wordCount, at: position) else { return nil }
    func word(_ number: Int) -> UInt64 { words[position + number] }
    func low(_ number: Int) -> UInt32 { UInt32(truncatingIfNeeded: word(number)) }
    func high(_ number: Int) -> UInt32 { UInt32(truncatingIfNeeded: word(number) >> 32) }
    process = Int32(bitPattern: low(0))
    thread = Int32(bitPattern: high(0))
    parent = Int32(bitPattern: low(1))
    user = high(1)
    namespace = low(2)
    uses = Uses(rawValue: high(2))
    controlGroups = word(3)
    var bytes: [UInt8] = []
    for number in 4..<6 {
      for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word(number) >> shift)) }
    }
    command = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}

extension KernelLayout {
  /// The program of an iterator over tasks, which writes a `TaskRecord` for each process, and for each thread that is in another mount
  /// namespace than its process; at the end, a `NamespaceRecord` for each mount namespace. What a task uses of a superblock, by its
  /// address, is told when there is one.
  package func taskProgram(superblock: UInt64 = 0) -> [BPFInstruction] {
    var code = BPFAssembly()
    let record: Int16 = -48
    let slot: Int16 = -56
    let task: UInt8 = 7
    // struct bpf_iter__task: what the iterator knows of itself, then the task, which is none at the end.
    code.append([.moveDoubleWord(6, from: 1), .loadDoubleWord(task, from: 6, offset: 8)])
    let atEnd = code.label()
    code.jump(atEnd) { .jump(ifDoubleWord: task, 0, offset: $0) }
    for word in 0..<Int16(TaskRecord.wordCount) {
      code.append(.storeDoubleWord(immediate: 0, at: 10, offset: record + word * 8))
    }
    code.append(.storeDoubleWord(immediate: 0, at: 10, offset: slot))
    code.read(4, from: task, taskFlags, toStack: slot)
    code.append([.loadWord(1, from: 10, offset: slot), .and(1, 0x20_0000)])  // PF_KTHREAD
    code.jump(code.end) { .jump(ifNot: 1, 0, offset: $0) }
    code.read(4, from: task, taskProcess, toStack: record)
    code.read(4, from: task, taskThread, toStack: record + 4)
    // A task that has ended is in no namespace.
    code.readPointer(8, from: task, taskNamespaces, slot)
    code.jump(code.end) { .jump(ifDoubleWord: 8, 0, offset: $0) }
    code.readPointer(8, from: 8, namespacesMount, slot)
    leaveOutThread(&code, task: task, namespace: 8, record: record, slot: slot)

    code.read(4, from: 8, mountNamespaceNumber, toStack: record + 16)
    code.readPointer(8, from: task, taskParent, slot)
    code.read(4, from: 8, taskProcess, toStack: record + 8)
    code.readPointer(8, from: task, taskCredentials, slot)
    code.read(4, from: 8, credentialsUser, toStack: record + 12)
    code.read(8, from: task, taskControlGroups, toStack: record + 24)
    code.read(16, from: task, taskCommand, toStack: record + 32)
    if superblock != 0 { tellUses(&code, of: superblock, task: task, record: record, slot: slot) }
    code.write(TaskRecord.wordCount * 8, ofStack: record)
    code.jump(code.end) { .jump(offset: $0) }
    code.place(atEnd)
    writeNamespaces(&code, record: record, slot: slot)
    return code.program()
  }

  /// Ends the program for a thread that is where the first thread of its process is.
  private func leaveOutThread(_ code: inout BPFAssembly, task: UInt8, namespace: UInt8, record: Int16, slot: Int16) {
    let tells = code.label()
    code.append([.loadWord(1, from: 10, offset: record), .loadWord(2, from: 10, offset: record + 4)])
    code.jump(tells) { .jump(ifSame: 1, 2, offset: $0) }
    code.readPointer(9, from: task, taskLeader, slot)
    code.readPointer(9, from: 9, taskNamespaces, slot)
    code.jump(tells) { .jump(ifDoubleWord: 9, 0, offset: $0) }
    code.readPointer(9, from: 9, namespacesMount, slot)
    code.jump(code.end) { .jump(ifSame: 9, namespace, offset: $0) }
    code.place(tells)
  }

  private func tellUses(
    _ code: inout BPFAssembly,
    of superblock: UInt64,
    task: UInt8,
    record: Int16,
    slot: Int16
  ) {
    func tell(_ use: TaskRecord.Uses, _ owner: Int, _ steps: [Int]) {
      let next = code.label()
      code.readPointer(8, from: task, owner, slot)
      for step in steps + [mountSuperblock] {
        code.jump(next) { .jump(ifDoubleWord: 8, 0, offset: $0) }
        code.readPointer(8, from: 8, step, slot)
      }
      code.append(BPFInstruction.load(1, value: superblock))
      code.jump(next) { .jump(ifOther: 8, 1, offset: $0) }
      code.append([
        .loadWord(1, from: 10, offset: record + 20), .or(1, Int32(use.rawValue)),
        .storeWord(1, at: 10, offset: record + 20),
      ])
      code.place(next)
    }
    tell(.workingDirectory, taskFileSystem, [fileSystemDirectory])
    tell(.root, taskFileSystem, [fileSystemRoot])
    tell(.program, taskMemory, [memoryProgram, fileMount])
  }
}
