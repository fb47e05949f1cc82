import LinuxABI
import MountNamespace
import OCISpec

extension PlanBuilder {
  /// Sees to it that a mount has a place to be put on.
  mutating func ensureMountPoint(_ index: Int, _ fact: DestinationFact) {
    let wantsDirectory = mountsDirectory(index)
    switch fact.answer {
    case .refused(let reason): problem("mounts[\(index)].destination", reason)
    case .exists(let kind):
      if (kind == .directory) != wantsDirectory {
        problem(
          "mounts[\(index)].destination",
          wantsDirectory
            ? "\(fact.path) is a file, and a directory cannot be mounted on it"
            : "\(fact.path) is a directory, and a file cannot be mounted on it"
        )
      }
    case .unknown: makeMountPoint(index, fact)
    case .missing(let directory):
      switch backing(of: fact.containingMount) {
      case .ownLayer: makeMountPoint(index, fact)
      case .hostFiles:
        guard directoryToMimic(mount: fact.containingMount, path: directory.path) != nil else { return }
        mimic(directory, mount: fact.containingMount, at: inRoot(directory.path))
      case .interface(let type):
        problem("mounts[\(index)].destination", "there is no \(fact.path), and none can be made on \(type)")
      }
    }
  }

  private enum Backing {
    /// Only the container sees it: what is made there vanishes with it.
    case ownLayer
    /// Files of the host, where berth makes nothing.
    case hostFiles
    /// A file system that has no place for files of others.
    case interface(String)
  }

  private func backing(of mount: Int?) -> Backing {
    guard let mount else {
      if case .image = host.root { return .ownLayer }
      return traits.overlay == nil ? .hostFiles : .ownLayer
    }
    let spec = (spec.mounts ?? [])[mount]
    if isBind(spec) { return .hostFiles }
    switch spec.type ?? "" {
    case "tmpfs", "overlay", "ramfs": return .ownLayer
    case let type: return .interface(type)
    }
  }

  private mutating func makeMountPoint(_ index: Int, _ fact: DestinationFact) {
    plan.steps.append(mountPoint(index, at: inRoot(fact.path)))
  }

  /// The step that makes a place for a mount, or the link that is copied instead of mounted.
  private func mountPoint(_ index: Int, at place: MountPoint) -> RootStep {
    if let text = host.sourceLinks[index], (spec.mounts?[index].options ?? []).contains("copy-symlink") {
      return .makeSymbolicLink(to: text, at: place)
    }
    guard mountsDirectory(index) else { return .makeFile(place) }
    // What a tmpfs gets by default: `berth shell` shows it on the directory too.
    let isTemporary = spec.mounts?[index].type == "tmpfs" && !makesMountPoints
    return .makeDirectory(place, permissions: isTemporary ? 0o1777 : 0o755)
  }

  /// Whether what is mounted is a directory.
  private func mountsDirectory(_ index: Int) -> Bool {
    guard case .found(let kind, _)? = host.sources[index] else { return true }
    return kind == .directory
  }

  func isBind(_ mount: Mount) -> Bool {
    mount.type == "bind" || (mount.options ?? []).contains { $0 == "bind" || $0 == "rbind" }
  }

  // MARK: Directories with new mount points

  /// The directory at a path that lacks mount points on the host's own files; nil when it lacks none, or has them by now.
  func directoryToMimic(mount: Int?, path: String) -> DirectoryFact? {
    if mimicked.contains(mimicKey(mount, path)) { return nil }
    if case .ownLayer = backing(of: mount) { return nil }
    for (_, fact) in host.destinations.entries where fact.containingMount == mount {
      if case .missing(let directory) = fact.answer, directory.path == path { return directory }
    }
    return nil
  }

  private func mimicKey(_ mount: Int?, _ path: String) -> String { "\(mount.map(String.init) ?? "root") \(path)" }

  /// Covers a directory with a small file system that shows the same entries and has the missing mount points too.
  ///
  /// The host's directory stays as it is. The cover is read-only, so that no new file is lost in it unnoticed.
  mutating func mimic(
    _ directory: DirectoryFact,
    mount: Int?,
    at target: MountPoint,
    change: MountChange = MountChange(),
    source: (DirectoryFact.Entry) -> (place: MountPoint, recursive: Bool) = { entry in
      (MountPoint(root: ".", path: "/" + entry.name), entry.kind == .directory)
    }
  ) {
    mimicked.insert(mimicKey(mount, directory.path))
    plan.confine(to: target.fullPath)
    step(.enter(target))
    var parameters = [FileSystem.Parameter("mode", "0" + String(directory.permissions, radix: 8))]
    if directory.userID != 0 { parameters.append(FileSystem.Parameter("uid", "\(directory.userID)")) }
    if directory.groupID != 0 { parameters.append(FileSystem.Parameter("gid", "\(directory.groupID)")) }
    step(.mount(FileSystem(type: "tmpfs", source: "berth", parameters: parameters), attributes: [], at: target))
    let cover = MountPoint(root: target.fullPath, path: "/")
    for entry in directory.entries {
      let place = cover.appending(entry.name)
      if let link = entry.link {
        plan.steps.append(.makeSymbolicLink(to: link, at: place))
      } else {
        plan.steps.append(entry.kind == .directory ? .makeDirectory(place) : .makeFile(place))
        let (from, recursive) = source(entry)
        step(.bind(from: from, recursive: recursive, change: change, at: place))
      }
    }
    for (index, fact) in host.destinations.entries where fact.containingMount == mount {
      guard case .missing(let missing) = fact.answer, missing.path == directory.path else { continue }
      let rest = path(fact.path, from: directory.path)
      let place = MountPoint(root: cover.root, path: rest)
      plan.steps.append(mountPoint(index, at: place))
    }
    step(.change(MountChange(attributes: MountChange.Attributes(set: .readOnly)), at: cover))
  }
}
