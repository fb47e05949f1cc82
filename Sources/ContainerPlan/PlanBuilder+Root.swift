import LinuxABI
import MountNamespace
import OCISpec

extension PlanBuilder {
  /// The root, all mounts in it, and the way into it.
  mutating func planRoot() {
    guard let rootSpec = spec.root else { return problem("root", "there is no root") }
    if !plan.created.contains(.mount), !makesMountPoints || host.root == .host {
      return planWithoutMountNamespace(rootSpec)
    }
    let isReadOnly = rootSpec.readonly ?? false
    planTreePropagation()
    planTemplate()
    let overlay = traits.overlay
    switch host.root {
    case .refused(let reason): return problem("root.path", reason)
    case .host where makesMountPoints: planContainerRoot("/")
    case .directory(let path) where makesMountPoints: planContainerRoot(path)
    case .image(let path, _) where makesMountPoints:
      return problem("root.path", "\(path) is a file, and the root of a container is a directory")
    case .host where overlay == nil: planHostRoot(isReadOnly: isReadOnly)
    case .directory(let path) where overlay == nil: planDirectoryRoot(path, isReadOnly: isReadOnly)
    case .host: planOverlaidRoot(lower: "/", layers: overlay, isReadOnly: isReadOnly)
    case .directory(let path): planOverlaidRoot(lower: path, layers: overlay, isReadOnly: isReadOnly)
    case .image(let path, let type):
      planImageRoot(path, type: type, layers: overlay)
    }
    if let inheritedPropagation {
      step(.change(MountChange(propagation: inheritedPropagation), at: inRoot("/")))
      // Until it is the root: pivot_root(2) takes no shared one.
      step(.change(MountChange(propagation: .init(.private, recursive: false)), at: inRoot("/")))
    }
    for (index, mount) in (spec.mounts ?? []).enumerated() { planMount(index, mount) }
    if makesMountPoints {
      planDevices()
      planWorkingDirectory()
      // They may write into the root, and see what is masked from the process.
      plan.steps.append(.runHooks)
    }
    planMasks()
    for place in sealedMounts where makesMountPoints || !isCovered(place) {
      step(.change(.readOnly, at: place))
    }
    if makesMountPoints, isReadOnly {
      step(.change(.readOnly, at: inRoot("/")))
    }
    guard root != "/" || makesMountPoints else { return }
    plan.confine(to: rootName)
    plan.rootName = rootName
    if plan.created.contains(.mount) {
      plan.steps.append(host.cannotPivot ? .moveRoot(to: rootName) : .mount(.pivotRoot(to: rootName)))
    } else {
      // In a namespace that is others' too, their root stays where it is.
      plan.steps.append(.changeRoot(to: rootName))
    }
    if let propagation = rootPropagation, propagation.type == .shared || propagation.type == .unbindable {
      step(.change(MountChange(propagation: inheritedPropagation?.ofTop ?? propagation), at: MountPoint(path: "/")))
    }
  }

  /// Images name working directories that they do not have: as with runc, these are made.
  private mutating func planWorkingDirectory() {
    let path = plan.process.workingDirectory
    if path != "/", path.hasPrefix("/") { plan.steps.append(.makeDirectory(inRoot(path))) }
  }

  /// Whether a mount of the spec lies over a place: a later operation there would meet that mount.
  private func isCovered(_ place: MountPoint) -> Bool {
    host.destinations.entries.contains { isPath(place.fullPath, within: inRoot($0.fact.path).fullPath) }
  }

  /// The host's mounts stay as they are, or another namespace's are entered: nothing can be mounted.
  private mutating func planWithoutMountNamespace(_ rootSpec: Spec.Root) {
    let need = "needs a mount namespace of its own"
    if host.root != .host {
      problem("root.path", "a root of its own " + need)
    } else if makesMountPoints {
      problem("root.path", "the host's own root " + need)
    }
    if rootSpec.readonly ?? false { problem("root.readonly", "a read-only root " + need) }
    if traits.overlay != nil { problem("shell.overlay", "an overlaid root " + need) }
    for index in (spec.mounts ?? []).indices { problem("mounts[\(index)]", "a mount " + need) }
    if !(spec.linux?.maskedPaths ?? []).isEmpty { problem("linux.maskedPaths", "hiding paths " + need) }
    if !(spec.linux?.readonlyPaths ?? []).isEmpty { problem("linux.readonlyPaths", "making paths read-only " + need) }
  }

  // MARK: Propagation

  /// The propagation that the spec gives the root; nil where it keeps the host's.
  private var rootPropagation: MountChange.PropagationChange? {
    if traits.keepsPropagation { return nil }
    let text = spec.linux?.rootfsPropagation ?? "rslave"
    guard case .propagation(let type, let recursive)? = MountOption(text) else { return nil }
    return MountChange.PropagationChange(type, recursive: recursive)
  }

  /// What a root of its own has its mounts be that say nothing of their own: each is so from the beginning, since a change of the whole
  /// tree would be one of those too that do.
  var inheritedPropagation: MountChange.PropagationChange? {
    guard let propagation = rootPropagation, propagation.type == .shared, propagation.recursive,
      root != "/" || makesMountPoints
    else { return nil }
    return propagation
  }

  /// Whether mounts made in the container's tree appear on the host.
  var treeStaysShared: Bool {
    host.root == .host && !makesMountPoints && traits.overlay == nil
      && (rootPropagation == nil || rootPropagation?.type == .shared)
  }

  /// Cuts, or keeps, the ties of the copied tree to the host's.
  private mutating func planTreePropagation() {
    let given = spec.linux?.rootfsPropagation
    if let given, rootPropagation == nil, !traits.keepsPropagation {
      return problem(
        "linux.rootfsPropagation",
        "\"\(given)\" is not a propagation type; private, slave, shared and unbindable are"
      )
    }
    checkTreePropagation()
    guard let propagation = treePropagation, plan.created.contains(.mount) else { return }
    step(.change(MountChange(propagation: propagation), at: MountPoint(path: "/")))
  }

  /// What becomes of the copied tree's ties to the host; nil where they stay.
  var treePropagation: MountChange.PropagationChange? {
    guard let propagation = rootPropagation else { return nil }
    let isOwnRoot = host.root != .host || makesMountPoints || traits.overlay != nil
    // Under a root of its own the old tree goes away: it only must not pass on what is mounted meanwhile.
    let type: Propagation = isOwnRoot && propagation.type != .private ? .slave : propagation.type
    return MountChange.PropagationChange(type, recursive: true)
  }

  /// Mounts travel only where the host's mount is shared, mount_namespaces(7) "Shared subtrees".
  private mutating func checkTreePropagation() {
    guard let fact = host.rootPropagation, let wanted = rootPropagation?.type else { return }
    if wanted == .shared, plan.created.contains(.user) {
      problem(
        "linux.rootfsPropagation",
        "mounts cannot get out of a mount namespace with a user namespace of its own, which only receives: use slave"
      )
    } else if wanted == .shared && !fact.isShared || wanted == .slave && !fact.isShared && !fact.isSlave {
      problem(
        "linux.rootfsPropagation",
        "\(wanted.rawValue) cannot work: \(fact.mountPoint) is a private mount on the host; to share it, run there: "
          + shellLine(["mount", "--make-rshared", fact.mountPoint])
      )
    }
  }

  // MARK: Kinds of root

  /// The host's own tree, in place.
  private mutating func planHostRoot(isReadOnly: Bool) {
    if isReadOnly {
      step(.change(.recursivelyReadOnly, at: MountPoint(path: "/")))
    }
    guard let directory = directoryToMimic(mount: nil, path: "/") else { return }
    guard let stage = stagingDirectory() else { return }
    root = stage
    mimic(directory, mount: nil, at: MountPoint(path: stage)) { entry in
      // The stage itself is covered by then: what it covers is the working directory, and has no mounts below.
      let place = "/" + entry.name == stage ? MountPoint(root: ".", path: "/") : MountPoint(path: "/" + entry.name)
      return (place, place.root == "/" && entry.kind == .directory)
    }
  }

  /// A directory as root: bound onto itself, so that it is a mount to pivot to.
  private mutating func planDirectoryRoot(_ path: String, isReadOnly: Bool) {
    root = path
    let change = isReadOnly ? MountChange.recursivelyReadOnly : MountChange()
    if let directory = directoryToMimic(mount: nil, path: "/") {
      mimic(directory, mount: nil, at: MountPoint(path: path), change: change)
    } else {
      step(.bind(from: MountPoint(path: path), recursive: true, change: change, at: MountPoint(path: path)))
    }
  }

  /// A directory as the root of a container: a copy of its mounts, taken on the host, is put over it, where hooks that
  /// enter the mount namespace look for it; or over the one directory that the template has.
  private mutating func planContainerRoot(_ path: String) {
    root = path
    let tree = MountPoint.captured(plan.captures.count, path: path)
    plan.captures.append(.capture(tree, recursive: true))
    step(
      .bind(from: tree, recursive: true, cut: treePropagation, change: MountChange(), at: MountPoint(path: rootName))
    )
  }

  /// An image as root, always beneath a layer: the mount points that it lacks are made there.
  private mutating func planImageRoot(_ path: String, type: String, layers directory: OverlayLayer?) {
    guard let stage = planStage() else { return }
    let image = MountPoint(path: stage + "/image")
    plan.steps.append(.makeDirectory(image))
    step(
      .mount(
        FileSystem(type: type, backing: .image(path: path), parameters: [FileSystem.Parameter("ro")]),
        attributes: .readOnly,
        at: image
      )
    )
    root = stage + "/root"
    plan.steps.append(.makeDirectory(MountPoint(path: root)))
    planLayer(over: image.path, name: nil, kept: directory, stage: stage, at: MountPoint(path: root))
    // The layer only carries mount points: without --overlay an image is read-only.
    if directory == nil, sealedMounts.isEmpty { sealedMounts.append(inRoot("/")) }
  }

  /// Paths that are hidden or read-only, config-linux.md "Masked Paths" and "Readonly Paths".
  private mutating func planMasks() {
    for (field, paths) in [("maskedPaths", spec.linux?.maskedPaths), ("readonlyPaths", spec.linux?.readonlyPaths)] {
      for (index, path) in (paths ?? []).enumerated() {
        guard path.hasPrefix("/") else {
          problem("linux.\(field)[\(index)]", "\"\(path)\" is not an absolute path")
          continue
        }
        if (paths ?? [])[..<index].contains(path) { continue }
        plan.steps.append(field == "maskedPaths" ? .mask(inRoot(path)) : .makeReadOnly(inRoot(path)))
      }
    }
  }
}

extension MountChange {
  /// Read-only, without what is mounted below.
  static var readOnly: MountChange { MountChange(attributes: Attributes(set: .readOnly)) }

  /// Read-only all the way down.
  static var recursivelyReadOnly: MountChange { MountChange(recursiveAttributes: Attributes(set: .readOnly)) }
}
