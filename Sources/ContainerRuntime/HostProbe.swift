import Cgroups
package import ContainerPlan
import LinuxABI
import LinuxSyscalls
import MountExecution
import MountNamespace
import NamespaceJoining
package import OCISpec
package import SystemPackage

extension Host {
  /// Reads of the machine what a plan of this spec needs to know, and nothing else. Changes nothing.
  package static func probe(for spec: Spec, traits: ShellTraits, caller: Caller) throws(Errno) -> Host {
    guard let kernel = KernelVersion(release: try Syscall.kernelRelease()) else { throw .notSupported }
    var host = Host(kernel: kernel, caller: caller)
    host.root = rootFact(spec.root?.path ?? "/")
    host.probeMounts(spec, keepsPropagation: traits.keepsPropagation)
    host.probePropagation(spec)
    if traits.overlay != nil || host.needsStage {
      host.submounts = try submounts(of: host.root)
      host.topLevel = directoryFact("/", shownAs: "/")
    }
    if traits.overlay != nil, spec.linux?.namespaces?.contains(where: { $0.type == "user" && $0.path == nil }) ?? false
    {
      host.probeDirectoriesAboveMounts()
    }
    return host
  }

  /// As `probe(for:traits:caller:)`, for a container, whose mount points are made where they are missing.
  static func probe(
    container spec: Spec,
    caller: Caller,
    cgroups: CgroupHierarchies?,
    program: SealedProgram
  ) throws(Errno) -> Host {
    guard let kernel = KernelVersion(release: try Syscall.kernelRelease()) else { throw .notSupported }
    var host = Host(kernel: kernel, caller: caller)
    host.mountPoints = .made
    host.cgroups = cgroups
    host.root = rootFact(spec.root?.path ?? "")
    for (index, mount) in (spec.mounts ?? []).enumerated() {
      let options = mount.options ?? []
      if mount.type == "bind" || options.contains("bind") || options.contains("rbind") {
        host.probeSource(mount.source ?? "", options, index)
      }
    }
    try host.probeJoinedMappings(spec, as: program)
    if spec.linux?.sysctl?.isEmpty == false { host.probeOwnNamespaces(spec) }
    host.probeSecurity(spec)
    return host
  }

  /// Sees which namespaces that are joined by a path are those that berth is in: `/proc/1/ns/net`, say.
  private mutating func probeOwnNamespaces(_ spec: Spec) {
    for namespace in spec.linux?.namespaces ?? [] {
      guard let type = NamespaceType(rawValue: namespace.type), let path = namespace.path, !path.isEmpty,
        let joined = try? Syscall.status(path: path),
        let own = try? Syscall.status(path: "/proc/self/ns/\(type.procName)")
      else { continue }
      if joined.inode == own.inode { ownNamespaces.insert(type) }
    }
  }

  /// As `probe(for:traits:caller:)`, for a process beside those of a container.
  static func probe(process spec: Spec, caller: Caller) throws(Errno) -> Host {
    guard let kernel = KernelVersion(release: try Syscall.kernelRelease()) else { throw .notSupported }
    var host = Host(kernel: kernel, caller: caller)
    host.mountPoints = .made
    host.probeSecurity(spec)
    return host
  }

  private mutating func probeSecurity(_ spec: Spec) {
    if spec.process?.apparmorProfile?.isEmpty == false {
      let answer = try? Syscall.contents(of: "/sys/module/apparmor/parameters/enabled")  // Not there: no AppArmor.
      security.hasAppArmor = answer?.first == UInt8(ascii: "Y")
    }
    if spec.process?.selinuxLabel?.isEmpty == false || spec.linux?.mountLabel?.isEmpty == false {
      // Not mounted: no SELinux. The number is SELINUX_MAGIC, statfs(2).
      security.hasSELinux = (try? Syscall.fileSystemMagic(at: "/sys/fs/selinux")) == 0xf97c_ff8c
    }
  }

  private static func rootFact(_ path: String) -> RootFact {
    if path == "/" { return .host }
    do throws(Errno) {
      let file = try Syscall.open(path, .path)
      let status = try Syscall.status(of: file.borrowed)
      let real = try Syscall.readLink(at: .workingDirectory, file.borrowed.procPath)
      switch status.kind {
      case .directory: return real == "/" ? .host : .directory(path: real)
      case .regular: return try imageFact(real)
      case .symbolicLink, .characterDevice, .blockDevice, .fifo, .socket:
        return .refused("\(path) is neither a directory nor an image file")
      }
    } catch {
      return .refused("\(path): \(error)")
    }
  }

  /// The image's type, by the magic numbers of erofs (at 1024) and squashfs (at 0).
  private static func imageFact(_ path: String) throws(Errno) -> RootFact {
    let file = try Syscall.open(path, [])
    if try Syscall.read(file.borrowed, count: 4, at: 1024) == [0xe2, 0xe1, 0xf5, 0xe0] {
      return .image(path: path, type: "erofs")
    }
    if try Syscall.read(file.borrowed, count: 4, at: 0) == Array("hsqs".utf8) {
      return .image(path: path, type: "squashfs")
    }
    return .refused("\(path) is neither an erofs nor a squashfs image")
  }

  private var needsStage: Bool {
    switch root {
    case .image: return true
    case .directory, .refused: return false
    case .host: break
    }
    return destinations.entries.contains { _, fact in
      if case .missing(let directory) = fact.answer {
        directory.path == "/" && fact.containingMount == nil
      } else {
        false
      }
    }
  }

  // MARK: Mounts

  private mutating func probeMounts(_ spec: Spec, keepsPropagation: Bool) {
    let mounts = spec.mounts ?? []
    guard !mounts.isEmpty else { return }
    let staysShared =
      keepsPropagation || spec.linux?.rootfsPropagation.map { $0.hasSuffix("shared") } ?? false
    var view = ContainerView(root: root)
    for (index, mount) in mounts.enumerated() {
      let options = mount.options ?? []
      let isBind = mount.type == "bind" || options.contains("bind") || options.contains("rbind")
      if isBind { probeSource(mount.source ?? "", options, index) }
      guard mount.destination.hasPrefix("/") else { continue }
      let staysOnLink =
        options.contains("dest-nofollow") || (options.contains("copy-symlink") && sourceLinks[index] != nil)
      var fact = view.destination(mount.destination, followingLink: !staysOnLink)
      if staysShared, root == .host, fact.containingMount == nil {
        fact.isSharedWithHost = (try? LivePropagation(at: existingPart(of: fact)))?.isShared ?? false
      }
      destinations.add(fact, at: index)
      view.add(index, mount, at: fact.path, source: isBind ? mount.source : nil)
    }
  }

  private func existingPart(of fact: DestinationFact) -> String {
    if case .missing(let directory) = fact.answer { return directory.path }
    return fact.path
  }

  private mutating func probeSource(_ path: String, _ options: [String], _ index: Int) {
    do throws(Errno) {
      let staysOnLink = options.contains("src-nofollow") || options.contains("copy-symlink")
      let file = try Syscall.open(path, staysOnLink ? [.path, .noFollow] : .path)
      let kind = try Syscall.status(of: file.borrowed).kind
      if kind == .symbolicLink { sourceLinks.add(try Syscall.readLink(at: file.borrowed, ""), at: index) }
      if mountPoints == .made { return sources.add(.found(kind, propagation: nil), at: index) }
      let travels = options.contains { ["shared", "rshared", "slave", "rslave"].contains($0) }
      let propagation = travels ? PropagationFact(try LivePropagation(at: path)) : nil
      sourcePaths.add(try Syscall.readLink(at: .workingDirectory, file.borrowed.procPath), at: index)
      sources.add(.found(kind, propagation: propagation), at: index)
    } catch {
      sources.add(.failed("\(error)"), at: index)
    }
  }

  // MARK: Propagation and mounts below the root

  private mutating func probePropagation(_ spec: Spec) {
    guard let wanted = spec.linux?.rootfsPropagation, wanted.hasSuffix("shared") || wanted.hasSuffix("slave") else {
      return
    }
    let path: String
    switch root {
    case .host: path = "/"
    case .directory(let directory): path = directory
    case .image, .refused: return
    }
    // A spec that names no propagation asks for none; without the fact the plan does not judge.
    rootPropagation = (try? LivePropagation(at: path)).map(PropagationFact.init)
  }

  /// Lists each directory between the root and a mount below it, outside of trees that are taken over whole.
  private mutating func probeDirectoriesAboveMounts() {
    let root = if case .directory(let path) = root { path } else { "/" }
    let whole = submounts.filter { $0.treatment == .bind }.map(\.path)
    for mount in submounts where !whole.contains(where: { $0 != mount.path && isPath(mount.path, within: $0) }) {
      var path = mount.path
      while path != root, let slash = path.lastIndex(of: "/") {
        path = slash == path.startIndex ? "/" : String(path[..<slash])
        if directoriesAboveMounts[path] == nil { directoriesAboveMounts[path] = directoryFact(path, shownAs: path) }
      }
    }
  }

  private static func submounts(of root: RootFact) throws(Errno) -> [Submount] {
    let path: String
    switch root {
    case .host: path = "/"
    case .directory(let directory): path = directory
    case .image, .refused: return []
    }
    return try MountTable.live().visibleMounts(below: path).compactMap { entry in
      // A mount that the caller cannot even look at is nothing that the container could look at.
      guard let status = try? Syscall.status(path: entry.mountPoint, followingLinks: false) else { return nil }
      return Submount(path: entry.mountPoint, type: entry.type, kind: status.kind)
    }.sorted { $0.path < $1.path }
  }
}

extension PropagationFact {
  init(_ live: LivePropagation) {
    self.init(isShared: live.isShared, isSlave: live.isSlave, mountPoint: live.mountPoint)
  }
}

/// A directory of the host, under the path that the container will see it at; nil if it cannot be read.
func directoryFact(_ path: String, shownAs shown: String) -> DirectoryFact? {
  guard let directory = try? Syscall.open(path, .directory), let status = try? Syscall.status(of: directory.borrowed),
    let entries = try? Syscall.entries(of: directory.borrowed)
  else { return nil }
  return DirectoryFact(
    path: shown,
    permissions: status.permissions,
    userID: status.userID,
    groupID: status.groupID,
    entries: entries.sorted { $0.name < $1.name }.compactMap { entry in
      guard let kind = entry.kind else { return nil }
      let link = kind == .symbolicLink ? try? Syscall.readLink(at: directory.borrowed, entry.name) : nil
      return DirectoryFact.Entry(name: entry.name, kind: kind, link: link)
    }
  )
}
