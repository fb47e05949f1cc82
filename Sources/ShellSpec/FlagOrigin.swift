package import ContainerPlan
package import OCISpec

extension ShellOptions {
  /// A problem of the spec, told by the flag that it came from; one that came from no flag is the machine's own.
  package func usageError(of problem: SpecProblem, in spec: Spec) -> ShellUsageError {
    ShellUsageError(flag(at: problem.path, in: spec) ?? "", problem.message)
  }

  /// The flags of mounts, in the order in which the spec has them.
  var mountFlags: [String] {
    volumes.map { "-v \($0)" } + mounts.map { "--mount \($0)" } + temporaryFileSystems.map { "--tmpfs \($0)" }
  }

  /// The flag that a place in the spec came from.
  private func flag(at path: String, in spec: Spec) -> String? {
    let name = String(path.prefix { $0 != "[" })
    let index = path.split(whereSeparator: { $0 == "[" || $0 == "]" }).dropFirst().first.flatMap { Int($0) }
    switch name {
    case "mounts":
      let flags = mountFlags
      let first = (spec.mounts ?? []).count - flags.count
      guard let index, flags.indices.contains(index - first) else {
        return index.flatMap { (spec.mounts ?? [])[$0].destination }
      }
      return flags[index - first]
    case "process.rlimits": return index.map { "--ulimit \(limits[$0])" }
    case "root.path":
      return rootfs.map { "--rootfs \($0)" } ?? image.map { "--image \($0)" } ?? overlayFlag
    case "root.readonly": return "--read-only"
    case "linux.rootfsPropagation": return "--propagation \(propagation)"
    case "linux.timeOffsets": return time.map { "--time=\($0)" }
    case "hostname": return hostname.map { "--hostname \($0)" } ?? self.name.map { "--name \($0)" }
    case "domainname": return domainname.map { "--domainname \($0)" }
    case "process.args": return "command"
    case "process.user.uid", "process.user.gid": return user.map { "--user \($0)" }
    case "process.user.additionalGids": return groups.first.map { "--group-add \($0)" } ?? user.map { "--user \($0)" }
    case "shell.overlay": return overlayFlag
    case "shell.init": return "--init"
    case _ where name.hasPrefix("linux.sysctl."): return "--sysctl \(name.dropFirst("linux.sysctl.".count))"
    default: return nil
    }
  }

  var overlayFlag: String? {
    overlay.map { $0 == ShellOptions.temporaryOverlay ? "--overlay" : "--overlay=\($0)" }
  }
}
