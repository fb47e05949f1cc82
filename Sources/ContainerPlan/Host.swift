package import Cgroups
package import LinuxABI

/// What a plan needs to know of the machine and of the caller: read once, by `Host.probe`, and then only looked at.
package struct Host: Sendable {
  package var kernel: KernelVersion
  package var caller: Caller
  package var root: RootFact = .host
  package var mountPoints: MountPointPolicy = .covered
  package var security: SecurityFact = SecurityFact()
  /// Where cgroups are; nil where a container gets none.
  package var cgroups: CgroupHierarchies?
  /// Whether systemd is asked for the container's cgroup.
  package var asksSystemd: Bool = false
  /// The annotations that may reach the host; asked only where the spec has such.
  package var allowedAnnotations: AllowedAnnotations = AllowedAnnotations()
  /// The mappings of the user namespace that is joined; asked only where mounts take them over.
  package var joinedMappings: IDMappings?
  /// What the sources of bind mounts are, by the mount's index in the spec.
  package var sources: MountFacts<SourceFact> = [:]
  /// Where those sources are without symbolic links, by the mount's index in the spec.
  package var sourcePaths: MountFacts<String> = [:]
  /// The texts of those sources that are symbolic links and are not followed, by the mount's index in the spec.
  package var sourceLinks: MountFacts<String> = [:]
  /// What is at the destinations of mounts, by the mount's index in the spec.
  package var destinations: MountFacts<DestinationFact> = [:]
  /// The mounts below the root directory; asked only for a root that is overlaid, or made over a staging directory.
  package var submounts: [Submount] = []
  /// The directories above those mounts, by path; asked only for a root that is overlaid in a user namespace.
  package var directoriesAboveMounts: [String: DirectoryFact] = [:]
  /// How the mount that contains the root propagates; asked only when mounts are to travel between it and the container.
  package var rootPropagation: PropagationFact?
  /// Whether there is a mount namespace to begin in that does not have the host's mounts.
  package var hasTemplate: Bool = false
  /// Whether pivot_root(2) cannot exchange the host's root, a ramdisk; the caller says so.
  package var cannotPivot: Bool = false
  /// The joined namespaces that are berth's own; asked only where kernel parameters are to be set.
  package var ownNamespaces: NamespaceSet = []
  /// The entries of the host's `/`; asked only when a staging directory is needed.
  package var topLevel: DirectoryFact?

  package init(kernel: KernelVersion, caller: Caller) {
    self.kernel = kernel
    self.caller = caller
  }

  /// The oldest kernel that berth runs on: mount_setattr(2) with all of the attributes is there.
  package static var oldestKernel: KernelVersion { KernelVersion(major: 5, minor: 14) }
}

/// What is done about mount points that are missing.
package enum MountPointPolicy: Hashable, Sendable {
  /// Nothing is made on files of the host: a small cover shows them, and vanishes with its mount namespace.
  case covered
  /// They are made in the root as it is, config.md "Mounts": "If the destination does not exist, it MUST be created".
  case made
}

/// Which security modules the kernel runs: a spec may ask only for those.
package struct SecurityFact: Hashable, Sendable {
  package var hasAppArmor: Bool
  package var hasSELinux: Bool

  package init(hasAppArmor: Bool = false, hasSELinux: Bool = false) {
    self.hasAppArmor = hasAppArmor
    self.hasSELinux = hasSELinux
  }
}

/// Facts about some of a spec's mounts, by the mount's index.
///
/// Not a dictionary: its first use of a new key type searches the whole program for a conformance.
package struct MountFacts<Fact: Sendable>: Sendable, ExpressibleByDictionaryLiteral {
  /// The facts, in rising order of the index if they were added so.
  package private(set) var entries: [(index: Int, fact: Fact)]

  package init(dictionaryLiteral facts: (Int, Fact)...) { entries = facts.map { (index: $0.0, fact: $0.1) } }

  /// Adds a fact about a mount that has none yet.
  package mutating func add(_ fact: Fact, at index: Int) { entries.append((index: index, fact: fact)) }

  package subscript(index: Int) -> Fact? { entries.first { $0.index == index }?.fact }
}

/// Who calls berth, and what they may do.
package struct Caller: Sendable {
  package var userID: UInt32
  package var groupID: UInt32
  package var groups: [UInt32]
  package var capabilities: CapabilitySets
  package var workingDirectory: String
  package var environment: [String]
  /// The path of the terminal on standard input, if it is one.
  package var terminal: String?
  /// The ids that /etc/subuid and /etc/subgid give to the caller; asked only when a user namespace is made for one without privilege.
  package var subordinateUsers: [IDRange] = []
  package var subordinateGroups: [IDRange] = []
  /// The caller's own id maps; asked for a privileged caller who makes a user namespace.
  package var idMappings: IDMappings?
  /// Whether the caller is not the machine's root: has another user id, or is root of a user namespace alone.
  package var isRootless: Bool = false
  /// Where newuidmap and newgidmap are, if both are installed.
  package var mappingTools: MappingTools?

  package init(
    userID: UInt32,
    groupID: UInt32,
    groups: [UInt32],
    capabilities: CapabilitySets,
    workingDirectory: String,
    environment: [String],
    terminal: String? = nil
  ) {
    self.userID = userID
    self.groupID = groupID
    self.groups = groups
    self.capabilities = capabilities
    self.workingDirectory = workingDirectory
    self.environment = environment
    self.terminal = terminal
  }

  /// Whether the caller may make mounts and namespaces without a user namespace.
  package var isPrivileged: Bool { capabilities.effective.contains(.systemAdministration) }
}

/// A range of ids, as /etc/subuid lists them: subuid(5).
package struct IDRange: Hashable, Sendable {
  package var start: UInt32
  package var count: UInt32

  package init(start: UInt32, count: UInt32) {
    self.start = start
    self.count = count
  }
}

/// The paths of the two set-user-ID programs that write maps for unprivileged callers, newuidmap(1).
package struct MappingTools: Hashable, Sendable, Codable {
  package var newuidmap: String
  package var newgidmap: String

  package init(newuidmap: String, newgidmap: String) {
    self.newuidmap = newuidmap
    self.newgidmap = newgidmap
  }
}

/// What the spec's root is.
package enum RootFact: Hashable, Sendable {
  /// The caller's own root.
  case host
  /// A directory, by its path without symbolic links.
  case directory(path: String)
  /// An image file and its file system: `erofs` or `squashfs`.
  case image(path: String, type: String)
  /// None of them, and why.
  case refused(String)
}

/// What the source of a bind mount is.
package enum SourceFact: Hashable, Sendable {
  /// A file of a kind, in a mount that propagates so (asked only for a bind that is to be shared or a slave).
  case found(FileKind, propagation: PropagationFact?)
  /// Not to be had, and why: `No such file or directory`.
  case failed(String)
}

/// How the mount that a path lies in propagates.
package struct PropagationFact: Hashable, Sendable {
  package var isShared: Bool
  package var isSlave: Bool
  package var mountPoint: String

  package init(isShared: Bool, isSlave: Bool, mountPoint: String) {
    self.isShared = isShared
    self.isSlave = isSlave
    self.mountPoint = mountPoint
  }
}

/// What is at the destination of a mount, as the container will see it with the mounts before it in place.
package struct DestinationFact: Hashable, Sendable {
  package enum Answer: Hashable, Sendable {
    case exists(FileKind)
    /// Nothing; the directory is the last on the way that exists.
    case missing(in: DirectoryFact)
    /// It lies in what only the container will see (an image): it is made there unless it exists.
    case unknown
    /// It may not be a mount point, and why.
    case refused(String)
  }

  /// The path in the container, without symbolic links as far as it exists.
  package var path: String
  /// The index of the earlier mount that the destination lies in; nil for the root.
  package var containingMount: Int?
  package var answer: Answer
  /// Whether what is mounted there would appear on the host too; asked only where the tree stays shared with it.
  package var isSharedWithHost: Bool = false

  package init(path: String, containingMount: Int?, answer: Answer) {
    self.path = path
    self.containingMount = containingMount
    self.answer = answer
  }
}

/// A directory and what is in it.
package struct DirectoryFact: Hashable, Sendable {
  package struct Entry: Hashable, Sendable {
    package var name: String
    package var kind: FileKind
    /// The text of a symbolic link.
    package var link: String?

    package init(name: String, kind: FileKind, link: String? = nil) {
      self.name = name
      self.kind = kind
      self.link = link
    }
  }

  package var path: String
  package var permissions: UInt32
  package var userID: UInt32
  package var groupID: UInt32
  package var entries: [Entry]

  package init(path: String, permissions: UInt32, userID: UInt32, groupID: UInt32, entries: [Entry]) {
    self.path = path
    self.permissions = permissions
    self.userID = userID
    self.groupID = groupID
    self.entries = entries
  }
}

/// A mount below the root directory.
package struct Submount: Hashable, Sendable {
  package var path: String
  package var type: String
  package var kind: FileKind

  package init(path: String, type: String, kind: FileKind) {
    self.path = path
    self.type = type
    self.kind = kind
  }
}
