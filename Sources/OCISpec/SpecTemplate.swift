package import JSON

/// The config.json that `berth spec` writes: a shell in the directory rootfs, as every runtime's spec command has it.
package struct SpecTemplate: Hashable, Sendable {
  /// The ids of a caller without root, who is root inside.
  package var rootlessIDs: RootlessIDs?
  /// Whether the host's cgroups are of version 2 alone: only then a cgroup namespace hides the host's.
  package var hasCgroupNamespace: Bool

  package struct RootlessIDs: Hashable, Sendable {
    package var user: UInt32
    package var group: UInt32

    package init(user: UInt32, group: UInt32) {
      self.user = user
      self.group = group
    }
  }

  package init(rootlessIDs: RootlessIDs? = nil, hasCgroupNamespace: Bool) {
    self.rootlessIDs = rootlessIDs
    self.hasCgroupNamespace = hasCgroupNamespace
  }

  package var json: JSONValue {
    .object([
      JSONValue.Member("ociVersion", .string(Spec.version)),
      JSONValue.Member("process", process),
      JSONValue.Member("root", object(("path", .string("rootfs")), ("readonly", .bool(true)))),
      JSONValue.Member("hostname", .string("berth")),
      JSONValue.Member("mounts", .array(mounts)),
      JSONValue.Member("linux", linux),
    ])
  }

  private func object(_ members: (String, JSONValue)...) -> JSONValue {
    .object(members.map { JSONValue.Member($0.0, $0.1) })
  }

  private var process: JSONValue {
    let capabilities = JSONValue.strings(["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"])
    let files = object(("type", .string("RLIMIT_NOFILE")), ("hard", .number(1024)), ("soft", .number(1024)))
    let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return object(
      ("terminal", .bool(true)),
      ("user", object(("uid", .number(0)), ("gid", .number(0)))),
      ("args", .strings(["sh"])),
      ("env", .strings([path, "TERM=xterm"])),
      ("cwd", .string("/")),
      ("capabilities", object(("bounding", capabilities), ("effective", capabilities), ("permitted", capabilities))),
      ("rlimits", .array([files])),
      ("noNewPrivileges", .bool(true))
    )
  }

  // MARK: Mounts

  private var mounts: [JSONValue] {
    let hasOneGroup = rootlessIDs != nil
    return [
      mount("/proc", "proc", "proc", nil),
      mount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
      mount(
        "/dev/pts",
        "devpts",
        "devpts",
        // The terminals' group is none of the caller's.
        ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"] + (hasOneGroup ? [] : ["gid=5"])
      ),
      mount("/dev/shm", "tmpfs", "shm", ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
      mount("/dev/mqueue", "mqueue", "mqueue", ["nosuid", "noexec", "nodev"]),
      // A sysfs can be mounted only in a network namespace of one's own.
      rootlessIDs == nil
        ? mount("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", "ro"])
        : mount("/sys", "none", "/sys", ["rbind", "nosuid", "noexec", "nodev", "ro"]),
      mount("/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev", "relatime", "ro"]),
    ]
  }

  private func mount(_ destination: String, _ type: String, _ source: String, _ options: [String]?) -> JSONValue {
    var members = [
      JSONValue.Member("destination", .string(destination)), JSONValue.Member("type", .string(type)),
      JSONValue.Member("source", .string(source)),
    ]
    if let options { members.append(JSONValue.Member("options", .strings(options))) }
    return .object(members)
  }

  // MARK: Linux

  private var linux: JSONValue {
    var members: [JSONValue.Member] = []
    if let rootlessIDs {
      members.append(JSONValue.Member("uidMappings", mapping(rootlessIDs.user)))
      members.append(JSONValue.Member("gidMappings", mapping(rootlessIDs.group)))
    } else {
      let noDevices = object(("allow", .bool(false)), ("access", .string("rwm")))
      members.append(JSONValue.Member("resources", object(("devices", .array([noDevices])))))
    }
    let masked = [
      "/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
      "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi",
    ]
    let readonly = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
    members += [
      JSONValue.Member("namespaces", .array(namespaces.map { object(("type", .string($0))) })),
      JSONValue.Member("maskedPaths", .strings(masked)),
      JSONValue.Member("readonlyPaths", .strings(readonly)),
    ]
    return .object(members)
  }

  private func mapping(_ id: UInt32) -> JSONValue {
    .array([object(("containerID", .number(0)), ("hostID", .number(id)), ("size", .number(1)))])
  }

  private var namespaces: [String] {
    ["pid"] + (rootlessIDs == nil ? ["network"] : []) + ["ipc", "uts", "mount"]
      + (hasCgroupNamespace ? ["cgroup"] : []) + (rootlessIDs == nil ? [] : ["user"])
  }
}
