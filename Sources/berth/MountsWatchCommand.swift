import ArgumentParser
import ContainerRuntime
import Instruments
import LinuxABI
import LinuxSyscalls
import MachineReading
import MountNamespace
import SystemPackage

/// `berth mounts watch`: mounts and unmounts as they happen.
struct MountsWatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Tell of mounts, unmounts and moves as they happen, in one namespace or in all.",
    discussion: """
      Since Linux 6.15 the kernel tells of what is attached, detached and moved, and nothing is lost; before, the tables \
      are read five times a second. Changes of propagation and of attributes, and with --all namespaces that begin and \
      end, are looked for once a second: of these the kernel tells nothing. Ends with Ctrl-C, with status 0.

      Examples:
        berth mounts watch
        berth mounts watch web --json | jq -r .path
        berth mounts watch --all --timeout 60
      """
  )

  @Argument(help: ArgumentHelp("Whose mounts; none is this shell's.", valueName: "target")) var targets: [String] = []
  @Flag(help: "Watch every namespace, and those that begin later.") var all = false
  @Flag(help: "Print a line of JSON for each event.") var json = false
  @Option(help: ArgumentHelp("End after so many events.", valueName: "number")) var count: Int?
  @Option(help: ArgumentHelp("End after so many seconds.", valueName: "seconds")) var timeout: Int?
  @Option(help: ArgumentHelp("Only what is mounted at the path and below it.", valueName: "path")) var path: String?
  @Option(help: ArgumentHelp("Only file systems of this type.", valueName: "type")) var type: String?
  @Flag(help: "Read the tables again and again, as on a kernel that does not tell.") var poll = false
  @Flag(help: .hidden) var limitedQueue = false

  func run() throws {
    let resolver = InstrumentSupport.resolver()
    let state = MachineReader(scan: resolver.scan, containers: resolver.containers).state([])
    var namespaces = state.namespaces
    if !all {
      let inodes = try (targets.isEmpty ? ["self"] : targets).map { try InstrumentSupport.resolve($0, resolver).inode }
      namespaces = namespaces.filter { inodes.contains($0.inode) }
    }
    var told = 0
    let watch = MountWatch(namespaces, all: all, polling: poll, limited: limitedQueue) { event in
      guard takes(event), told < count ?? .max, let time = try? Syscall.now() else { return }
      told += 1
      write(json ? event.json(at: time) : event.text(at: time))
    }
    let way = watch.hasNotices ? "the kernel tells of mounts" : "the tables are read five times a second"
    write("berth: watching \(watch.count) namespace\(watch.count == 1 ? "" : "s"): \(way)\n", toError: true)
    try follow(watch) { told >= count ?? .max }
  }

  private func follow(_ watch: MountWatch, stop: () -> Bool) throws {
    do throws(Errno) {
      let signals = SignalSet([Signal.interrupt, Signal.terminate])
      _ = try Syscall.setBlockedSignals(signals)
      let end = try Syscall.signalDescriptor(signals)
      let start = try Syscall.now().seconds
      try watch.run(until: end.borrowed, every: watch.hasNotices ? 1000 : 200) {
        stop() || timeout.map { limit in ((try? Syscall.now().seconds) ?? 0) - start >= limit } ?? false
      }
    } catch {
      throw ExitCode(fail("watching: \(error)", status: 1))
    }
  }

  private func takes(_ event: MountEvent) -> Bool {
    if let type, event.entry?.type != type { return false }
    guard let path else { return true }
    return event.entry.map { isPath($0.mountPoint, within: path) } ?? false
  }
}
