import LinuxABI
import MountNamespace
import OCISpec

extension PlanBuilder {
  /// One entry of `mounts`, config.md "Mounts".
  mutating func planMount(_ index: Int, _ mount: Mount) {
    let place = "mounts[\(index)]"
    guard mount.destination.hasPrefix("/") || makesMountPoints && !mount.destination.isEmpty else {
      return problem(place + ".destination", "\"\(mount.destination)\" is not an absolute path")
    }
    let options: MountOptions
    do throws(MountOptions.Problem) {
      options = try MountOptions(mount.options ?? [])
    } catch {
      return problem("\(place).options[\(error.index)]", error.message)
    }
    guard let fact = destination(index, mount) else { return problem(place, "nothing is known of its destination") }
    if options.remount { return planRemount(options, at: inRoot(fact.path)) }
    if makesMountPoints { sealMounts(coveredBy: fact.path) }
    if treeStaysShared, fact.isSharedWithHost { planShared(index, fact) }
    if isBind(mount) {
      planBind(index, mount, options, fact)
    } else {
      planFileSystem(index, mount, options, fact)
    }
  }

  /// Whether missing mount points are made where they are missing.
  var makesMountPoints: Bool { host.mountPoints == .made }

  /// What is at a mount's destination; unknown where that is found out, and made, when the mount is.
  private func destination(_ index: Int, _ mount: Mount) -> DestinationFact? {
    guard makesMountPoints else { return host.destinations[index] }
    // config.md: a relative destination was allowed once, and is taken from the root.
    var destination = normalized("/" + mount.destination)
    // Configurations that other runtimes take name the root's own path on the host.
    if root != "/", isPath(destination, within: root) { destination = path(destination, from: root) }
    return DestinationFact(path: destination, containingMount: nil, answer: .unknown)
  }

  private mutating func planRemount(_ options: MountOptions, at target: MountPoint) {
    if !options.bind, !options.parameters.isEmpty { step(.reconfigure(options.parameters, at: target)) }
    var change = options.change
    // As mount(8) has it: the flags that are not named are cleared. This also finds out whether a mount is there at all.
    if options.bind, makesMountPoints || change.attributes.isEmpty {
      change.attributes.clear.formUnion(leftOut(of: change, byRemount: true))
    }
    if !change.isEmpty { step(.change(change, at: target)) }
  }

  /// A mount on a mount that the host shares would appear on the host: only /proc can be cut off by itself.
  private mutating func planShared(_ index: Int, _ fact: DestinationFact) {
    if fact.path == "/proc" {
      let cut = MountChange.PropagationChange(.private, recursive: true)
      step(.change(MountChange(propagation: cut), at: inRoot("/proc")))
    } else {
      problem(
        "mounts[\(index)].destination",
        "a mount on \(fact.path) would appear on the host too, which shares its mounts with this namespace: "
          + "use --propagation slave"
      )
    }
  }

  /// Makes those mounts read-only that a mount at a path will cover: afterwards their paths lead to that one.
  private mutating func sealMounts(coveredBy path: String) {
    for place in sealedMounts where isPath(place.path, within: path) { step(.change(.readOnly, at: place)) }
    sealedMounts.removeAll { isPath($0.path, within: path) }
  }

  // MARK: Binds

  private mutating func planBind(_ index: Int, _ mount: Mount, _ options: MountOptions, _ fact: DestinationFact) {
    let place = "mounts[\(index)]"
    guard let source = mount.source, source.hasPrefix("/") else {
      return problem(place + ".source", "\"\(mount.source ?? "")\" is not an absolute path")
    }
    for parameter in options.parameters where MountOption(parameter.option) == nil {
      // Clients put a file system's parameters on binds too, where they mean nothing.
      if makesMountPoints, parameter.value != nil { continue }
      let position = (mount.options ?? []).firstIndex(of: parameter.option) ?? 0
      let hint = MountOption.nearest(to: parameter.option).map { "; did you mean \"\($0)\"?" } ?? ""
      problem("\(place).options[\(position)]", "\"\(parameter.option)\" is not an option of a bind mount\(hint)")
    }
    switch host.sources[index] {
    case .found(_, let propagation): checkSource(propagation, options, source: source, at: place)
    // What an earlier mount brings into the root is not there yet.
    case .failed where isInRoot(source) && index > 0: break
    case .failed(let reason): return problem(place + ".source", "\(source): \(reason)")
    case nil: return problem(place + ".source", "nothing is known of \(source)")
    }
    if options.copyLink, host.sourceLinks[index] != nil { return planLink(index, fact) }
    ensureMountPoint(index, fact)
    let recursive = options.recursive || (mount.options ?? []).allSatisfy { $0 != "bind" && $0 != "rbind" }
    let tree = capture(index, mount, source: source, recursive: recursive, options)
    var change = options.change
    if makesMountPoints { change.attributes.clear.formUnion(leftOut(of: change)) }
    var target = inRoot(fact.path)
    target.followsLink = !options.destinationLinkItself
    var from = tree ?? MountPoint(path: source, followsLink: !options.sourceLinkItself)
    if tree == nil, isInRoot(source) { from = inRoot(path(normalized(source), from: root)) }
    // What was copied ahead of the tree's own change is still tied to the host.
    let cut = tree != nil && change.propagation == nil ? treePropagation : nil
    change.propagation = change.propagation ?? inheritedPropagation
    step(.bind(from: from, recursive: recursive, cut: cut, change: change, at: target))
  }

  /// What a bind's source may have that its options leave out.
  ///
  /// A bind that names any flag has those that it names, as mount(8)'s `remount,bind` has it; one that names none has
  /// those of its source. Times of access stay unless they are named. In a user namespace flags are locked that the
  /// host's mounts have, mount_namespaces(7): there they stay.
  private func leftOut(of change: MountChange, byRemount: Bool = false) -> MountAttributes {
    if change.attributes.isEmpty, !byRemount { return [] }
    let isLocked = entersUserNamespace || host.caller.isRootless
    let flags: MountAttributes =
      isLocked ? .noSymbolicLinks : [.readOnly, .noSetUserID, .noDevices, .noExecution, .noSymbolicLinks]
    return flags.subtracting(change.attributes.set).subtracting(change.recursiveAttributes.set)
  }

  /// A copy of a link in place of a mount, where nothing is.
  private mutating func planLink(_ index: Int, _ fact: DestinationFact) {
    if case .exists = fact.answer {
      problem("mounts[\(index)].destination", "\(fact.path) is there already, and copy-symlink replaces nothing")
    } else {
      ensureMountPoint(index, fact)
    }
  }

  /// Takes a copy of the source ahead where it must be the host's own: to stay its peer, with mapped ids, or before it is
  /// covered or made read-only. Returns whether it did.
  private mutating func capture(
    _ index: Int,
    _ mount: Mount,
    source: String,
    recursive: Bool,
    _ options: MountOptions
  ) -> MountPoint? {
    let travels = options.change.propagation.map { $0.type == .shared || $0.type == .slave } ?? false
    let isCovered = (0..<index).contains { earlier in
      guard root == "/", let place = host.destinations[earlier]?.path else { return false }
      return isPath(host.sourcePaths[index] ?? normalized(source), within: place)
    }
    let isMadeReadOnly = host.root == .host && (spec.root?.readonly ?? false)
    var idMap: MountChange.IDMap?
    let (users, groups) = (mount.uidMappings ?? [], mount.gidMappings ?? [])
    let given = !users.isEmpty || !groups.isEmpty
    if given, users.isEmpty || groups.isEmpty {
      problem("mounts[\(index)]", "an id-mapped mount needs uidMappings and gidMappings, and only one is given")
      return nil
    }
    if options.idMap != nil || given {
      guard let mappings = idMappings(mount, options) else {
        problem("mounts[\(index)].options", "an id-mapped mount needs mappings: idmap=uids=0-1000-1;gids=0-1000-1")
        return nil
      }
      if plan.created.contains(.user), !host.caller.isPrivileged {
        problem(
          "mounts[\(index)].options",
          "an id-mapped mount needs CAP_SYS_ADMIN in the user namespace of its file system, which is the host's"
        )
        return nil
      }
      idMap = MountChange.IDMap(mappings: mappings, recursive: options.idMap?.recursive ?? false)
    }
    if idMap == nil, isInRoot(source) { return nil }
    guard travels || isCovered || isMadeReadOnly || idMap != nil || makesMountPoints else { return nil }
    if let idMap, isInRoot(source) {
      // Not a number of those that are taken ahead.
      let tree = MountPoint.captured(-1 - index, path: source)
      let from = inRoot(path(normalized(source), from: root))
      plan.steps.append(.captureMapped(tree, from: from, recursive: recursive, idMap: idMap))
      return tree
    }
    let tree = MountPoint.captured(plan.captures.count, path: source, followsLink: !options.sourceLinkItself)
    plan.captures.append(.capture(tree, recursive: recursive, idMap: idMap))
    return tree
  }

  /// The mappings of an id-mapped mount: its own, or the container's.
  private func idMappings(_ mount: Mount, _ options: MountOptions) -> IDMappings? {
    if let mappings = options.idMap?.mappings { return mappings }
    if let users = mount.uidMappings, let groups = mount.gidMappings, !users.isEmpty {
      return IDMappings(users: users.map(IDMapping.init), groups: groups.map(IDMapping.init))
    }
    return plan.userNamespace?.mappings ?? host.joinedMappings
  }

  /// Mounts travel to and from a bind only where its source is shared.
  private mutating func checkSource(
    _ fact: PropagationFact?,
    _ options: MountOptions,
    source: String,
    at place: String
  ) {
    guard let fact, let wanted = options.change.propagation?.type else { return }
    if wanted == .shared, plan.created.contains(.user), !host.caller.isPrivileged {
      problem(
        place + ".options",
        "shared cannot work without privilege: a mount namespace with a user namespace of its own only receives; use slave"
      )
    } else if wanted == .shared && !fact.isShared || wanted == .slave && !fact.isShared && !fact.isSlave {
      let sharing =
        fact.mountPoint == source
        ? shellLine(["mount", "--make-shared", source])
        : shellLine(["mount", "--bind", source, source]) + " && " + shellLine(["mount", "--make-shared", source])
      problem(
        place + ".options",
        "\(wanted.rawValue) cannot work: \(source) is on \(fact.mountPoint), a private mount of the host; "
          + "to share it, run there: \(sharing)"
      )
    }
  }

  /// Whether a path leads into the container's root: what is taken from there is taken with the mounts made so far.
  private func isInRoot(_ path: String) -> Bool {
    makesMountPoints && root != "/" && isPath(normalized(path), within: root)
  }

  // MARK: File systems

  private mutating func planFileSystem(_ index: Int, _ mount: Mount, _ options: MountOptions, _ fact: DestinationFact) {
    let place = "mounts[\(index)]"
    guard let type = mount.type, !type.isEmpty else {
      return problem(place + ".type", "a mount that is not a bind needs a type, such as tmpfs")
    }
    if options.idMap != nil || !(mount.uidMappings ?? []).isEmpty || !(mount.gidMappings ?? []).isEmpty {
      let field = options.idMap == nil ? ".uidMappings" : ".options"
      return problem(place + field, "ids are mapped for binds alone, and this is \(type)")
    }
    if options.copyUp, type != "tmpfs" {
      return problem(place + ".options", "tmpcopyup is for tmpfs, and this is \(type)")
    }
    if type == "cgroup" || type == "cgroup2" { return planCgroupMount(index, mount, options, at: fact.path) }
    ensureMountPoint(index, fact)
    var parameters = options.parameters.filter { isMapped($0) }
    if type == "overlay", entersUserNamespace, !parameters.contains(where: { $0.key == "userxattr" }) {
      parameters.append(FileSystem.Parameter("userxattr"))
    }
    var attributes = options.change.attributes.set
    let target = inRoot(fact.path)
    if attributes.contains(.readOnly) {
      if !makesMountPoints || mount.source?.hasPrefix("/") ?? false {
        parameters.append(FileSystem.Parameter("ro"))
      } else if type == "tmpfs" {
        // Mount points of later mounts are made in it first.
        attributes.remove(.readOnly)
        sealedMounts.append(target)
      }
    }
    var fileSystem = FileSystem(type: type, source: mount.source, parameters: parameters)
    fileSystem.inheritsPermissions =
      makesMountPoints && type == "tmpfs" && !parameters.contains { $0.key == "mode" }
    step(.mount(fileSystem, attributes: attributes, copyUp: options.copyUp, at: target))
    let later = MountChange(
      recursiveAttributes: options.change.recursiveAttributes,
      propagation: options.change.propagation ?? inheritedPropagation
    )
    if !later.isEmpty { step(.change(later, at: target)) }
    if type == "tmpfs", fact.path == "/dev", root != "/", !makesMountPoints { planDefaultDevices() }
  }

  /// Whether an id that a parameter names exists in the container: a terminal group of 5 does not where only root is mapped.
  private func isMapped(_ parameter: FileSystem.Parameter) -> Bool {
    guard parameter.key == "gid", let id = parameter.value.flatMap(UInt32.init), let namespace = plan.userNamespace
    else { return true }
    return namespace.mappings.groups.maps(id)
  }
}
