import CgroupExecution
import Cgroups
import ContainerPlan
import Criu
import JSON
import LinuxABI
import LinuxSyscalls
import MountNamespace
import OCISpec
import SystemPackage

extension Runtime {
  /// Saves a running container to files, with criu(8). It is gone then, unless it is left running.
  package func checkpoint(_ id: String, _ options: CheckpointOptions) throws(RuntimeFailure) {
    try options.checkCaller("checkpoint")
    let directory = try store.open(id)
    try directory.lock()
    let record = try directory.knownRecord()
    let status = directory.status(record)
    if status == .creating { throw .notCreated(id) }
    guard status == .running || status == .paused else {
      throw RuntimeFailure("cannot checkpoint container \"\(id)\": it is \(status.rawValue), not running")
    }
    let spec = try directory.spec()
    let image = try CheckpointDirectories(options)
    let outside = try OutsideOfContainer(of: record, spec)
    var request = options.options
    image.enter(&request, logFile: "dump.log")
    request.processID = record.processID
    request.root = record.rootfs
    request.hasOrphanTerminals = true
    request.external = outside.external
    request.freezeCgroup = freezer(record)
    if options.hasEmptyNetwork { request.emptyNamespaces = NamespaceType.network.cloneFlag }
    request.tracksMemory = options.isPreDump || request.parentImage != nil
    try image.write(outside.descriptors)
    let criu = try CriuProcess.start(options.program, logPath: image.logPath("dump.log"), isSilent: true)
    _ = try criu.ask(options.isPreDump ? .preDump(request) : .dump(request)) { _, _, _ throws(RuntimeFailure) in }
    if !options.isPreDump, !request.isLeftRunning { try delete(record, directory) }
  }

  /// The cgroup that criu freezes, so that no process escapes while it looks; nil where there is none to be frozen.
  private func freezer(_ record: ContainerRecord) -> String? {
    guard let cgroup = record.containerCgroup else { return nil }
    return cgroup.version == .v2 ? cgroup.unified?.path : cgroup.directory("freezer")?.path
  }
}

extension CheckpointOptions {
  func checkCaller(_ verb: String) throws(RuntimeFailure) {
    if Caller.probeIsRootless() {
      throw RuntimeFailure("\(verb) needs root: criu reads and makes processes of all users")
    }
  }
}

/// The directories that criu works in, open.
struct CheckpointDirectories: ~Copyable {
  private let image: Descriptor
  private let work: Descriptor
  private let workPath: String

  init(_ options: CheckpointOptions, isMade: Bool = false) throws(RuntimeFailure) {
    let (imagePath, workPath) = (options.imagePath, options.workPath ?? options.imagePath)
    let image = try attempt("--image-path \(imagePath)") { () throws(Errno) in
      if !isMade { try Syscall.makeDirectories(imagePath) }
      return try Syscall.open(imagePath, .directory)
    }
    let work = try attempt("--work-path \(workPath)") { () throws(Errno) in
      try Syscall.makeDirectories(workPath)
      return try Syscall.open(workPath, .directory)
    }
    self.image = image
    self.work = work
    self.workPath = workPath
  }

  private static var descriptorsName: String { "descriptors.json" }

  func logPath(_ name: String) -> String { "\(workPath)/\(name)" }

  func enter(_ options: inout CriuOptions, logFile: String) {
    options.imageDirectory = image.rawValue
    options.workDirectory = work.rawValue
    options.logFile = logFile
  }

  /// Keeps what the container's first three descriptors were.
  func write(_ descriptors: [String]) throws(RuntimeFailure) {
    try attempt("write \(Self.descriptorsName)") { () throws(Errno) in
      let flags: OpenFlags = [.writeOnly, .create, .truncate, .noFollow, .nonBlocking, .noTerminal]
      let file = try Syscall.open(at: image.borrowed, Self.descriptorsName, flags, permissions: 0o600)
      try Syscall.write(Array(JSONValue.strings(descriptors).text.utf8), to: file.borrowed)
    }
  }

  /// Those of them that come from who restores.
  func descriptors() throws(RuntimeFailure) -> [CriuOptions.Inherited] {
    let bytes: [UInt8]
    do throws(ForeignFileFailure) {
      bytes = try ForeignFile(at: image.borrowed, Self.descriptorsName, limit: 1 << 16).contents()
    } catch {
      throw RuntimeFailure("read \(Self.descriptorsName) of the image: \(error)")
    }
    guard case .array(let values)? = try? JSONValue(parsing: bytes) else {
      throw RuntimeFailure("\(Self.descriptorsName) of the image is damaged")
    }
    var inherited: [CriuOptions.Inherited] = []
    for (number, value) in values.prefix(3).enumerated() {
      guard case .string(let key) = value, key.hasPrefix("pipe:") || key.hasPrefix("file[") else { continue }
      inherited.append(CriuOptions.Inherited(key: key, descriptor: Int32(number)))
    }
    return inherited
  }
}

/// What a container has of its host's: criu saves none of it, and gets it again when it restores.
private struct OutsideOfContainer {
  private(set) var external: [String] = []
  /// What the first three descriptors of the container's process are.
  private(set) var descriptors: [String] = []

  init(of record: ContainerRecord, _ spec: Spec) throws(RuntimeFailure) {
    let process = "/proc/\(record.processID)"
    let mounts = try attempt("read \(process)/mountinfo") { () throws(Errno) in
      MountTable(mountinfo: String(decoding: try Syscall.contents(of: "\(process)/mountinfo"), as: UTF8.self)).entries
    }
    external = ExternalMount.all(of: mounts, spec).map { "mnt[\($0)]:\($0)" }
    for namespace in ExternalNamespace.all(of: spec) {
      let link = try attempt("read \(process)/ns/\(namespace.name)") { () throws(Errno) in
        try Syscall.readLink(at: .workingDirectory, "\(process)/ns/\(namespace.name)")
      }
      external.append("\(link):\(namespace.key)")
    }
    for number in 0..<3 { try addDescriptor("\(process)/fd/\(number)", "\(process)/fdinfo/\(number)", mounts) }
  }

  private mutating func addDescriptor(_ path: String, _ infoPath: String, _ mounts: [MountEntry]) throws(RuntimeFailure)
  {
    guard let target = try? Syscall.readLink(at: .workingDirectory, path) else {
      return descriptors.append("")  // It is closed.
    }
    guard target.hasPrefix("/") else { return descriptors.append(target) }
    let info = try attempt("read \(infoPath)") { () throws(Errno) in
      String(decoding: try Syscall.contents(of: infoPath), as: UTF8.self)
    }
    guard let mount = Self.number("mnt_id:", info), let file = Self.number("ino:", info),
      !mounts.contains(where: { $0.id == mount })
    else { return descriptors.append(target) }
    let key = "file[\(String(mount, radix: 16)):\(String(file, radix: 16))]"
    external.append(key)
    descriptors.append(key)
  }

  /// A number of proc_pid_fdinfo(5).
  private static func number(_ name: String, _ info: String) -> UInt64? {
    for line in info.split(separator: "\n") where line.hasPrefix(name) {
      return UInt64(line.dropFirst(name.count).drop { $0 == "\t" || $0 == " " })
    }
    return nil
  }
}

/// The mounts of a container that are not its own.
enum ExternalMount {
  /// Where they are: the binds of the specification, and of the others those whose file system the container sees in
  /// part alone.
  static func all(of mounts: [MountEntry], _ spec: Spec) -> [String] {
    let binds = binds(of: spec).map(\.mountPoint)
    guard let root = mounts.first(where: { $0.mountPoint == "/" }) else { return [] }
    let rest = mounts.filter { $0.mountPoint != "/" && !binds.contains($0.mountPoint) }
    let own = rest.filter { $0.root == "/" }.map(\.device)
    let parts = rest.filter { mount in
      let isOfRoot = mount.device == root.device && isPath(mount.root, within: root.root)
      return mount.root != "/" && !isOfRoot && !own.contains(mount.device)
    }
    return mounts.map(\.mountPoint).filter(binds.contains) + parts.map(\.mountPoint)
  }

  /// The binds of a specification, each with its source.
  static func binds(of spec: Spec) -> [(mountPoint: String, source: String)] {
    (spec.mounts ?? []).compactMap { mount in
      let isBind = mount.type == "bind" || (mount.options ?? []).contains { $0 == "bind" || $0 == "rbind" }
      guard isBind, let source = mount.source else { return nil }
      return (normalized("/" + mount.destination), source)
    }
  }
}

/// A namespace of a container that others are in too.
struct ExternalNamespace: Hashable {
  /// Its file in proc_pid_ns(5).
  var name: String
  var key: String
  var path: String

  static func all(of spec: Spec) -> [ExternalNamespace] {
    (spec.linux?.namespaces ?? []).compactMap { namespace in
      guard let path = namespace.path, !path.isEmpty else { return nil }
      return switch namespace.type {
      case "network": ExternalNamespace(name: "net", key: "extRootNetNS", path: path)
      case "pid": ExternalNamespace(name: "pid", key: "extRootPidNS", path: path)
      default: nil
      }
    }
  }
}
