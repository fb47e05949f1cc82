package import LinuxABI

/// What a program tells of a superblock: its mounts, in all namespaces, and whether one of its files is mapped.
package struct SuperblockRecord: Hashable, Sendable {
  /// A mount of it.
  package struct Mount: Hashable, Sendable {
    /// Where a mount is.
    package enum Place: Hashable, Sendable {
      /// In the namespace of an id.
      case namespace(id: UInt64, number: UInt32)
      /// In none: unmounted lazily, or not attached yet.
      case detached
      /// With the kernel itself, for an overlay's layer for example.
      case kernel
    }

    package var id: UInt64
    package var place: Place
    /// The id of its peer group; 0 is none.
    package var peerGroup: UInt32
  }

  /// Its address.
  package var address: UInt64
  package var device: DeviceNumber
  package var mounts: [Mount]
  /// Whether a file of it may be part of a process's memory.
  package var mayBeMapped: Bool

  /// How many words an element of the program's map has.
  package static var wordCount: Int { 4 }

  /// How many more mounts there are than the map had room for.
  package static func missing(_ words: Span<UInt64>) -> Int {
    guard words.count >= wordCount else { return 0 }
    return max(0, Int(clamping: words[2]) - (words.count / wordCount - 1))
  }

  /// Reads the map that the program filled; nil when it found no superblock, or did not come to the end of its mounts.
  package init?(_ words: Span<UInt64>) {
    guard words.count >= Self.wordCount else { return nil }
    address = words[0]
    let state = State(rawValue: words[3])
    guard address != 0, state.contains(.isComplete), Self.missing(words) == 0 else { return nil }
    let number = UInt32(truncatingIfNeeded: words[1])  // MAJOR and MINOR of <linux/kdev_t.h>: 12 and 20 bits
    device = DeviceNumber(major: number >> 20, minor: number & 0xf_ffff)
    mayBeMapped = !state.contains(.hasNoMaps)
    mounts = []
    mounts.reserveCapacity(Int(words[2]))
    for element in 1..<Int(words[2]) + 1 {
      let base = element * Self.wordCount
      let number = UInt32(truncatingIfNeeded: words[base + 3])
      mounts.append(
        Mount(
          id: words[base],
          place: Self.place(id: words[base + 1], number: number),
          peerGroup: UInt32(truncatingIfNeeded: words[base + 2])
        )
      )
    }
  }

  /// The ids of the mounts in each namespace, by the namespaces' ids; the oldest first, as listmount(2) tells them.
  package var mountsByNamespace: [UInt64: [UInt64]] {
    var found: [UInt64: [UInt64]] = [:]
    for mount in mounts {
      if case .namespace(let id, _) = mount.place { found[id, default: []].append(mount.id) }
    }
    return found.mapValues { $0.sorted() }
  }

  /// How many of the mounts are in no namespace.
  package var detachedCount: Int { mounts.count { $0.place == .detached } }

  private static func place(id: UInt64, number: UInt32) -> Mount.Place {
    if id == .max { return .kernel }
    // The namespace of a tree that is not attached yet has no id.
    return id == 0 ? .detached : .namespace(id: id, number: number)
  }

  /// What the program says of how far it came.
  struct State: OptionSet {
    let rawValue: UInt64

    static var isComplete: Self { Self(rawValue: 1) }
    static var hasNoMaps: Self { Self(rawValue: 2) }
  }
}

extension KernelLayout {
  /// More inodes than these are not looked at for maps: the program would keep a processor for too long.
  private static var mostInodes: Int32 { 10_000 }

  /// The program of an iterator over one task, this process, which fills a map with a `SuperblockRecord`.
  ///
  /// It goes along the superblock's mounts without their lock, as no program can take it. While it does, none of them is freed, since it
  /// is a reader in the sense of RCU; each must say that it is of the superblock, and the chain must come to its end, or the record
  /// is not complete.
  ///
  /// - Parameters:
  ///   - descriptor: a file that this process has open: the superblock is that of the file,
  ///   - device: or that of this number, which is looked for from the file's on.
  ///   - group: the id of a peer group: of the mounts, only its members and those that receive from it are told.
  ///   - map: the map's descriptor.
  package func superblockProgram(
    from descriptor: Int32,
    device: DeviceNumber? = nil,
    group: UInt32? = nil,
    map: Int32
  ) -> [BPFInstruction] {
    var code = BPFAssembly()
    let slot: Int16 = -8
    let key: Int16 = -16
    let (mount, head, superblock): (UInt8, UInt8, UInt8) = (6, 7, 8)
    code.append(.loadDoubleWord(6, from: 1, offset: 8))
    code.jump(code.end) { .jump(ifDoubleWord: 6, 0, offset: $0) }
    // Element 0 of the map: the address, the device number, the number of mounts, and how far it came.
    code.append(.storeDoubleWord(immediate: 0, at: 10, offset: key))
    code.append(.storeDoubleWord(immediate: 0, at: 10, offset: slot))
    look(&code, map, key)
    code.jump(code.end) { .jump(ifDoubleWord: 0, 0, offset: $0) }
    code.append(.moveDoubleWord(head, from: 0))
    findSuperblock(&code, from: descriptor, device, superblock: superblock, slot: slot)
    code.append(.storeDoubleWord(superblock, at: head, offset: 0))
    code.read(4, from: superblock, superblockDevice, toStack: slot)
    code.append([.loadWord(1, from: 10, offset: slot), .storeDoubleWord(1, at: head, offset: 8)])
    walkMounts(&code, map, group, mount: mount, head: head, superblock: superblock, slot: slot, key: key)
    setState(&code, head, .isComplete)
    walkInodes(&code, head: head, superblock: superblock, slot: slot)
    setState(&code, head, .hasNoMaps)
    return code.program()
  }

  private func look(_ code: inout BPFAssembly, _ map: Int32, _ key: Int16) {
    code.append(BPFInstruction.load(1, map: map))
    code.append([.moveDoubleWord(2, from: 10), .add(2, Int32(key)), .call(.mapLookupElement)])
  }

  private func setState(_ code: inout BPFAssembly, _ head: UInt8, _ state: SuperblockRecord.State) {
    code.append([
      .loadDoubleWord(1, from: head, offset: 24), .or(1, Int32(state.rawValue)),
      .storeDoubleWord(1, at: head, offset: 24),
    ])
  }

  /// Leaves the address of the superblock in a register; register 6 has the task.
  private func findSuperblock(
    _ code: inout BPFAssembly,
    from descriptor: Int32,
    _ device: DeviceNumber?,
    superblock: UInt8,
    slot: Int16
  ) {
    code.readPointer(superblock, from: 6, taskFiles, slot)
    for step in [filesTable, tableFiles, Int(descriptor) * 8, fileMount, mountSuperblock] {
      code.readPointer(superblock, from: superblock, step, slot)
      code.jump(code.end) { .jump(ifDoubleWord: superblock, 0, offset: $0) }
    }
    guard let device else { return }
    // All superblocks form a ring with its head, which is none: only what has a mount that knows it is one.
    let found = code.label()
    let next = code.label()
    let number = Int32(bitPattern: device.major << 20 | device.minor)
    code.append(.moveDoubleWord(6, from: superblock))
    let loop = code.here()
    code.jump(code.end) { .jumpIfTooLong(offset: $0) }
    code.read(4, from: superblock, superblockDevice, toStack: slot)
    code.append(.loadWord(1, from: 10, offset: slot))
    code.jump(next) { .jump(ifNot: 1, UInt32(bitPattern: number), offset: $0) }
    code.readPointer(9, from: superblock, superblockMounts, slot)
    code.jump(next) { .jump(ifDoubleWord: 9, 0, offset: $0) }
    code.readPointer(9, from: 9, mountPart + mountSuperblock - (areMountsRing ? mountNext : 0), slot)
    code.jump(found) { .jump(ifSame: 9, superblock, offset: $0) }
    code.place(next)
    code.readPointer(superblock, from: superblock, superblockNext, slot)
    code.append(.add(superblock, -Int32(superblockNext)))
    code.jump(code.end) { .jump(ifSame: superblock, 6, offset: $0) }
    code.jump(loop) { .jump(offset: $0) }
    code.place(found)
  }

  /// Fills the map with the mounts of a superblock; ends the program where their chain is not whole.
  private func walkMounts(
    _ code: inout BPFAssembly,
    _ map: Int32,
    _ group: UInt32?,
    mount: UInt8,
    head: UInt8,
    superblock: UInt8,
    slot: Int16,
    key: Int16
  ) {
    let done = code.label()
    let next = code.label()
    code.readPointer(mount, from: superblock, superblockMounts, slot)
    let loop = code.here()
    code.jump(code.end) { .jumpIfTooLong(offset: $0) }
    if areMountsRing {
      code.append([.moveDoubleWord(1, from: superblock), .add(1, Int32(superblockMounts))])
      code.jump(done) { .jump(ifSame: mount, 1, offset: $0) }
      code.append(.add(mount, -Int32(mountNext)))
    } else {
      code.jump(done) { .jump(ifDoubleWord: mount, 0, offset: $0) }
    }
    code.readPointer(9, from: mount, mountPart + mountSuperblock, slot)
    code.jump(code.end) { .jump(ifOther: 9, superblock, offset: $0) }
    if let group { skipUnlinked(&code, to: next, group, mount: mount, slot: slot) }
    // The count is kept in the map, where the verifier does not follow it from round to round.
    code.append([
      .loadDoubleWord(1, from: head, offset: 16), .add(1, 1), .storeDoubleWord(1, at: head, offset: 16),
      .storeDoubleWord(1, at: 10, offset: key),
    ])
    look(&code, map, key)
    code.jump(next) { .jump(ifDoubleWord: 0, 0, offset: $0) }
    code.append(.moveDoubleWord(9, from: 0))
    tell(&code, mount: mount, element: 9, slot: slot)
    code.place(next)
    code.readPointer(mount, from: mount, mountNext, slot)
    code.jump(loop) { .jump(offset: $0) }
    code.place(done)
  }

  /// Jumps where a mount is no member of a peer group and does not receive from it.
  private func skipUnlinked(
    _ code: inout BPFAssembly,
    to next: BPFAssembly.Label,
    _ group: UInt32,
    mount: UInt8,
    slot: Int16
  ) {
    let noMember = code.label()
    let isLinked = code.label()
    code.read(4, from: mount, mountGroup, toStack: slot)
    code.append(.loadWord(1, from: 10, offset: slot))
    code.jump(noMember) { .jump(ifNot: 1, group, offset: $0) }
    code.jump(isLinked) { .jump(offset: $0) }
    code.place(noMember)
    code.readPointer(1, from: mount, mountMaster, slot)
    code.jump(next) { .jump(ifDoubleWord: 1, 0, offset: $0) }
    code.read(4, from: 1, mountGroup, toStack: slot)
    code.append(.loadWord(1, from: 10, offset: slot))
    code.jump(next) { .jump(ifNot: 1, group, offset: $0) }
    code.place(isLinked)
  }

  /// Fills an element of the map: the id, the namespace's id, the peer group, the namespace's number.
  private func tell(_ code: inout BPFAssembly, mount: UInt8, element: UInt8, slot: Int16) {
    let hasPlace = code.label()
    func copyWord(_ base: UInt8, _ offset: Int, to place: Int16) {
      code.read(4, from: base, offset, toStack: slot)
      code.append([.loadWord(1, from: 10, offset: slot), .storeWord(1, at: element, offset: place)])
    }
    code.readPointer(1, from: mount, mountID, slot)
    code.append(.storeDoubleWord(1, at: element, offset: 0))
    copyWord(mount, mountGroup, to: 16)
    // The kernel's own mounts have an error number in place of a namespace: MNT_NS_INTERNAL is -EINVAL.
    code.append(.storeDoubleWord(immediate: -1, at: element, offset: 8))
    code.readPointer(1, from: mount, mountNamespace, slot)
    code.jump(hasPlace) { .jump(ifDoubleWord: 1, -22, offset: $0) }
    code.append(.storeDoubleWord(immediate: 0, at: element, offset: 8))
    code.jump(hasPlace) { .jump(ifDoubleWord: 1, 0, offset: $0) }
    code.read(8, from: 1, mountNamespaceID, toStack: slot)
    code.append([.loadDoubleWord(1, from: 10, offset: slot), .storeDoubleWord(1, at: element, offset: 8)])
    code.readPointer(1, from: mount, mountNamespace, slot)
    copyWord(1, mountNamespaceNumber, to: 24)
    code.place(hasPlace)
  }

  /// Ends the program where one of a superblock's inodes is mapped, or where there are too many to look at.
  private func walkInodes(_ code: inout BPFAssembly, head: UInt8, superblock: UInt8, slot: Int16) {
    let done = code.label()
    let inode: UInt8 = 6
    // Word 3 counts them, above the bits of the state.
    code.readPointer(inode, from: superblock, superblockInodes, slot)
    let loop = code.here()
    code.jump(code.end) { .jumpIfTooLong(offset: $0) }
    code.append([.moveDoubleWord(1, from: superblock), .add(1, Int32(superblockInodes))])
    code.jump(done) { .jump(ifSame: inode, 1, offset: $0) }
    code.append([
      .loadDoubleWord(1, from: head, offset: 24), .add(1, 4), .storeDoubleWord(1, at: head, offset: 24),
    ])
    code.jump(code.end) { .jump(ifMore: 1, Self.mostInodes * 4, offset: $0) }
    code.append(.add(inode, -Int32(inodeNext)))
    code.readPointer(9, from: inode, inodeSuperblock, slot)
    code.jump(code.end) { .jump(ifOther: 9, superblock, offset: $0) }
    code.readPointer(9, from: inode, inodeMapping, slot)
    code.readPointer(9, from: 9, mappingMaps, slot)
    code.jump(code.end) { .jump(ifNotDoubleWord: 9, 0, offset: $0) }
    code.readPointer(inode, from: inode, inodeNext, slot)
    code.jump(loop) { .jump(offset: $0) }
    code.place(done)
  }
}
