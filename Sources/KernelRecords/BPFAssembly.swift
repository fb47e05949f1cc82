import LinuxABI

/// A BPF program that is being written, with labels for the places that it goes on at.
struct BPFAssembly {
  /// A place in the program; what goes on there may be written before it.
  struct Label: Hashable { fileprivate var number: Int }

  /// What a step goes on to when it cannot be done: the end of the program.
  let end = Label(number: 0)

  private var instructions: [BPFInstruction] = []
  private var places: [Int?] = [nil]
  private var jumps: [(position: Int, label: Label)] = []

  mutating func label() -> Label {
    places.append(nil)
    return Label(number: places.count - 1)
  }

  /// A label for the place that is written next.
  mutating func here() -> Label {
    let label = label()
    place(label)
    return label
  }

  mutating func place(_ label: Label) { places[label.number] = instructions.count }

  mutating func append(_ instruction: BPFInstruction) { instructions.append(instruction) }

  mutating func append(_ instructions: [BPFInstruction]) { self.instructions += instructions }

  /// Adds an instruction that may go on at a label.
  mutating func jump(_ label: Label, _ instruction: (_ offset: Int16) -> BPFInstruction) {
    jumps.append((instructions.count, label))
    instructions.append(instruction(0))
  }

  /// Reads some bytes of the kernel's memory to an offset of the stack, 0 where there is none. Registers 0 to 5 are lost.
  mutating func read(_ count: Int, from base: UInt8, _ offset: Int, toStack slot: Int16) {
    append([.moveDoubleWord(3, from: base), .add(3, Int32(offset))])
    append([.moveDoubleWord(1, from: 10), .add(1, Int32(slot)), .move(2, Int32(count)), .call(.probeReadKernel)])
  }

  /// Reads a pointer of the kernel's memory into a register, by way of a slot of the stack. Registers 0 to 5 are lost.
  mutating func readPointer(_ register: UInt8, from base: UInt8, _ offset: Int, _ slot: Int16) {
    read(8, from: base, offset, toStack: slot)
    append(.loadDoubleWord(register, from: 10, offset: slot))
  }

  /// Writes some bytes of the stack to what the iterator's reader reads; register 6 has the program's argument.
  mutating func write(_ count: Int, ofStack slot: Int16) {
    append(.loadDoubleWord(1, from: 6, offset: 0))
    append(.loadDoubleWord(1, from: 1, offset: 0))
    append(.moveDoubleWord(2, from: 10))
    append(.add(2, Int32(slot)))
    append(.move(3, Int32(count)))
    append(.call(.sequenceWrite))
  }

  /// The whole program, which ends with 0.
  consuming func program() -> [BPFInstruction] {
    place(end)
    append([.move(0, 0), .exit])
    for (position, label) in jumps {
      guard let target = places[label.number] else { preconditionFailure("a label without a place") }
      instructions[position].offset = Int16(target - position - 1)
    }
    return instructions
  }
}
