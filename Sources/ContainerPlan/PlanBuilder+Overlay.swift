import LinuxABI
import MountNamespace
import OCISpec

extension PlanBuilder {
  /// A directory with a copy-on-write layer over it, and a layer over each file system that is mounted below.
  mutating func planOverlaidRoot(lower: String, layers kept: String?, isReadOnly: Bool) {
    guard let stage = planStage() else { return }
    root = stage + "/root"
    plan.steps.append(.makeDirectory(MountPoint(path: root)))
    planLayer(over: lower, name: nil, kept: kept, stage: stage, at: MountPoint(path: root))
    if isReadOnly { sealedMounts.append(inRoot("/")) }
    var boundTree: String?
    for mount in host.submounts where !isReplaced(mount.path) {
      let inside = lower == "/" ? mount.path : String(mount.path.dropFirst(lower.utf8.count))
      switch Self.treatment(of: mount) {
      case .leaveOut: break
      case .bind:
        if let tree = boundTree, isPath(mount.path, within: tree) { break }
        boundTree = mount.path
        step(
          .bind(
            from: MountPoint(path: mount.path),
            recursive: true,
            change: isReadOnly ? .recursivelyReadOnly : MountChange(),
            at: inRoot(inside)))
      case .overlay:
        planLayer(over: mount.path, name: Self.escaped(inside), kept: kept, stage: stage, at: inRoot(inside))
        if isReadOnly { sealedMounts.append(inRoot(inside)) }
      case .copy:
        planCopy(of: mount.path, stage: stage, at: inRoot(inside), isReadOnly: isReadOnly)
      }
    }
  }

  private enum Treatment { case leaveOut, bind, overlay, copy }

  /// What becomes of a mount below an overlaid root: files on storage get a layer, interfaces to the kernel stay what they are.
  private static func treatment(of mount: Submount) -> Treatment {
    switch mount.type {
    case "nsfs", "autofs": .leaveOut
    case "proc", "sysfs", "devtmpfs", "devpts", "mqueue", "cgroup", "cgroup2", "securityfs", "debugfs", "tracefs",
      "configfs", "pstore", "bpf", "efivarfs", "fusectl", "hugetlbfs", "binfmt_misc", "rpc_pipefs", "selinuxfs",
      "nfsd":
      .bind
    default:
      switch mount.kind {
      case .directory: .overlay
      case .regular: .copy
      case .symbolicLink, .characterDevice, .blockDevice, .fifo, .socket: .bind
      }
    }
  }

  /// Whether a mount of the spec stands in for this one of the host.
  private func isReplaced(_ path: String) -> Bool {
    (spec.mounts ?? []).contains { $0.type == "proc" && isPath(path, within: normalized($0.destination)) }
  }

  /// One layer: `lower` beneath, the writes in `kept`, or on the staging tmpfs and gone with it.
  mutating func planLayer(over lower: String, name: String?, kept: String?, stage: String, at target: MountPoint) {
    let store: String
    if let kept, kept != BerthAnnotation.temporaryOverlay {
      store = name.map { "\(kept)/mounts/\($0)" } ?? kept
    } else {
      store = "\(stage)/layer\(layers)"
    }
    layers += 1
    plan.steps.append(.makeDirectory(MountPoint(path: store + "/upper")))
    plan.steps.append(.makeDirectory(MountPoint(path: store + "/work")))
    var parameters = [
      FileSystem.Parameter("lowerdir", Self.overlayEscaped(lower)),
      FileSystem.Parameter("upperdir", Self.overlayEscaped(store + "/upper")),
      FileSystem.Parameter("workdir", Self.overlayEscaped(store + "/work")),
    ]
    // Without privilege on the host, overlayfs may keep its marks in user attributes only (Linux 5.11).
    if plan.created.contains(.user) { parameters.append(FileSystem.Parameter("userxattr")) }
    step(.mount(FileSystem(type: "overlay", parameters: parameters), attributes: [], at: target))
  }

  /// A file that is mounted by itself has no layer: the container gets a copy.
  private mutating func planCopy(of file: String, stage: String, at target: MountPoint, isReadOnly: Bool) {
    let copy = MountPoint(path: "\(stage)/file\(layers)")
    layers += 1
    plan.steps.append(.copyFile(from: file, at: copy))
    step(.bind(from: copy, recursive: false, change: isReadOnly ? .recursivelyReadOnly : MountChange(), at: target))
  }

  /// A tmpfs for layers and their like, over a directory that nothing else needs meanwhile.
  mutating func planStage() -> String? {
    guard let stage = stagingDirectory() else { return nil }
    step(
      .mount(
        FileSystem(type: "tmpfs", source: "berth", parameters: [FileSystem.Parameter("mode", "0755")]),
        attributes: [],
        at: MountPoint(path: stage)))
    return stage
  }

  /// A directory of the host's `/` that no source and no layer lies in.
  mutating func stagingDirectory() -> String? {
    var needed = host.submounts.map(\.path)
    for mount in spec.mounts ?? [] { if let source = mount.source { needed.append(normalized(source)) } }
    if case .directory(let path) = host.root { needed.append(path) }
    if case .image(let path, _) = host.root { needed.append(path) }
    if let kept = annotation(BerthAnnotation.overlay) { needed.append(kept) }
    let directories = (host.topLevel?.entries ?? []).filter { $0.kind == .directory }.map { "/" + $0.name }
    let preferred = ["/mnt", "/media", "/srv", "/opt", "/tmp"].filter(directories.contains)
    let free = (preferred + directories).first { candidate in !needed.contains { isPath($0, within: candidate) } }
    if free == nil {
      problem("root.path", "there is no directory in / that berth could make the root over: each holds a source or a mount")
    }
    return free
  }

  /// A path as one name: slashes are dashes, and what would be mistaken for one is escaped, as in systemd-escape(1).
  private static func escaped(_ path: String) -> String {
    path.drop { $0 == "/" }.map { character in
      switch character {
      case "/": "-"
      case "-": "\\x2d"
      case "\\": "\\x5c"
      default: String(character)
      }
    }.joined()
  }

  /// A path as overlayfs takes it: colons part layers, and commas options.
  private static func overlayEscaped(_ path: String) -> String {
    path.map { ":\\,".contains($0) ? "\\\($0)" : String($0) }.joined()
  }
}
