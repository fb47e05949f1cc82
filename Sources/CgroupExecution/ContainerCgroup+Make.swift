package import Cgroups
import LinuxSyscalls
import SystemPackage

extension ContainerCgroup {
  /// Makes the cgroups of a container, with every controller that the host hands down.
  ///
  /// Without privilege, a hierarchy that refuses is left out, unless the specification named the cgroup; limits that
  /// it asks for are then refused by `apply`. What was made before a failure is removed again.
  ///
  /// - Parameter writes: what will be applied: a `cpuset` that is not given is that of the parent.
  package static func make(
    _ path: CgroupsPath,
    in hierarchies: CgroupHierarchies,
    writes: [CgroupWrite] = [],
    isRootless: Bool = false
  ) throws(CgroupFailure) -> ContainerCgroup {
    var made = ContainerCgroup([])
    var new = ContainerCgroup([])
    for hierarchy in hierarchies.all {
      let directory = CgroupDirectory(controllers: hierarchy.controllers, path: hierarchy.directory(of: path))
      do throws(CgroupFailure) {
        let isNew =
          switch hierarchy.version {
          case .v1: try directory.make(below: hierarchy, given: writes)
          case .v2:
            try directory.make(below: hierarchy, enabling: hierarchies.version == .v2 || needs(writes, hierarchies))
          }
        made.directories.append(directory)
        if isNew { new.directories.append(directory) }
      } catch {
        if isRootless && !path.isGiven && error.isDenied { continue }
        new.removeEmpty()
        throw error
      }
    }
    if new.directories.count < made.directories.count {
      do throws(CgroupFailure) {
        try made.checkUnused()
      } catch {
        new.removeEmpty()
        throw error
      }
    }
    return made
  }

  /// Whoever is in a cgroup that was there before would be limited, killed and removed with the container.
  private func checkUnused() throws(CgroupFailure) {
    let path = directories.first?.path ?? ""
    if try isFrozen() {
      throw CgroupFailure("container's cgroup unexpectedly frozen: \(path)", .resourceBusy)
    }
    if let process = try processes().first {
      throw CgroupFailure("container's cgroup is not empty: \(path) has process \(process)", .resourceBusy)
    }
  }

  /// Whether limits are asked for that only the hierarchy of version 2 can have, beside those of version 1.
  private static func needs(_ writes: [CgroupWrite], _ hierarchies: CgroupHierarchies) -> Bool {
    writes.contains { write in
      !hierarchies.all.contains { $0.controllers.split(separator: ",").contains(Substring(write.controller)) }
    }
  }

  /// Removes directories that nothing is in yet.
  private func removeEmpty() {
    // The failure that this cleans up after is the one to tell.
    for directory in directories { try? Syscall.removeDirectory(directory.path) }
  }
}

extension CgroupDirectory {
  /// Makes the directory and those above it; returns those that were not there, topmost first.
  private func makeDirectories() throws(Errno) -> [String] {
    do throws(Errno) {
      try Syscall.makeDirectory(at: .workingDirectory, path, permissions: 0o755)
      return [path]
    } catch .fileExists {
      return []
    } catch .noSuchFileOrDirectory {
      guard let parent else { throw .noSuchFileOrDirectory }
      return try parent.makeDirectories() + makeDirectories()
    }
  }

  /// The directory above.
  private var parent: CgroupDirectory? {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return nil }
    return CgroupDirectory(controllers: controllers, path: String(path[..<slash]))
  }

  // MARK: Version 1

  /// Makes the cgroup in a hierarchy of version 1; returns whether it was not there.
  fileprivate func make(below hierarchy: CgroupHierarchy, given: [CgroupWrite]) throws(CgroupFailure) -> Bool {
    let made = try attempt("mkdir \(path)") { () throws(Errno) in try makeDirectories() }
    guard has("cpuset") else { return made.contains(path) }
    for level in made {
      let directory = CgroupDirectory(controllers: controllers, path: level)
      // Nothing can be in a cpuset without processors and memory nodes, cpuset(7), and a new one has none.
      for file in ["cpuset.cpus", "cpuset.mems"] where level != path || !given.contains(where: { $0.file == file }) {
        try attempt("give \(level) the \(file) of its parent") { () throws(Errno) in
          guard let inherited = try directory.parent?.read(file) else { return }
          try directory.write(inherited, to: file)
        }
      }
    }
    return made.contains(path)
  }

  // MARK: Version 2

  /// Makes the cgroup in the hierarchy of version 2, and has each cgroup on the way hand down its controllers; returns
  /// whether it was not there.
  fileprivate func make(below hierarchy: CgroupHierarchy, enabling: Bool) throws(CgroupFailure) -> Bool {
    let isNew = try attempt("mkdir \(path)") { () throws(Errno) in try makeDirectories() }.contains(path)
    guard enabling else { return isNew }
    let root = CgroupDirectory(controllers: "", path: hierarchy.mountPoint)
    let wanted = try attempt("read \(root.path)/cgroup.controllers") { () throws(Errno) in
      try root.controllerNames()
    }
    let missing = try attempt("read \(path)/cgroup.controllers") { () throws(Errno) in
      let present = try controllerNames()
      return wanted.filter { !present.contains($0) }
    }
    guard !missing.isEmpty else { return isNew }
    enable(missing, from: root)
    try adaptType()
    return isNew
  }

  private func controllerNames() throws(Errno) -> [Substring] {
    try read("cgroup.controllers").split(whereSeparator: \.isWhitespace)
  }

  /// Enables controllers in each cgroup from the root to the one above this. What cannot be enabled is missed only by
  /// the limit that needs it, which then names it.
  private func enable(_ controllers: [Substring], from root: CgroupDirectory) {
    guard let parent, parent.path.hasPrefix(root.path) else { return }
    if parent.path != root.path { parent.enable(controllers, from: root) }
    do throws(Errno) {
      try parent.write(controllers.map { "+\($0)" }.joined(separator: " "), to: "cgroup.subtree_control")
    } catch {
      // One that is refused takes the others with it: each alone, then.
      for controller in controllers { try? parent.write("+\(controller)", to: "cgroup.subtree_control") }
    }
  }

  /// Makes a cgroup that is invalid below a threaded one threaded itself, cgroups(7) "Thread mode".
  private func adaptType() throws(CgroupFailure) {
    // A file that is not there or cannot be read tells nothing: then it is the attachment that fails, with its reason.
    guard let type = try? read("cgroup.type"), type.hasPrefix("domain invalid") else { return }
    try attempt("write threaded to \(path)/cgroup.type") { () throws(Errno) in
      try write("threaded", to: "cgroup.type")
    }
  }
}
