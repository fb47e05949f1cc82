import LinuxABI
import MountNamespace
import OCISpec

extension PlanBuilder {
  /// A directory with a copy-on-write layer over it, and a layer over each file system that is mounted below.
  mutating func planOverlaidRoot(lower: String, layers kept: OverlayLayer?, isReadOnly: Bool) {
    guard let stage = planStage() else { return }
    root = stage + "/root"
    plan.steps.append(.makeDirectory(MountPoint(path: root)))
    planLayer(over: lower, name: nil, kept: kept, stage: stage, at: MountPoint(path: root))
    var boundTree: String?
    for mount in host.submounts where !isReplaced(mount.path) {
      let inside = path(mount.path, from: lower)
      switch mount.treatment {
      case .leaveOut: break
      case .bind:
        if let tree = boundTree, isPath(mount.path, within: tree) { break }
        boundTree = mount.path
        step(
          .bind(
            from: MountPoint(path: mount.path),
            recursive: true,
            change: isReadOnly ? .recursivelyReadOnly : MountChange(),
            at: inRoot(inside)
          )
        )
      case .overlay:
        planLayer(over: mount.path, name: Self.escaped(inside), kept: kept, stage: stage, at: inRoot(inside))
      case .copy:
        planCopy(of: mount.path, stage: stage, at: inRoot(inside), isReadOnly: isReadOnly)
      }
    }
  }

  /// Whether a mount of the spec stands in for this one of the host.
  private func isReplaced(_ path: String) -> Bool {
    (spec.mounts ?? []).contains { $0.type == "proc" && isPath(path, within: normalized($0.destination)) }
  }

  /// One layer: `lower` beneath, the writes in `kept`, or on the staging tmpfs and gone with it.
  mutating func planLayer(over lower: String, name: String?, kept: OverlayLayer?, stage: String, at target: MountPoint)
  {
    let store: String
    if case .kept(let directory) = kept {
      store = name.map { "\(directory)/mounts/\($0)" } ?? directory
    } else {
      store = "\(stage)/layer\(layers)"
    }
    layers += 1
    if spec.root?.readonly ?? false { sealedMounts.append(target) }
    let upper = MountPoint(path: store + "/upper")
    plan.steps.append(.makeDirectory(upper))
    // The top of a layer stands for the directory beneath it.
    plan.steps.append(.copyAttributes(from: lower, to: upper))
    if plan.created.contains(.user), let directory = host.directoriesAboveMounts[lower] {
      planSplitLayer(over: directory, name: name, kept: kept, stage: stage, store: store, at: target)
      return
    }
    plan.steps.append(.makeDirectory(MountPoint(path: store + "/work")))
    var parameters = [
      FileSystem.Parameter("lowerdir", Self.overlayEscaped(lower)),
      FileSystem.Parameter("upperdir", Self.overlayEscaped(upper.path)),
      FileSystem.Parameter("workdir", Self.overlayEscaped(store + "/work")),
    ]
    // Without privilege on the host, overlayfs may keep its marks in user attributes only (Linux 5.11).
    if plan.created.contains(.user) { parameters.append(FileSystem.Parameter("userxattr")) }
    step(.mount(FileSystem(type: "overlay", parameters: parameters), attributes: [], at: target))
  }

  /// Layers over the entries of a directory, one each.
  ///
  /// In a user namespace, overlayfs refuses a directory with mounts below it: they are locked to it, so that what they
  /// cover stays covered, mount_namespaces(7). Files in such a directory are shown read-only.
  private mutating func planSplitLayer(
    over directory: DirectoryFact,
    name: String?,
    kept: OverlayLayer?,
    stage: String,
    store: String,
    at target: MountPoint
  ) {
    plan.confine(to: target.fullPath)
    step(.bind(from: MountPoint(path: store + "/upper"), recursive: false, change: MountChange(), at: target))
    let inside = MountPoint(root: target.fullPath, path: "/")
    for entry in directory.entries {
      let place = inside.appending(entry.name)
      let path = directory.path == "/" ? "/" + entry.name : directory.path + "/" + entry.name
      let isMount = host.submounts.contains { $0.path == path }
      if let link = entry.link {
        plan.steps.append(.makeSymbolicLink(to: link, at: place))
      } else if entry.kind == .directory, isMount {
        plan.steps.append(.makeDirectory(place))
      } else if entry.kind == .directory {
        plan.steps.append(.makeDirectory(place))
        planLayer(
          over: path,
          name: (name.map { $0 + "-" } ?? "") + Self.escaped(entry.name),
          kept: kept,
          stage: stage,
          at: place
        )
      } else {
        plan.steps.append(.makeFile(place))
        let change = isMount ? MountChange() : .recursivelyReadOnly
        step(.bind(from: MountPoint(path: path), recursive: false, change: change, at: place))
      }
    }
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
        at: MountPoint(path: stage)
      )
    )
    return stage
  }

  /// A directory of the host's `/` that no source and no layer lies in.
  mutating func stagingDirectory() -> String? {
    var needed = host.submounts.map(\.path)
    for (index, mount) in (spec.mounts ?? []).enumerated() {
      if let source = host.sourcePaths[index] ?? mount.source.map(normalized) { needed.append(source) }
    }
    if case .directory(let path) = host.root { needed.append(path) }
    if case .image(let path, _) = host.root { needed.append(path) }
    if case .kept(let directory) = traits.overlay { needed.append(directory) }
    let directories = (host.topLevel?.entries ?? []).filter { $0.kind == .directory }.map { "/" + $0.name }
    let preferred = ["/mnt", "/media", "/srv", "/opt", "/tmp"].filter(directories.contains)
    let free = (preferred + directories).first { candidate in !needed.contains { isPath($0, within: candidate) } }
    if free == nil {
      problem(
        "root.path",
        "there is no directory in / that berth could make the root over: each holds a source or a mount"
      )
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

extension Submount {
  /// What becomes of a mount below an overlaid root: files on storage get a layer, interfaces to the kernel stay what they are.
  package enum Treatment: Hashable, Sendable { case leaveOut, bind, overlay, copy }

  package var treatment: Treatment {
    switch type {
    case _ where isPath(path, within: "/sys"): .bind  // A tmpfs there only carries the cgroup hierarchies.
    case "nsfs", "autofs": .leaveOut
    case "proc", "sysfs", "devtmpfs", "devpts", "mqueue", "cgroup", "cgroup2", "securityfs", "debugfs", "tracefs",
      "configfs", "pstore", "bpf", "efivarfs", "fusectl", "hugetlbfs", "binfmt_misc", "rpc_pipefs", "selinuxfs",
      "nfsd":
      .bind
    default:
      switch kind {
      case .directory: .overlay
      case .regular: .copy
      case .symbolicLink, .characterDevice, .blockDevice, .fifo, .socket: .bind
      }
    }
  }
}
