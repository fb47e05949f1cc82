import ArgumentParser
import ContainerRuntime
import Instruments
import JSON
import LinuxABI
import LinuxSyscalls
import MachineReading
import MountNamespace
import SystemPackage

/// `berth mounts holders`: who keeps a mount or a file system busy.
struct MountsHoldersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "holders",
    abstract: "Say who keeps a mount, a device or a file system busy, in every namespace.",
    discussion: """
      Shown are the mounts of the same file system in all namespaces, with the containers and processes there, or what \
      keeps a namespace without a process; and the processes that work in it, have it as root, or have a file open. \
      Each stands with the command that ends it.

      --release unmounts it in the other namespaces, after asking; what another mount covers, what has others below it, and \
      the root of a namespace are left, with status 1. Where a process of this namespace uses the mount, a \
      copy takes the mount's place, which umount(8) can then unmount; the process keeps the old one, and with it the \
      file system, until it leaves. No process is ended.

      Examples:
        berth mounts holders /mnt/usb
        berth mounts holders /dev/loop3
        berth mounts holders server:/export --release --yes
      """
  )

  @Argument(
    help: ArgumentHelp("A path, a block device, a source as mountinfo has it, or major:minor.", valueName: "subject")
  )
  var subject: String
  @Flag(help: "Unmount it wherever it is held, but in this namespace.") var release = false
  @Flag(help: "Do not ask before releasing.") var yes = false
  @Flag(help: "Print JSON.") var json = false

  func run() throws {
    try HoldersRequest(subject: subject, releases: release, isConfirmed: yes, json: json).carryOut()
  }
}

/// What is asked of `berth mounts holders`: for a subject without options, ArgumentParser is not asked, which takes as long as the answer.
struct HoldersRequest {
  var subject: String
  var releases = false
  var isConfirmed = false
  var json = false

  func carryOut() throws {
    let program = releases ? try InstrumentSupport.sealedProgram() : nil
    // Open for as long as it is asked about.
    let file = DeviceNumber(text: subject) == nil ? try? Syscall.open(subject, .path) : nil
    guard let choice = choice(file.borrowed) else {
      let message = "it is no path, and no mount has this source; give a path, a device, or major:minor"
      throw ExitCode(fail("\(subject): \(message)", status: 2))
    }
    let resolver = InstrumentSupport.resolver(fileSystem: choice)
    let search = HolderSearch(scan: resolver.scan, containers: resolver.containers)
    let report = try search.report(subject, choice)
    write(json ? Prose(verbatim: report.json.indentedText + "\n") : report.text)
    if !json { InstrumentSupport.tell(report.unseen) }
    if releases, resolver.scan[Syscall.processID] == nil {
      throw ExitCode(fail("/proc does not show even this process: nothing was released", status: 1))
    }
    guard let program, !report.isFree else { return }
    guard isConfirmed || confirms() else { throw ExitCode(fail("nothing was released", status: 1)) }
    let releases = search.release(report, as: program)
    for release in releases { write("\(release.words)\n", toError: json) }
    if releases.contains(where: \.isLeft) { throw ExitCode(1) }
  }

  /// What the subject names: a device number, a file's file system, or that of a mount's source.
  private func choice(_ file: FileDescriptor?) -> FileSystemChoice? {
    if let number = DeviceNumber(text: subject) { return .device(number) }
    if let file, let status = try? Syscall.status(of: file) {
      return status.kind == .blockDevice ? .device(status.device) : .file(file)
    }
    // Most often it is mounted here too, and the other namespaces need not be read.
    let own = try? MountTable.read(process: Syscall.processID)
    if let device = own.flatMap({ Self.device(ofSource: subject, in: $0) }) { return .device(device) }
    let resolver = InstrumentSupport.resolver()
    let state = MachineReader(resolver).state(.tables)
    return state.namespaces.lazy.compactMap { $0.table.flatMap { Self.device(ofSource: subject, in: $0) } }.first
      .map { .device($0) }
  }

  private static func device(ofSource source: String, in table: MountTable) -> DeviceNumber? {
    table.entries.first { $0.source == source }.flatMap { DeviceNumber(text: $0.device) }
  }

  private func confirms() -> Bool {
    write("Unmount it in these namespaces? [y/N] ", toError: true)
    let answer = (try? Syscall.read(.standardInput, count: 16)) ?? []
    return answer.first == UInt8(ascii: "y") || answer.first == UInt8(ascii: "Y")
  }
}
