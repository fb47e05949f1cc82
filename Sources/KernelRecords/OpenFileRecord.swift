package import LinuxABI

/// What an iterator over open files tells of one that is on a file system.
package struct OpenFileRecord: Hashable, Sendable {
  /// The process, and the thread of it that has the file open, which is the first unless that has other files.
  package var process: Int32
  package var thread: Int32
  package var descriptor: Int32
  package var inode: UInt64

  /// How many words a record takes.
  package static var wordCount: Int { 3 }

  /// Reads the record that begins at a word; nil when it is not there to its end.
  package init?(_ words: [UInt64], at position: Int) {
    guard words.holdsRecord(of: Self.wordCount, at: position) else { return nil }
    process = Int32(truncatingIfNeeded: words[position])
    thread = Int32(truncatingIfNeeded: words[position] >> 32)
    descriptor = Int32(truncatingIfNeeded: words[position + 1])
    inode = words[position + 2]
  }
}

extension KernelLayout {
  /// The program of an iterator over the open files of tasks, which writes an `OpenFileRecord` for each that is on a superblock, by
  /// its address.
  package func openFileProgram(superblock: UInt64) -> [BPFInstruction] {
    var code = BPFAssembly()
    let record: Int16 = -24
    let slot: Int16 = -32
    // struct bpf_iter__task_file: what the iterator knows of itself, the task, the descriptor, the file.
    code.append([
      .moveDoubleWord(6, from: 1), .loadDoubleWord(7, from: 6, offset: 8), .loadDoubleWord(8, from: 6, offset: 24),
    ])
    code.jump(code.end) { .jump(ifDoubleWord: 7, 0, offset: $0) }
    code.jump(code.end) { .jump(ifDoubleWord: 8, 0, offset: $0) }
    code.readPointer(9, from: 8, fileMount, slot)
    code.readPointer(9, from: 9, mountSuperblock, slot)
    code.append(BPFInstruction.load(1, value: superblock))
    code.jump(code.end) { .jump(ifOther: 9, 1, offset: $0) }
    code.append([.loadWord(1, from: 6, offset: 16), .storeDoubleWord(1, at: 10, offset: record + 8)])
    code.read(4, from: 7, taskProcess, toStack: record)
    code.read(4, from: 7, taskThread, toStack: record + 4)
    code.readPointer(9, from: 8, fileInode, slot)
    code.read(8, from: 9, inodeNumber, toStack: record + 16)
    code.write(OpenFileRecord.wordCount * 8, ofStack: record)
    return code.program()
  }
}
