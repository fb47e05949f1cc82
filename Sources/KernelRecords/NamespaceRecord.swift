import LinuxABI

/// What the kernel's records tell of a mount namespace.
package struct NamespaceRecord: Hashable, Sendable {
  /// The number of its file, and of the file of the user namespace that owns it.
  package var number: UInt32
  package var owner: UInt32
  package var id: UInt64
  /// How many mounts are in it but for its first, which the kernel does not count either, ioctl_nsfs(2) NS_MNT_GET_INFO.
  package var mountCount: UInt32

  /// How many words a record takes: the lower half of the first is 0, where a `TaskRecord` has its process.
  package static var wordCount: Int { 3 }

  /// Reads the record that begins at a word; nil when it is not there to its end.
  package init?(_ words: [UInt64], at position: Int) {
    guard words.holdsRecord(of: Self.wordCount, at: position) else { return nil }
    number = UInt32(truncatingIfNeeded: words[position] >> 32)
    id = words[position + 1]
    owner = UInt32(truncatingIfNeeded: words[position + 2])
    mountCount = max(1, UInt32(truncatingIfNeeded: words[position + 2] >> 32)) - 1
  }
}

extension [UInt64] {
  /// Whether a record of some words is there whole: what an iterator wrote may end anywhere.
  func holdsRecord(of wordCount: Int, at position: Int) -> Bool { position >= 0 && count - position >= wordCount }
}

extension KernelLayout {
  /// Writes a record for each mount namespace, from this process's on around the ring, which also has its head in it: that is
  /// no namespace. Register 6 has the program's argument.
  func writeNamespaces(_ code: inout BPFAssembly, record: Int16, slot: Int16) {
    let own: UInt8 = 7
    let namespace: UInt8 = 8
    let next = code.label()
    for word in 0..<Int16(NamespaceRecord.wordCount) {
      code.append(.storeDoubleWord(immediate: 0, at: 10, offset: record + word * 8))
    }
    code.append(.storeDoubleWord(immediate: 0, at: 10, offset: slot))
    code.append([.call(.getCurrentTask), .moveDoubleWord(own, from: 0)])
    code.readPointer(own, from: own, taskNamespaces, slot)
    code.readPointer(own, from: own, namespacesMount, slot)
    code.append(.moveDoubleWord(namespace, from: own))
    let loop = code.here()
    code.jump(code.end) { .jumpIfTooLong(offset: $0) }
    code.readPointer(9, from: own, mountNamespaceKind, slot)
    code.readPointer(1, from: namespace, mountNamespaceKind, slot)
    code.jump(next) { .jump(ifOther: 9, 1, offset: $0) }
    code.read(4, from: namespace, mountNamespaceNumber, toStack: record + 4)
    code.read(8, from: namespace, mountNamespaceID, toStack: record + 8)
    code.read(4, from: namespace, mountNamespaceCount, toStack: record + 20)
    code.readPointer(9, from: namespace, mountNamespaceOwner, slot)
    code.read(4, from: 9, userNamespaceNumber, toStack: record + 16)
    code.write(NamespaceRecord.wordCount * 8, ofStack: record)
    code.place(next)
    code.readPointer(namespace, from: namespace, mountNamespaceNext, slot)
    code.append(.add(namespace, -Int32(mountNamespaceNext)))
    code.jump(loop) { .jump(ifOther: namespace, own, offset: $0) }
  }
}
