import Instruments
import KernelRecords
import LinuxABI
import LinuxSyscalls
import MountNamespace
import SystemPackage

/// How a file is known to be on a file system.
struct FileSystemMarks: Sendable {
  let device: DeviceNumber
  /// The ids of its mounts, where files have other device numbers than the mount: on btrfs and overlayfs.
  let mountIDs: Set<UInt64>
  /// As /proc/PID/maps writes the device: `fe:00`.
  let mapsText: [UInt8]

  init(device: DeviceNumber, mounts: [MountEntry]) {
    self.device = device
    let hasOtherNumbers = mounts.contains { ["btrfs", "overlay"].contains($0.type) }
    mountIDs = hasOtherNumbers ? Set(mounts.map(\.id)) : []
    func hexadecimal(_ number: UInt32) -> String {
      let digits = String(number, radix: 16)
      return digits.count < 2 ? "0" + digits : digits
    }
    mapsText = Array(" \(hexadecimal(device.major)):\(hexadecimal(device.minor)) ".utf8)
  }

  /// Whether a file is on the file system.
  func match(_ file: FilePlace) -> Bool { file.fileSystem == device || mountIDs.contains(file.mountID) }
}

/// Where a process may use files of a file system.
struct FilePlaces: Sendable {
  var tasks: TaskRecord.Uses = []
  /// Its open files, as paths below /proc/PID; nil is all that it has.
  var descriptors: [(path: String, number: Int32)]? = []
  /// How many more it has open.
  var moreDescriptors = 0
  var maybeMaps = false

  /// Anywhere.
  static var all: Self { Self(tasks: [.workingDirectory, .root, .program], descriptors: nil, maybeMaps: true) }
}

extension HolderSearch {
  /// Where processes use files of a superblock, by their ids; nil when the kernel refuses to tell.
  func places(on superblock: SuperblockRecord) -> [Int32: FilePlaces]? {
    var counts: [Int32: Int] = [:]
    let files = scan.kernel?.openFiles(superblock: superblock.address) { file in
      counts[file.process, default: 0] += 1
      return counts[file.process, default: 0] <= mostFiles(of: file.process)
    }
    guard let files else { return nil }
    var places = scan.users.mapValues { FilePlaces(tasks: $0, maybeMaps: superblock.mayBeMapped) }
    if superblock.mayBeMapped {
      for facts in scan.processes { places[facts.process.id, default: FilePlaces()].maybeMaps = true }
    }
    for file in files {
      // A thread can have files that its process has not.
      let directory = file.thread == file.process ? "" : "task/\(file.thread)/"
      places[file.process, default: FilePlaces()].descriptors?.append(
        ("\(directory)fd/\(file.descriptor)", file.descriptor)
      )
    }
    for (process, count) in counts where count > mostFiles(of: process) {
      places[process]?.moreDescriptors = count - mostFiles(of: process)
    }
    return places
  }

  /// How many open files of one process are told: it may have as many as it likes, and a user may have many such processes.
  private func mostFiles(of process: Int32) -> Int { scan[process]?.process.user == 0 ? 100 : 20 }

  /// What a process uses, and what was not looked at, as sentences.
  struct ProcessUses: Sendable {
    var uses: [HolderReport.Use] = []
    var unseen: [String] = []
  }

  /// What a process uses of a file system, looked for at some places.
  func uses(
    by facts: ProcessFacts,
    of fileSystem: FileSystemMarks,
    at places: FilePlaces,
    _ budget: ReadingBudget
  ) -> ProcessUses {
    guard facts.process.id != Syscall.processID,
      let process = try? Syscall.open("/proc/\(facts.process.id)", [.path, .directory])
    else { return ProcessUses() }
    let most = mostFiles(of: facts.process.id)
    var uses: [HolderReport.Use] = []
    var unseen: [String] = []
    var moreFiles = places.moreDescriptors
    func look(_ place: String, _ kind: HolderReport.Use.Kind) {
      // What is gone meanwhile is on none.
      guard let file = try? Syscall.place(at: process.borrowed, place), fileSystem.match(file) else { return }
      guard uses.count < most + 3 else { return moreFiles += 1 }
      add(kind, (try? Syscall.readLink(at: process.borrowed, place)) ?? "?")
    }
    func add(_ kind: HolderReport.Use.Kind, _ path: String) {
      uses.append(
        HolderReport.Use(
          process: facts.process,
          kind: kind,
          path: path,
          container: containers.container(of: facts),
          isOwn: facts.namespaces[.mount] == own
        )
      )
    }
    if places.tasks.contains(.workingDirectory) { look("cwd", .workingDirectory) }
    if places.tasks.contains(.root), !MachineReader.hasRootOfNamespace(facts.process.id) { look("root", .root) }
    if places.tasks.contains(.program) { look("exe", .program) }
    if let descriptors = places.descriptors {
      for (path, number) in descriptors { look(path, .file(descriptor: number)) }
    } else {
      let (numbers, isWhole) = ProcessScan.openFiles(of: facts.process, process.borrowed, budget)
      for number in numbers { look("fd/\(number)", .file(descriptor: number)) }
      if !isWhole {
        unseen.append(
          "not all files of \(facts.process.id) \(facts.process.command) were looked at: it has too many open"
        )
      }
    }
    if moreFiles > 0 {
      unseen.append("\(facts.process.id) \(facts.process.command) has \(moreFiles) more files of it open")
    }
    if places.maybeMaps, !uses.contains(where: { $0.kind == .program }) {
      switch mappedFile(process.borrowed, fileSystem, facts.process.user == 0 ? nil : budget) {
      case .found(let path): add(.mapped, path)
      case .none: break
      case .unread:
        unseen.append(
          "not all memory of \(facts.process.id) \(facts.process.command) was looked at: it has too many maps"
        )
      }
    }
    return ProcessUses(uses: uses, unseen: unseen)
  }

  /// What the maps of a process's memory tell of a file system.
  private enum MappedFile {
    case none, unread
    case found(path: String)
  }

  /// The first file of a file system that is part of a process's memory, proc_pid_maps(5).
  private func mappedFile(
    _ process: FileDescriptor,
    _ fileSystem: FileSystemMarks,
    _ budget: ReadingBudget?
  ) -> MappedFile {
    guard let maps = try? Syscall.open(at: process, "maps", []) else { return .none }
    var lines: [UInt8] = []
    var count = 0
    while let part = try? Syscall.read(maps.borrowed, count: 65536), !part.isEmpty {
      lines += part
      count += part.count
      // A line may go on in the next part.
      guard let end = lines.lastIndex(of: UInt8(ascii: "\n")) else { continue }
      if let path = Self.mappedFile(lines[...end], fileSystem.mapsText) { return .found(path: path) }
      lines.removeSubrange(...end)
      if let budget, count > Self.mostMapBytes, (try? budget.take(part.count)) == nil { return .unread }
    }
    return .none
  }

  /// What is read of the maps of each user's process; more only as long as the budget lasts.
  private static var mostMapBytes: Int { 32 << 10 }

  private static func mappedFile(_ bytes: ArraySlice<UInt8>, _ wanted: [UInt8]) -> String? {
    // One pass over all lines: few have the device, and there are thousands.
    var index = bytes.startIndex
    while let space = bytes[index...].firstIndex(of: UInt8(ascii: " ")) {
      index = space + 1
      guard space + wanted.count <= bytes.endIndex, bytes[space + wanted.count - 1] == UInt8(ascii: " "),
        bytes[space..<(space + wanted.count)].elementsEqual(wanted)
      else { continue }
      let path = bytes[space...].drop { $0 != UInt8(ascii: "/") }.prefix { $0 != UInt8(ascii: "\n") }
      return String(decoding: path, as: UTF8.self)
    }
    return nil
  }

  /// What the kernel itself has of a file system, or of its device.
  static func pins(on device: DeviceNumber) -> [HolderReport.Pin] {
    var pins: [HolderReport.Pin] = []
    if let loops = try? Syscall.open("/sys/block", .directory), let entries = try? Syscall.entries(of: loops.borrowed) {
      for entry in entries where entry.name.hasPrefix("loop") {
        guard let path = line("/sys/block/\(entry.name)/loop/backing_file"), isFile(path, on: device) else { continue }
        pins.append(
          HolderReport.Pin(
            words: "the loop device /dev/\(entry.name) reads \(path)",
            command: shellLine(["losetup", "--detach", "/dev/\(entry.name)"])
          )
        )
      }
    }
    let swaps = (try? Syscall.contents(of: "/proc/swaps")) ?? []
    for row in String(decoding: swaps, as: UTF8.self).split(separator: "\n").dropFirst() {
      guard let path = row.split(separator: " ").first.map(String.init), isFile(path, on: device) else { continue }
      pins.append(HolderReport.Pin(words: "the machine swaps to \(path)", command: shellLine(["swapoff", path])))
    }
    let holders = "/sys/dev/block/\(device.major):\(device.minor)/holders"
    if let directory = try? Syscall.open(holders, .directory),
      let entries = try? Syscall.entries(of: directory.borrowed)
    {
      for entry in entries {
        pins.append(
          HolderReport.Pin(
            words: "the device /dev/\(entry.name) is built on it",
            command: shellLine(
              (entry.name.hasPrefix("dm-") ? ["dmsetup", "remove"] : ["mdadm", "--stop"]) + ["/dev/\(entry.name)"]
            )
          )
        )
      }
    }
    return pins
  }

  private static func isFile(_ path: String, on device: DeviceNumber) -> Bool {
    guard let status = try? Syscall.status(path: path) else { return false }
    return status.fileSystem == device || (status.kind == .blockDevice && status.device == device)
  }

  private static func line(_ path: String) -> String? {
    guard let bytes = try? Syscall.contents(of: path) else { return nil }
    return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }
}
