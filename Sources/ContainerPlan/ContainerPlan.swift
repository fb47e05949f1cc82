package import Cgroups
package import LinuxABI
package import MountNamespace
package import OCISpec
package import Seccomp
package import Systemd

/// All that will be done to make a container, as a value: nothing is left to decide when it is carried out.
package struct ContainerPlan: Hashable, Sendable {
  /// A namespace that is entered.
  package struct Join: Hashable, Sendable {
    package var type: NamespaceType
    package var path: String
  }

  /// How a clock of the new time namespace differs from the host's, time_namespaces(7).
  package struct ClockOffset: Hashable, Sendable {
    package var clock: String
    package var seconds: Int64
    package var nanoseconds: UInt32
  }

  /// A kernel parameter, by its path below /proc/sys.
  package struct KernelParameter: Hashable, Sendable {
    package var name: String
    package var value: String

    /// Where the parameter is below /proc: dots are slashes, and slashes dots, as in sysctl.d(5).
    package var procPath: String { "sys/" + Self.exchanged(name) }

    /// The text with dots for slashes and slashes for dots.
    static func exchanged(_ name: String) -> String {
      String(name.map { $0 == "." ? "/" : $0 == "/" ? "." : $0 })
    }
  }

  package var created: NamespaceSet = []
  package var joined: [Join] = []
  package var userNamespace: UserNamespacePlan?
  package var clockOffsets: [ClockOffset] = []
  package var bringsUpLoopback: Bool = false
  /// Copies of the host's mounts, taken before anything changes.
  package var captures: [MountOperation] = []
  package var steps: [RootStep] = []
  /// Whether the mount namespace is a copy of the template's, and not of the host's.
  package var entersTemplate: Bool = false
  /// The null device that was captured, where the steps cannot find it by its path.
  package var nullDevice: MountPoint?
  /// The directories that paths of the steps are confined to, besides `/`.
  package var roots: [String] = []
  /// The one of them that becomes the root.
  package var rootName: String = "/"
  /// The host's interfaces that are moved into the network namespace.
  package var networkDevices: [NetworkDevicePlan] = []
  package var hostname: String?
  package var domainname: String?
  package var kernelParameters: [KernelParameter] = []
  /// Run in the container's namespaces, before its root is the root.
  package var createContainerHooks: [Hook] = []
  /// Run in the container, just before its process.
  package var startContainerHooks: [Hook] = []
  package var cgroup: CgroupPlan?
  package var process: ProcessPlan
  /// What the spec asks for and will not get, where the specification wants that told and no more.
  package var warnings: [String] = []
  /// The annotations that reach the host, and may.
  package var heededAnnotations: [String] = []

  /// Whether the process has a root of its own in a mount namespace that is others' too.
  package var changesRoot: Bool { steps.contains { if case .changeRoot = $0 { true } else { false } } }

  /// Has paths of the steps confined to a directory.
  mutating func confine(to root: String) {
    if !roots.contains(root) { roots.append(root) }
  }
}

/// The container's cgroup and what it is limited to.
package struct CgroupPlan: Hashable, Sendable {
  package var path: CgroupsPath
  /// The writes for the version of cgroups that limits controllers on this host.
  package var writes: [CgroupWrite]
  /// The same for version 2, where that is beside version 1 and has the controller.
  package var unifiedWrites: [CgroupWrite]
  package var devices: DevicePolicy
  /// The scope that systemd is asked for; nil where berth makes the cgroup itself.
  package var scope: ScopePlan?
}

/// What systemd is asked for on the container's behalf.
package struct ScopePlan: Hashable, Sendable {
  package var cgroup: SystemdCgroup
  /// Limits that systemd has properties for, and what the annotations ask for.
  package var properties: [UnitProperty]
  /// The cgroup below the scope that the container's processes are in; empty for the scope itself.
  package var subgroup: String
}

/// The maps of a new user namespace and who writes them, user_namespaces(7).
package struct UserNamespacePlan: Hashable, Sendable {
  package enum Writer: Hashable, Sendable {
    /// berth itself, which has the privilege.
    case privileged
    /// berth itself: the caller's own ids alone, with setgroups(2) denied first.
    case ownIDsOnly
    /// newuidmap(1) and newgidmap(1), for the caller's subordinate ids.
    case tools(MappingTools)
  }

  package var mappings: IDMappings
  package var writer: Writer
}

/// One step of making the container's root.
package enum RootStep: Hashable, Sendable {
  case mount(MountOperation)
  /// Takes a copy of a tree that earlier steps made, with other ids; berth maps them, whom the file system may belong to.
  case captureMapped(MountPoint, from: MountPoint, recursive: Bool, idMap: MountChange.IDMap)
  /// Makes a directory, and those above it, unless they are there.
  case makeDirectory(MountPoint, permissions: UInt32 = 0o755)
  /// Makes an empty file, and the directories above it, unless it is there.
  case makeFile(MountPoint)
  /// Makes a symbolic link, unless something is there.
  case makeSymbolicLink(to: String, at: MountPoint)
  case makeDevice(DeviceNode, at: MountPoint)
  /// Puts a copy of a host's file, with its owner and permissions, at a place.
  case copyFile(from: String, at: MountPoint)
  /// Gives a directory the owner and permissions of another, as far as its owner has an id here.
  case copyAttributes(from: String, to: MountPoint)
  /// Hides what is there, if anything: a file behind /dev/null, a directory behind an empty one.
  case mask(MountPoint)
  /// Makes what is there read-only, if anything is.
  case makeReadOnly(MountPoint)
  /// Moves the mount at a directory over `/` and makes it the root, for a host whose root cannot be exchanged.
  case moveRoot(to: String)
  /// Makes a directory the root of the process alone: its mount namespace is not its own.
  case changeRoot(to: String)
  /// Runs the hooks that come before the root is the root, runtime.md "Lifecycle" 4 to 6.
  case runHooks
  /// Makes the cgroup that the process is in by now the root of its cgroups, cgroup_namespaces(7).
  case enterCgroupNamespace
}

/// A device file to be made, mknod(2).
package struct DeviceNode: Hashable, Sendable {
  package var kind: FileKind
  package var number: DeviceNumber
  package var permissions: UInt32
  package var userID: UInt32
  package var groupID: UInt32

  package init(
    kind: FileKind = .characterDevice,
    number: DeviceNumber,
    permissions: UInt32 = 0o666,
    userID: UInt32 = 0,
    groupID: UInt32 = 0
  ) {
    self.kind = kind
    self.number = number
    self.permissions = permissions
    self.userID = userID
    self.groupID = groupID
  }

  /// The letter of the kind for mknod(1).
  var letter: String {
    switch kind {
    case .blockDevice: "b"
    case .fifo: "p"
    default: "c"
    }
  }
}

/// The terminal of the container's process.
package struct TerminalPlan: Hashable, Sendable {
  /// Rows and columns; nil leaves the kernel's own, or takes those of the terminal that berth itself has.
  package var size: TerminalSize?
}

/// The processors of a process that joins a container, config.md `execCPUAffinity`.
package struct ProcessorBinding: Hashable, Sendable {
  package var initial: NumberList?
  package var final: NumberList?
}

/// What set_mempolicy(2) is told.
package struct MemoryPlacement: Hashable, Sendable {
  /// The mode and its flags.
  package var mode: Int32
  package var nodes: NumberList
}

/// The container's process.
package struct ProcessPlan: Hashable, Sendable {
  package var arguments: [String]
  package var environment: [String]
  package var workingDirectory: String
  package var userID: UInt32
  package var groupID: UInt32
  /// The supplementary groups; nil leaves them, where setgroups(2) is denied.
  package var groups: [UInt32]?
  package var capabilities: CapabilitySets
  package var noNewPrivileges: Bool
  package var limits: [ResourceLimit]
  package var fileCreationMask: UInt32?
  /// Whether a minimal init runs before it, reaps and forwards signals.
  package var hasInit: Bool
  /// Whether it starts as the foreground job of its terminal.
  package var isForegroundJob: Bool = false
  package var terminal: TerminalPlan?
  package var oomScoreAdjustment: Int?
  package var scheduling: SchedulingAttributes?
  /// The processors that a process of `exec` is bound to, before it is in the container's cgroup and after.
  package var processors: ProcessorBinding = ProcessorBinding()
  /// The value that ioprio_set(2) takes.
  package var ioPriority: Int32?
  package var memoryPlacement: MemoryPlacement?
  /// The value that personality(2) takes.
  package var personality: UInt32?
  /// The AppArmor profile that its program runs under.
  package var appArmorProfile: String?
  /// The SELinux label that its program runs under.
  package var seLinuxLabel: String?
  /// Which system calls it may make.
  package var seccomp: SeccompPlan?
}

/// Something in a spec that cannot be done, with its place.
package struct SpecProblem: Hashable, Sendable {
  /// The place in config.json: `mounts[3].options[1]`.
  package var path: String
  package var message: String

  package init(_ path: String, _ message: String) {
    self.path = path
    self.message = message
  }
}

/// All that is wrong with a spec.
package struct SpecProblems: Error, Hashable, Sendable, ProseConvertible {
  package var problems: [SpecProblem]

  package init(_ problems: [SpecProblem]) { self.problems = problems }

  package var prose: Prose {
    problems.map { "config.json: \($0.path): \($0.message)" as Prose }.joined(separator: "\n")
  }
}
