import ContainerPlan
import LinuxABI
import OCISpec

extension ShellSpecBuilder {
  /// /proc anew, the file systems of a root of its own, and the volumes.
  mutating func buildMounts() throws(ShellUsageError) {
    var mounts: [Mount] = []
    let hasSystem = options.rootfs != nil || options.image != nil
    if created.contains(.mount) { mounts += hasSystem ? systemMounts : processMount }
    let directory = facts.caller.workingDirectory
    for text in options.volumes { mounts.append(try VolumeSyntax.volume(text, workingDirectory: directory)) }
    for text in options.mounts { mounts.append(try VolumeSyntax.mount(text, workingDirectory: directory)) }
    for text in options.temporaryFileSystems { mounts.append(try VolumeSyntax.temporaryFileSystem(text)) }
    if !created.contains(.mount), let first = options.mountFlags.first {
      throw error(
        first,
        "a mount needs a mount namespace of its own: it does not go with --share mount and --join mount"
      )
    }
    spec.mounts = mounts.isEmpty ? nil : mounts
  }

  private var hasOwnProcesses: Bool { created.contains(.pid) || options.joined.contains { $0.hasPrefix("pid=") } }
  private var hasUserNamespace: Bool { created.contains(.user) }

  /// /proc as the new PID namespace sees it. Where the PID namespace stays the host's, so does /proc.
  private var processMount: [Mount] {
    guard hasOwnProcesses else { return [] }
    return [Mount(destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "nodev", "noexec"])]
  }

  /// What a root of its own finds mounted, config-linux.md "Default Filesystems".
  private var systemMounts: [Mount] {
    var mounts = processMount
    if mounts.isEmpty { mounts = [borrowed("/proc", readOnly: false)] }
    mounts.append(
      Mount(
        destination: "/dev",
        type: "tmpfs",
        source: "tmpfs",
        options: ["nosuid", "strictatime", "mode=755", "size=65536k"]
      )
    )
    mounts.append(
      Mount(
        destination: "/dev/pts",
        type: "devpts",
        source: "devpts",
        options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]
      )
    )
    mounts.append(
      Mount(
        destination: "/dev/shm",
        type: "tmpfs",
        source: "shm",
        options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]
      )
    )
    if created.contains(.ipc) {
      mounts.append(
        Mount(destination: "/dev/mqueue", type: "mqueue", source: "mqueue", options: ["nosuid", "noexec", "nodev"])
      )
    }
    if let terminal = facts.caller.terminal {
      mounts.append(Mount(destination: "/dev/console", type: "bind", source: terminal, options: ["bind", "rprivate"]))
    }
    // A user namespace may mount sysfs only with a network namespace that it owns.
    if hasUserNamespace && !created.contains(.network) {
      mounts.append(borrowed("/sys", readOnly: true))
    } else {
      mounts.append(
        Mount(destination: "/sys", type: "sysfs", source: "sysfs", options: ["nosuid", "noexec", "nodev", "ro"])
      )
    }
    return mounts
  }

  /// The host's own, for what the namespaces that the container has do not permit to mount anew.
  private func borrowed(_ path: String, readOnly: Bool) -> Mount {
    Mount(
      destination: path,
      type: "bind",
      source: path,
      options: ["rbind", "rprivate", "nosuid", "noexec", "nodev"] + (readOnly ? ["rro"] : [])
    )
  }
}
