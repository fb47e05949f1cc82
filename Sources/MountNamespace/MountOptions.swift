package import LinuxABI

/// A mount's options, read: what they ask of the mount, and what is left for its file system.
package struct MountOptions: Sendable {
  package var bind: Bool = false
  package var recursive: Bool = false
  package var remount: Bool = false
  package var copyUp: Bool = false
  package var sourceLinkItself: Bool = false
  package var destinationLinkItself: Bool = false
  package var copyLink: Bool = false
  package var change: MountChange = MountChange()
  /// Whether ids are mapped (and for all below too), and how: by nil as the container's user namespace maps them.
  package var idMap: (recursive: Bool, mappings: IDMappings?)?
  /// Flags and data of the file system, in the order given.
  package var parameters: [FileSystem.Parameter] = []

  /// Why an option cannot be read.
  package struct Problem: Error, Hashable, Sendable {
    /// The option's place in the list.
    package var index: Int
    package var message: String
  }

  /// Reads options; what the table does not know is data of the file system.
  package init(_ options: [String]) throws(Problem) {
    for (index, option) in options.enumerated() {
      if let meaning = MountOption(option) {
        apply(meaning, spelt: option)
      } else if option.hasPrefix("idmap=") || option.hasPrefix("ridmap=") {
        let text = option.drop { $0 != "=" }.dropFirst()
        guard let mappings = IDMappings(mountOption: text) else {
          throw Problem(
            index: index,
            message: "\"\(option)\" is not an id mapping; it looks like idmap=uids=0-1000-1;gids=0-1000-1"
          )
        }
        idMap = (option.hasPrefix("r"), mappings)
      } else if !option.isEmpty {
        parameters.append(FileSystem.Parameter(option: option))
      }
    }
    // What is said of the whole tree counts for its top too, wherever it stands: `rro,rw` must not leave the top writable.
    change.attributes.forget(change.recursiveAttributes.set.union(change.recursiveAttributes.clear))
  }

  private mutating func apply(_ meaning: MountOption, spelt option: String) {
    switch meaning {
    case .set(let attributes): change.attributes.set(attributes)
    case .clear(let attributes): change.attributes.clear(attributes)
    case .setRecursively(let attributes): change.recursiveAttributes.set(attributes)
    case .clearRecursively(let attributes): change.recursiveAttributes.clear(attributes)
    case .propagation(let type, let recursive):
      change.propagation = MountChange.PropagationChange(type, recursive: recursive)
    case .bind(let recursive):
      bind = true
      self.recursive = recursive
    case .remount: remount = true
    case .fileSystemFlag(let flag): parameters.append(FileSystem.Parameter(flag))
    case .idMap(let recursive): idMap = (recursive, nil)
    case .copyUp: copyUp = true
    case .sourceLinkItself: sourceLinkItself = true
    case .destinationLinkItself: destinationLinkItself = true
    case .copyLink: copyLink = true
    case .ignored: break
    }
  }
}

extension IDMappings {
  /// Reads `uids=0-1000-1#...;gids=...`, each triple an id on the file system, the id seen, and how many: crun's syntax.
  init?(mountOption text: Substring) {
    self.init(users: [], groups: [])
    for part in text.split(separator: ";") {
      let pair = part.split(separator: "=", maxSplits: 1)
      guard pair.count == 2 else { return nil }
      for triple in pair[1].split(separator: "#") {
        let numbers = triple.split(separator: "-", omittingEmptySubsequences: false).map { UInt32($0) }
        guard numbers.count == 3, let inside = numbers[0], let seen = numbers[1], let size = numbers[2], size > 0
        else { return nil }
        let mapping = IDMapping(containerID: inside, hostID: seen, size: size)
        switch pair[0] {
        case "uids": users.append(mapping)
        case "gids": groups.append(mapping)
        default: return nil
        }
      }
    }
    if users.isEmpty || groups.isEmpty { return nil }
  }
}
