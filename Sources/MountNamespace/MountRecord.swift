import LinuxABI

/// A mount operation as a flat record: its form in JSON.
package struct MountRecord: Hashable, Sendable, Codable {
  /// The verb: `capture`, `mount`, `bind`, `change`, `reconfigure`, `enter`, `pivot_root`; for other steps of a plan
  /// `mkdir`, `touch`, `symlink`, `mknod`, `copy`, `chown`, `chroot`, `mask`, `readonly`.
  package var operation: String
  package var type: String?
  package var source: String?
  package var target: String?
  /// The directory that `target` cannot leave, where it is not `/`.
  package var root: String?
  package var options: [String]?
  package var propagation: String?
  package var recursive: Bool?

  package init(
    operation: String,
    type: String? = nil,
    source: String? = nil,
    target: String? = nil,
    root: String? = nil,
    options: [String]? = nil,
    propagation: String? = nil,
    recursive: Bool? = nil
  ) {
    self.operation = operation
    self.type = type
    self.source = source
    self.target = target
    self.root = root
    self.options = options
    self.propagation = propagation
    self.recursive = recursive
  }
}

extension MountOperation: Encodable {
  /// The record of this operation.
  package var record: MountRecord {
    switch self {
    case .mount(let fileSystem, let attributes, let copyUp, let target):
      let options = attributes.optionNames + fileSystem.parameters.map(\.option) + (copyUp ? ["tmpcopyup"] : [])
      return record("mount", target, type: fileSystem.type, source: fileSystem.backing.name, options: options)
    case .capture(let source, let recursive, let idMap):
      return MountRecord(
        operation: "capture",
        source: source.path,
        options: idMap.map { [$0.option] },
        recursive: recursive
      )
    case .enter(let directory):
      return record("enter", directory)
    case .bind(let source, let recursive, let cut, let change, let target):
      var record = record("bind", target, source: source.fullPath, options: change.options)
      record.propagation = (change.propagation ?? cut)?.option
      record.recursive = recursive
      return record
    case .change(let change, let target):
      var record = record("change", target, options: change.options)
      record.propagation = change.propagation?.option
      return record
    case .reconfigure(let parameters, let target):
      return record("reconfigure", target, options: parameters.map(\.option))
    case .pivotRoot(let path):
      return MountRecord(operation: "pivot_root", target: path)
    }
  }

  private func record(
    _ verb: String,
    _ target: MountPoint,
    type: String? = nil,
    source: String? = nil,
    options: [String] = []
  ) -> MountRecord {
    MountRecord(
      operation: verb,
      type: type,
      source: source,
      target: target.fullPath,
      root: target.root == "/" ? nil : target.root,
      options: options.isEmpty ? nil : options
    )
  }

  package func encode(to encoder: any Encoder) throws { try record.encode(to: encoder) }
}

extension FileSystem.Backing {
  /// The device, name or image file.
  package var name: String {
    switch self {
    case .source(let name): name
    case .image(let path): path
    }
  }
}
