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
      A line for each mount that is attached, detached, moved or changed, with the time, the process that did it and \
      the namespace that it happened in.

      Since Linux 6.15 the kernel tells of what is attached, detached and moved, and who did it: nothing is lost. \
      Before, the tables are compared whenever the kernel says that one has changed: what comes and goes between two \
      readings is missed, and who did it is not known. If the kernel's queue overflows, which happens only without \
      privilege, that is told, and the tables are compared.

      Changes of attributes and of propagation are seen at once when they are made with mount_setattr(2) or a remount; \
      those by mount(2) with MS_SHARED and its like, and those of a file system by fsconfig(2), within --interval. So \
      are, with --all, namespaces that begin and end: one that lives shorter can be missed, and what is mounted in a \
      new one before it is found is counted, not told.

      Ends with Ctrl-C or SIGTERM, with status 0; when --timeout ends it before --count is reached, with 124.

      Examples:
        berth mounts watch
        berth mounts watch web --json | jq -r .path
        berth mounts watch host --path /srv --count 1 --timeout 10
                                          wait for a mount at /srv
        berth mounts watch --all --timeout 60
      """
  )

  @Argument(help: ArgumentHelp("Whose mounts; none is this shell's.", valueName: "target")) var targets: [String] = []
  @Flag(help: "Watch every namespace, and those that begin later.") var all = false
  @Flag(help: "Print a line of JSON for each event.") var json = false
  @Option(help: ArgumentHelp("End after so many events.", valueName: "number")) var count: Int?
  @Option(help: ArgumentHelp("End after so many seconds.", valueName: "seconds")) var timeout: Double?
  @Option(help: ArgumentHelp("Look for what the kernel does not tell this often.", valueName: "seconds"))
  var interval = 1.0
  @Option(help: ArgumentHelp("Only what is mounted at the path and below it, or is not known.", valueName: "path"))
  var path: String?
  @Option(help: ArgumentHelp("Only file systems of this type; may be repeated.", valueName: "type"))
  var type: [String] = []
  @Flag(help: "Compare tables, as on a kernel that does not tell.") var poll = false
  @Flag(help: .hidden) var limitedQueue = false

  func validate() throws {
    if let count, count < 1 { throw ValidationError("--count \(count): at least 1 event") }
    if let timeout, !(0...1e9 ~= timeout) { throw ValidationError("--timeout \(timeout): not a number of seconds") }
    if !(0.01...86400 ~= interval) { throw ValidationError("--interval \(interval): from 0.01 to 86400 seconds") }
    if all, !targets.isEmpty { throw ValidationError("--all watches every namespace: it takes no target") }
  }

  func run() throws {
    let resolver = InstrumentSupport.resolver()
    let targets = try (targets.isEmpty ? ["self"] : targets).map { try InstrumentSupport.resolve($0, resolver) }
    let state = Self.machine(resolver.named)
    let places = try path.map { path in try targets.map { try InstrumentSupport.resolved(path, $0) } }
    var namespaces = state.namespaces
    if all {
      InstrumentSupport.tell(state.unseen)
    } else {
      namespaces = namespaces.filter { namespace in targets.contains { $0.inode == namespace.inode } }
    }
    var told = 0
    let settings = MountWatch.Settings(
      all: all,
      polling: poll,
      limited: limitedQueue,
      milliseconds: max(1, Int(interval * 1000))
    )
    let watch = MountWatch(namespaces, settings, machine: { Self.machine(resolver.named) }) { event in
      guard takes(event.change, places), told < count ?? .max, let time = try? Syscall.now() else { return }
      told += 1
      write(json ? Prose(verbatim: event.json(at: time)) : event.text(at: time))
    }
    if watch.counts.all == 0 {
      throw ExitCode(fail("watch: the mounts of the namespace cannot be read; that may need root", status: 2))
    }
    write("berth: \(Self.words(watch.counts))\n", toError: true)
    if let unseen = watch.unseen { InstrumentSupport.tell([unseen]) }
    try follow(watch) { told >= count ?? .max }
    if let count, told < count, timeout != nil { throw ExitCode(124) }
  }

  private static func machine(_ named: [NamespaceState]) -> MachineState {
    let scan = ProcessScan.readProc()
    let containers = ContainerScan.read(scan, known: InstrumentSupport.ownContainers(scan))
    return MachineReader(scan: scan, containers: containers, named: named).state([])
  }

  /// What is watched, and how.
  private static func words(_ counts: (all: Int, withNotices: Int)) -> String {
    let all = "watching \(counts.all) namespace\(counts.all == 1 ? "" : "s")"
    if counts.withNotices == counts.all { return "\(all): the kernel tells of mounts" }
    if counts.withNotices == 0 { return "\(all): by comparing tables when they change" }
    return "\(all): the kernel tells of mounts in \(counts.withNotices), tables are compared for the others"
  }

  private func follow(_ watch: MountWatch, stop: () -> Bool) throws {
    do throws(Errno) {
      let signals = SignalSet([Signal.interrupt, Signal.terminate])
      _ = try Syscall.setBlockedSignals(signals)
      let end = try Syscall.signalDescriptor(signals)
      let deadline = timeout.map { Syscall.monotonicNanoseconds + Int($0 * 1e9) }
      try watch.run(until: end.borrowed, deadline: deadline, stop: stop)
      if !all, watch.counts.all == 0 { write("berth: no namespace is left to watch\n", toError: true) }
    } catch {
      throw ExitCode(fail("watching: \(error)", status: 2))
    }
  }

  /// Whether the filters let it through. What is not known to be elsewhere is told.
  private func takes(_ change: WatchedChange, _ places: [String]?) -> Bool {
    guard let entry = change.entry else { return true }
    if !type.isEmpty, !type.contains(entry.type) { return false }
    return places?.contains { isPath(entry.mountPoint, within: $0) } ?? true
  }
}
