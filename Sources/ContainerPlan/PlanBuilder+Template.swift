import MountNamespace
package import OCISpec

extension Host {
  /// Whether a container's mount namespace may begin as a copy of the template, as far as the spec alone tells.
  ///
  /// Not with hooks that enter the namespace while it is made, and look for the root at its path on the host. Not with a
  /// user namespace: the kernel lets it make a procfs or sysfs only where it sees one already, and the template has none.
  /// And not where berth itself is root of a user namespace alone, for the same reason.
  package func maySuitTemplate(_ spec: Spec) -> Bool {
    let namespaces = spec.linux?.namespaces ?? []
    let hooks = spec.hooks
    return caller.isPrivileged && !caller.isRootless
      && namespaces.contains { $0.type == "mount" && ($0.path ?? "").isEmpty }
      && !namespaces.contains { $0.type == "user" }
      && (hooks?.prestart ?? []).isEmpty && (hooks?.createRuntime ?? []).isEmpty
      && (hooks?.createContainer ?? []).isEmpty
  }
}

extension PlanBuilder {
  /// Begins in the template, where there is one and nothing speaks against it.
  mutating func planTemplate() {
    guard host.hasTemplate, makesMountPoints, case .directory = host.root, host.maySuitTemplate(spec) else { return }
    guard (spec.mounts ?? []).allSatisfy({ isBind($0) || Self.needsNoPath($0.type ?? "") }) else { return }
    plan.entersTemplate = true
    // The host's null device covers masked files, and is not to be found in there.
    let null = MountPoint.captured(plan.captures.count, path: "/dev/null")
    plan.captures.append(.capture(null, recursive: false))
    plan.nullDevice = null
  }

  /// Whether a file system is made without looking anything up by its path on the host.
  private static func needsNoPath(_ type: String) -> Bool {
    ["proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup", "cgroup2"].contains(type)
  }
}
