package import Cgroups
import LinuxABI
import LinuxSyscalls
import SystemPackage

extension ContainerCgroup {
  /// Makes the cgroups of a container, with every controller that the host hands down.
  ///
  /// Without privilege, a hierarchy that refuses is left out, unless the specification named the cgroup; limits that
  /// it asks for are then refused by `apply`. What was made before a failure is removed again.
  ///
  /// - Parameters:
  ///   - writes: what will be applied: a `cpuset` that is not given is that of the parent.
  ///   - holder: the one process that may be there already.
  package static func make(
    _ path: CgroupsPath,
    in hierarchies: CgroupHierarchies,
    writes: [CgroupWrite] = [],
    isRootless: Bool = false,
    holder: Int32? = nil
  ) throws(CgroupFailure) -> ContainerCgroup {
    var made = ContainerCgroup([])
    var new = ContainerCgroup([])
    for hierarchy in hierarchies.all {
      let directory = CgroupDirectory(controllers: hierarchy.controllers, path: hierarchy.directory(of: path))
      do throws(CgroupFailure) {
        let levels = try attempt("mkdir \(directory.path)") { () throws(Errno) in try directory.makeDirectories() }
        if levels.contains(directory.path) { new.directories.append(directory) }
        switch hierarchy.version {
        case .v1: try directory.prepare(levels, given: writes)
        case .v2:
          let isEnabling = hierarchies.version == .v2 || needs(writes, hierarchies)
          if isEnabling { try directory.enableControllers(below: hierarchy) }
        }
        made.directories.append(directory)
      } catch {
        if isRootless && !path.isGiven && error.isDenied {
          new.directories.removeAll { $0 == directory }
          continue
        }
        new.removeEmpty()
        throw error
      }
    }
    if new.directories.count < made.directories.count {
      do throws(CgroupFailure) {
        try made.checkUnused(but: holder)
      } catch {
        new.removeEmpty()
        throw error
      }
    }
    return made
  }

  /// Whoever is in a cgroup that was there before would be limited, killed and removed with the container.
  private func checkUnused(but holder: Int32?) throws(CgroupFailure) {
    let path = directories.first?.path ?? ""
    if try isFrozen() {
      throw CgroupFailure("container's cgroup unexpectedly frozen: \(path)", .resourceBusy)
    }
    if let process = try processes().first(where: { $0 != holder }) {
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
  fileprivate func makeDirectories() throws(Errno) -> [String] {
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

  /// Gives new cgroups of a hierarchy of version 1 what they must have before a process can be in them.
  fileprivate func prepare(_ levels: [String], given: [CgroupWrite]) throws(CgroupFailure) {
    guard has("cpuset") else { return }
    for level in levels {
      let directory = CgroupDirectory(controllers: controllers, path: level)
      // Nothing can be in a cpuset without processors and memory nodes, cpuset(7), and a new one has none.
      for file in ["cpuset.cpus", "cpuset.mems"] where level != path || !given.contains(where: { $0.file == file }) {
        try attempt("give \(level) the \(file) of its parent") { () throws(Errno) in
          if let inherited = try directory.inherited(file) { try directory.write(inherited, to: file) }
        }
      }
    }
  }

  /// What the directory above has in a file; one that has nothing gets it from above first.
  private func inherited(_ file: String) throws(Errno) -> String? {
    guard let parent else { return nil }
    let value = try parent.read(file)
    if !value.allSatisfy(\.isWhitespace) { return value }
    guard let inherited = try parent.inherited(file) else { return nil }
    try parent.write(inherited, to: file)
    return inherited
  }

  // MARK: Version 2

  /// Has each cgroup of version 2 on the way to this one hand down its controllers.
  fileprivate func enableControllers(below hierarchy: CgroupHierarchy) throws(CgroupFailure) {
    let root = CgroupDirectory(controllers: "", path: hierarchy.mountPoint)
    let wanted = try attempt("read \(root.path)/cgroup.controllers") { () throws(Errno) in
      try root.controllerNames()
    }
    let missing = try attempt("read \(path)/cgroup.controllers") { () throws(Errno) in
      let present = try controllerNames()
      return wanted.filter { !present.contains($0) }
    }
    guard !missing.isEmpty else { return }
    enable(missing, from: root)
    try adaptType()
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
