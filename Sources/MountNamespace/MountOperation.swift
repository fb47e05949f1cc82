package import LinuxABI

/// What changes about a mount: attributes of the mount alone and of all below it, and propagation.
package struct MountChange: Hashable, Sendable {
  /// Attributes that are set and cleared. Access-time modes are one field: setting one clears the others.
  package struct Attributes: Hashable, Sendable {
    package var set: MountAttributes = []
    package var clear: MountAttributes = []

    package var isEmpty: Bool { self.set.isEmpty && self.clear.isEmpty }

    package init(set: MountAttributes = [], clear: MountAttributes = []) {
      self.set = set
      self.clear = clear
    }

    /// Sets attributes; the last word on each attribute counts.
    package mutating func set(_ attributes: MountAttributes) {
      if !attributes.isDisjoint(with: .accessTimeModes) { chooseAccessTime() }
      self.set.formUnion(attributes)
      self.clear.subtract(attributes.subtracting(.accessTimeModes))
    }

    /// Clears attributes; a cleared access-time mode is `relatime`, the kernel's default.
    package mutating func clear(_ attributes: MountAttributes) {
      if !attributes.isDisjoint(with: .accessTimeModes) { chooseAccessTime() }
      self.set.subtract(attributes)
      self.clear.formUnion(attributes.subtracting(.accessTimeModes))
    }

    /// Says nothing more about attributes: what is said of them for the whole tree counts for this mount too.
    mutating func forget(_ attributes: MountAttributes) {
      let isMode = !attributes.isDisjoint(with: .accessTimeModes)
      let named = isMode ? attributes.union(.accessTimeModes) : attributes
      self.set.subtract(named)
      self.clear.subtract(named)
    }

    private mutating func chooseAccessTime() {
      self.set.subtract(.accessTimeModes)
      self.clear.formUnion(.accessTimeModes)
    }
  }

  /// A propagation type, for one mount or for all below it too.
  package struct PropagationChange: Hashable, Sendable {
    package var type: Propagation
    package var recursive: Bool

    package init(_ type: Propagation, recursive: Bool) {
      self.type = type
      self.recursive = recursive
    }

    /// The same, for one mount alone.
    package var ofTop: PropagationChange { PropagationChange(type, recursive: false) }

    /// The option of mount(8): `rslave`.
    package var option: String { (recursive ? "r" : "") + type.rawValue }
  }

  /// Which ids the files of the mount appear to have, mount_setattr(2) "ID-mapped mounts".
  package struct IDMap: Hashable, Sendable {
    /// The mappings, from ids on the file system to ids seen.
    package var mappings: IDMappings
    package var recursive: Bool

    package init(mappings: IDMappings, recursive: Bool) {
      self.mappings = mappings
      self.recursive = recursive
    }
  }

  package var isEmpty: Bool { attributes.isEmpty && recursiveAttributes.isEmpty && propagation == nil }

  package var attributes: Attributes
  package var recursiveAttributes: Attributes
  package var propagation: PropagationChange?

  package init(
    attributes: Attributes = Attributes(),
    recursiveAttributes: Attributes = Attributes(),
    propagation: PropagationChange? = nil
  ) {
    self.attributes = attributes
    self.recursiveAttributes = recursiveAttributes
    self.propagation = propagation
  }
}

/// One thing done to a mount namespace, with the kernel's own verbs.
///
/// A value: the printer writes it as a mount(8) line, the executor carries it out.
package enum MountOperation: Hashable, Sendable {
  /// Makes a file system and attaches it. With `copyUp`, a tmpfs first takes a copy of what it will cover.
  case mount(FileSystem, attributes: MountAttributes, copyUp: Bool = false, at: MountPoint)
  /// Takes a copy of a mount, or of a tree of mounts, to be bound later: with the peers that it has now, and with other ids.
  /// The name is `MountPoint.captured`: one path can be wanted in many ways.
  case capture(MountPoint, recursive: Bool, idMap: MountChange.IDMap? = nil)
  /// Makes a directory the working one: what `.` in a later source means, even when a mount covers it by then.
  case enter(MountPoint)
  /// Attaches a copy of the mount, or of the tree of mounts, that is at a place; or what was captured, once.
  ///
  /// Its propagation is changed when it is in its place: what is attached to a shared mount becomes shared, mount_namespaces(7). What was
  /// captured before the tree around it was cut off is first `cut` off likewise.
  case bind(
    from: MountPoint,
    recursive: Bool,
    cut: MountChange.PropagationChange? = nil,
    change: MountChange,
    at: MountPoint
  )
  /// Changes the mount at a place.
  case change(MountChange, at: MountPoint)
  /// Changes parameters of the file system at a place, for every mount of it.
  case reconfigure([FileSystem.Parameter], at: MountPoint)
  /// Makes the mount at a path the root of the namespace, and takes the old root and all below it away.
  case pivotRoot(to: String)
}
