package import MountNamespace

/// Why a mount of one namespace is, or is not, seen in another.
package struct MountExplanation: Hashable, Sendable {
  /// One side of the question: a namespace, as its reader names it, and its mounts.
  package struct Side: Hashable, Sendable {
    /// The name in the text: `host`, `docker web`.
    package var name: String
    /// The word that names it on a command line.
    package var target: String
    package var inode: UInt64
    package var table: MountTable
    /// Who made it, when it is a container's.
    package var engine: ContainerIdentity.Engine?

    package init(
      name: String,
      target: String,
      inode: UInt64,
      table: MountTable,
      engine: ContainerIdentity.Engine? = nil
    ) {
      self.name = name
      self.target = target
      self.inode = inode
      self.table = table
      self.engine = engine
    }
  }

  /// What was found, from the best news to the worst.
  package enum Finding: String, Hashable, Sendable {
    /// Both are the same namespace.
    case sameNamespace
    /// Both are the same namespace, but the one has a root that it is not below.
    case outsideRoot
    /// It is there, and the two are linked.
    case seen
    /// It is there as a copy from when the namespace was made: nothing links the two.
    case seenAsCopy
    /// It is there, and another mount covers it.
    case covered
    /// It is there at another path.
    case seenElsewhere
    /// The directory does not exist there: no mount shows the file system that the mount point is on.
    case noParent
    /// The parent mount propagates nothing.
    case parentPrivate
    /// The parent mounts are linked, the other way round.
    case oneWay
    /// The parent mounts are not linked.
    case unlinked
    /// The parent mounts are linked, but were not when the mount was made, or it was unmounted there.
    case linkedLater
    /// Nothing is mounted at the path.
    case notMounted
    /// Nothing is mounted at the path here, but there is.
    case mountedThereOnly
  }

  package var path: String
  package var from: Side
  package var to: Side
  package var finding: Finding
  /// The mount that the question is about.
  package var mount: MountEntry?
  /// The mount that it is attached to.
  package var parent: MountEntry?
  /// The same mount as seen in `to`.
  package var counterpart: MountEntry?
  /// The mount of `to` that shows the directory that it is attached to.
  package var counterpartParent: MountEntry?
  /// How the counterparts stand to each other; when there is none, how the parents do.
  package var link: PropagationLinks.Link = .none
  /// Where it would be seen in `to`.
  package var place: String?

  /// Finds out about the mount at a path, absolute and without links, of `from`; `machine` has the tables of all that can link the two.
  package init(path: String, from: Side, to: Side, machine: [MountTable]) {
    self.path = path
    self.from = from
    self.to = to
    let links = PropagationLinks(machine + [from.table, to.table])
    guard let mount = from.table.topMount(at: path) else {
      mount = from.table.mount(containing: path)
      counterpart = to.table.topMount(at: path)
      finding = counterpart == nil ? .notMounted : .mountedThereOnly
      return
    }
    self.mount = mount
    parent = from.table.entries.first { $0.id == mount.parentID && $0.id != mount.id }
    finding = .sameNamespace
    if from.inode == to.inode {
      place = to.table.entries.first { $0.id == mount.id }?.mountPoint
      if place == nil { finding = .outsideRoot }
      return
    }
    finding = findCounterpart(of: mount, links) ?? explainAbsence(of: mount, links)
  }

  /// Looks for the mount in the other namespace.
  private mutating func findCounterpart(of mount: MountEntry, _ links: PropagationLinks) -> Finding? {
    let same = to.table.entries.filter { $0.device == mount.device && $0.root == mount.root }
    guard
      let found = same.first(where: { $0.mountPoint == mount.mountPoint }) ?? same.first(where: {
        links.link(from: mount, to: $0) != .none
      }) ?? same.first
    else { return nil }
    counterpart = found
    link = links.link(from: mount, to: found)
    place = found.mountPoint
    if to.table.mount(containing: found.mountPoint)?.id != found.id { return .covered }
    if found.mountPoint != mount.mountPoint { return .seenElsewhere }
    return link == .none ? .seenAsCopy : .seen
  }

  /// Looks for the link that is missing between the mounts that the mount point is on.
  private mutating func explainAbsence(of mount: MountEntry, _ links: PropagationLinks) -> Finding {
    guard let parent else { return .noParent }
    let directory = parent.pathOnFileSystem(of: mount.mountPoint)
    let shown = to.table.entries.filter { $0.device == parent.device && isPath(directory, within: $0.root) }
    let linked = shown.first { links.link(from: parent, to: $0) != .none }
    guard let candidate = linked ?? shown.first(where: { $0.mountPoint == parent.mountPoint }) ?? shown.first else {
      return .noParent
    }
    counterpartParent = candidate
    link = links.link(from: parent, to: candidate)
    place = candidate.path(ofDirectory: directory)
    switch link {
    case .peers, .receives: return .linkedLater
    case .gives: return .oneWay
    case .none: return parent.peerGroup == nil ? .parentPrivate : .unlinked
    }
  }
}
