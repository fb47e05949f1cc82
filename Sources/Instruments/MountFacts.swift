package import LinuxABI
package import MountNamespace
package import SystemPackage

/// What a mount needs besides mounts, and what there is of it: files, types of file systems, and who owns the namespace.
package struct MountFacts: Hashable, Sendable {
  /// What each path leads to.
  package var files: [String: FileKind] = [:]
  /// Why a path leads nowhere.
  package var missing: [String: Errno] = [:]
  /// The types of file systems that there are, and whether each wants a device: filesystems(5). Empty when that is hidden.
  package var wantsDevice: [String: Bool] = [:]
  /// The types that the kernel loads a module for, or that have a program of their own, `mount.TYPE`.
  package var loadable: Set<String> = []
  /// Whether another user namespace than the first owns the mount namespace.
  package var isOwnedByUser = false

  package init() {}

  /// The types that a user namespace may mount: user_namespaces(7) "Interaction of user namespaces and other types of namespaces".
  private static let typesForUsers: Set<String> = [
    "binfmt_misc", "bpf", "cgroup", "cgroup2", "devpts", "fuse", "mqueue", "overlay", "proc", "ramfs", "sysfs", "tmpfs",
  ]

  /// Why the kernel would refuse an operation, whatever is mounted; nil when nothing speaks against it.
  package func refusal(of operation: Machine.Operation) -> Machine.Refusal? {
    for path in operation.paths {
      if let errno = missing[path] { return Self.refusal(errno, of: path) }
    }
    switch operation {
    case .mount(let type, let source, _, let path):
      if files[path] ?? .directory != .directory {
        return Machine.Refusal(errno: .notDirectory, reason: "\(path) is not a directory")
      }
      return refusal(ofType: type, source)
    case .bind(let from, _, let path), .move(let from, let path), .moveBeneath(let from, let path):
      guard let one = files[from], let other = files[path], (one == .directory) != (other == .directory) else {
        return nil
      }
      let (directory, file) = one == .directory ? (from, path) : (path, from)
      return Machine.Refusal(errno: .notDirectory, reason: "\(directory) is a directory, and \(file) is none")
    case .setGroup, .unmount, .setAttributes, .setPropagation, .pivotRoot, .unshare, .end: return nil
    }
  }

  private func refusal(ofType type: String, _ source: String) -> Machine.Refusal? {
    // `fuse.sshfs` is a fuse.
    let name = String(type.prefix { $0 != "." })
    let isGuessed = type == "auto" || type.contains(",")
    let isKnown = wantsDevice[name] != nil || loadable.contains(name) || loadable.contains(type)
    guard isGuessed || isKnown || wantsDevice.isEmpty else {
      return Machine.Refusal(
        errno: Errno(rawValue: 19),
        reason: "this kernel knows no file system type \"\(type)\": /proc/filesystems has those that it does"
      )
    }
    if isOwnedByUser, !Self.typesForUsers.contains(name) {
      return Machine.Refusal(
        errno: .notPermitted,
        reason: "\(isGuessed ? "a device" : "a file system of type \"\(type)\"") cannot be mounted in a user namespace"
      )
    }
    // Of several types, one may want none; a source with a colon is a server's.
    guard wantsDevice[name] ?? (isGuessed && !type.contains(",") && !source.contains(":")) else { return nil }
    return refusal(ofDevice: Self.deviceFile(source))
  }

  private func refusal(ofDevice path: String) -> Machine.Refusal? {
    if let errno = missing[path] { return Self.refusal(errno, of: path) }
    // mount(8) makes a loop device of a file.
    switch files[path] {
    case nil, .blockDevice?, .regular?: return nil
    case let kind?:
      let words = kind == .directory ? "a directory" : "no block device"
      return Machine.Refusal(errno: Errno(rawValue: 15), reason: "\(path) is \(words): a device or an image is needed")
    }
  }

  /// The device that a source stands for: mount(8) "Indicating the device and filesystem".
  package static func deviceFile(_ source: String) -> String {
    for name in ["LABEL", "UUID", "PARTLABEL", "PARTUUID", "ID"] where source.hasPrefix(name + "=") {
      return "/dev/disk/by-\(name.lowercased())/" + source.dropFirst(name.count + 1)
    }
    return source
  }

  private static func refusal(_ errno: Errno, of path: String) -> Machine.Refusal {
    let words = errno == .noSuchFileOrDirectory ? "does not exist" : "cannot be reached"
    return Machine.Refusal(errno: errno, reason: "\(path) \(words)")
  }
}
