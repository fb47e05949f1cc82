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
    let resolver = InstrumentSupport.resolver(paths: true)
    let search = HolderSearch(scan: resolver.scan, containers: resolver.containers)
    guard let device = device(resolver) else {
      throw ExitCode(
        fail(
          "\(subject): it is no path, and no mount has this source; give a path, a device, or major:minor",
          status: 1
        )
      )
    }
    let report = search.report(subject, device: device)
    write(json ? report.json.indentedText + "\n" : report.text)
    if !json { InstrumentSupport.tell(report.unseen) }
    guard release, !report.isFree else { return }
    guard yes || confirms() else { throw ExitCode(fail("nothing was released", status: 1)) }
    let releases = search.release(report)
    for release in releases { write("\(release.words)\n", toError: json) }
    if releases.contains(where: \.isLeft) { throw ExitCode(1) }
  }

  /// The device number of the file system that is asked for.
  private func device(_ resolver: TargetResolver) -> DeviceNumber? {
    if let number = DeviceNumber(text: subject) { return number }
    if let file = try? Syscall.open(subject, .path), let status = try? Syscall.status(of: file.borrowed) {
      if status.kind == .blockDevice { return status.device }
      // By the mount, since on btrfs a file's device number is not the mount's.
      let table = try? MountTable.read(process: Syscall.processID)
      let entry = (try? Syscall.mountID(of: file.borrowed)).flatMap { id in table?.entries.first { $0.id == id } }
      return entry.flatMap { DeviceNumber(text: $0.device) } ?? status.fileSystem
    }
    let state = MachineReader(scan: resolver.scan, containers: resolver.containers).state(.tables)
    let entry = state.namespaces.lazy.compactMap(\.table).flatMap(\.entries).first { $0.source == subject }
    return entry.flatMap { DeviceNumber(text: $0.device) }
  }

  private func confirms() -> Bool {
    write("Unmount it in these namespaces? [y/N] ", toError: true)
    let answer = (try? Syscall.read(.standardInput, count: 16)) ?? []
    return answer.first == UInt8(ascii: "y") || answer.first == UInt8(ascii: "Y")
  }
}

extension DeviceNumber {
  /// Reads `8:1`.
  fileprivate init?(text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let major = UInt32(parts[0]), let minor = UInt32(parts[1]) else { return nil }
    self.init(major: major, minor: minor)
  }
}
