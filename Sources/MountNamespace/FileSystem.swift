/// A file system to be made: what fsopen(2) and fsconfig(2) are told.
package struct FileSystem: Hashable, Sendable {
  /// A parameter of the file system: with a value (`size=64m`), or a flag without one (`ro`).
  package struct Parameter: Hashable, Sendable {
    package var key: String
    package var value: String?

    package init(_ key: String, _ value: String? = nil) {
      self.key = key
      self.value = value
    }

    /// Reads an option of mount(8): `size=64m`, `ro`.
    package init(option: String) {
      if let equals = option.firstIndex(of: "=") {
        self.init(String(option[..<equals]), String(option[option.index(after: equals)...]))
      } else {
        self.init(option)
      }
    }

    /// The parameter as an option of mount(8).
    package var option: String { value.map { "\(key)=\($0)" } ?? key }
  }

  /// Whether fsconfig(2) does not take one of its parameters: a string of 256 bytes or more.
  package var hasLongParameter: Bool { parameters.contains { ($0.value?.utf8.count ?? 0) > 255 } }

  /// What the file system comes from.
  package enum Backing: Hashable, Sendable {
    /// A string that the file system understands: a device's path, or a mere name.
    case source(String)
    /// An image file: the file system reads it directly where the kernel can (erofs since Linux 6.12), else a read-only
    /// loop device is put before it.
    case image(path: String)
  }

  package var type: String
  package var backing: Backing
  package var parameters: [Parameter]
  /// Whether its root gets the permissions of the directory that it is mounted on, as runc does it for a tmpfs without `mode=`.
  package var inheritsPermissions: Bool = false

  package init(type: String, source: String? = nil, parameters: [Parameter] = []) {
    self.init(type: type, backing: .source(source ?? type), parameters: parameters)
  }

  package init(type: String, backing: Backing, parameters: [Parameter] = []) {
    self.type = type
    self.backing = backing
    self.parameters = parameters
  }
}
