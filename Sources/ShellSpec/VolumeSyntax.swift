import LinuxABI
import MountNamespace
import OCISpec

/// Docker's three ways to write a mount, each read into the specification's form.
enum VolumeSyntax {
  /// `-v SRC:DST[:OPTS]`.
  static func volume(_ text: String, workingDirectory: String) throws(ShellUsageError) -> Mount {
    let flag = "-v \(text)"
    let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard (2...3).contains(parts.count), !parts[0].isEmpty, !parts[1].isEmpty else {
      throw ShellUsageError(flag, "this is not SOURCE:DESTINATION[:OPTIONS], for example -v ./src:/src:ro")
    }
    var options = parts.count == 3 ? parts[2].split(separator: ",").map(String.init) : []
    for option in options where MountOption(option) == nil && !ignored.contains(option) && !isIDMap(option) {
      throw ShellUsageError(flag, "\"\(option)\" is not a mount option" + suggestion(option))
    }
    options.removeAll(where: ignored.contains)
    return Mount(
      destination: try destination(parts[1], flag),
      type: "bind",
      source: absolute(parts[0], workingDirectory),
      options: completed(options)
    )
  }

  /// Options of Docker's that say nothing to a Linux kernel without SELinux.
  private static var ignored: Set<String> { ["z", "Z", "nocopy", "consistent", "cached", "delegated"] }

  /// A bind covers what is mounted below its source, and passes no mounts on, unless the options say otherwise.
  private static func completed(_ options: [String]) -> [String] {
    var options = options
    if !options.contains("bind"), !options.contains("rbind") { options.insert("rbind", at: 0) }
    let travels = options.contains { option in
      if case .propagation? = MountOption(option) { true } else { false }
    }
    return travels ? options : options + ["rprivate"]
  }

  /// `--tmpfs DST[:OPTS]`.
  static func temporaryFileSystem(_ text: String) throws(ShellUsageError) -> Mount {
    let flag = "--tmpfs \(text)"
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let options = parts.count == 2 ? parts[1].split(separator: ",").map(String.init) : []
    for option in options where !option.contains("=") && MountOption(option) == nil && option != "noswap" {
      throw ShellUsageError(flag, "\"\(option)\" is not a mount option" + suggestion(option))
    }
    return Mount(
      destination: try destination(parts[0], flag),
      type: "tmpfs",
      source: "tmpfs",
      options: ["nosuid", "nodev", "noexec"] + options
    )
  }

  /// `--mount type=TYPE,src=SRC,dst=DST,...`: the keys of docker's own, and every option of a mount.
  static func mount(_ text: String, workingDirectory: String) throws(ShellUsageError) -> Mount {
    let flag = "--mount \(text)"
    let fields = fields(text)
    let type = fields.last { $0.hasPrefix("type=") }.map { String($0.dropFirst("type=".count)) } ?? "bind"
    var source: String?
    var target: String?
    var options: [String] = []
    for field in fields {
      let (key, value) = keyAndValue(field)
      switch (key, value) {
      case ("type", _?): break
      case ("src", let value?), ("source", let value?): source = value
      case ("dst", let value?), ("destination", let value?), ("target", let value?): target = value
      case ("readonly", nil), ("readonly", "true"), ("readonly", "1"), ("ro", "true"), ("ro", "1"): options.append("ro")
      case ("readonly", "false"), ("readonly", "0"), ("ro", "false"), ("ro", "0"): options.append("rw")
      case ("bind-propagation", let value?): options.append(value)
      case ("bind-recursive", "disabled"), ("bind-nonrecursive", "true"), ("bind-nonrecursive", nil):
        options.append("bind")
      case ("bind-recursive", "enabled"), ("bind-nonrecursive", "false"): options.append("rbind")
      case ("bind-recursive", "readonly"): options.append("rro")
      case ("bind-recursive", "writable"): options.append("rbind")
      case ("tmpfs-size", let value?): options.append("size=\(value)")
      case ("tmpfs-mode", let value?): options.append("mode=\(value)")
      default:
        if keys.contains(key) {
          throw ShellUsageError(flag, value.map { "\"\($0)\" is not a value of \(key)" } ?? "\(key) needs a value")
        }
        if type == "bind", MountOption(field) == nil, !isIDMap(field) {
          throw ShellUsageError(
            flag,
            "\"\(key)\" is neither a key of --mount nor a mount option" + suggestion(key, among: keys)
          )
        }
        options.append(field)
      }
    }
    if ["volume", "image", "npipe", "cluster"].contains(type) {
      throw ShellUsageError(
        flag,
        "mounts of type \(type) are made by docker's daemon; berth has bind, and the kernel's file systems"
      )
    }
    guard let target else { throw ShellUsageError(flag, "dst=PATH is missing: where it is to be mounted") }
    if type == "bind" {
      guard let path = source else { throw ShellUsageError(flag, "src=PATH is missing: what is to be mounted") }
      source = absolute(path, workingDirectory)
      options = completed(options)
    }
    return Mount(
      destination: try destination(target, flag),
      type: type,
      source: source ?? type,
      options: options.isEmpty ? nil : options
    )
  }

  private static var keys: [String] {
    [
      "type", "src", "source", "dst", "destination", "target", "readonly", "bind-propagation", "bind-recursive",
      "bind-nonrecursive", "tmpfs-size", "tmpfs-mode",
    ]
  }

  // MARK: Parts

  private static func destination(_ path: String, _ flag: String) throws(ShellUsageError) -> String {
    guard path.hasPrefix("/") else {
      throw ShellUsageError(flag, "the destination \"\(path)\" is not an absolute path")
    }
    if normalized(path) == "/" {
      throw ShellUsageError(
        flag,
        "the destination is the root itself; --rootfs or --image give the command another root"
      )
    }
    return path
  }

  private static func isIDMap(_ option: String) -> Bool { option.hasPrefix("idmap=") || option.hasPrefix("ridmap=") }

  private static func suggestion(_ name: String, among others: [String] = []) -> String {
    nearestName(to: name, among: MountOption.table.map(\.name) + others).map { "; did you mean \"\($0)\"?" } ?? ""
  }

  private static func keyAndValue(_ field: String) -> (String, String?) {
    guard let equals = field.firstIndex(of: "=") else { return (field, nil) }
    return (String(field[..<equals]), String(field[field.index(after: equals)...]))
  }

  /// The comma-separated fields; double quotes keep a comma in a field, as in docker's CSV.
  private static func fields(_ text: String) -> [String] {
    var fields = [""]
    var isQuoted = false
    for character in text {
      switch character {
      case "\"": isQuoted.toggle()
      case "," where !isQuoted: fields.append("")
      default: fields[fields.count - 1].append(character)
      }
    }
    return fields.filter { !$0.isEmpty }
  }
}

/// A path as seen from a directory.
func absolute(_ path: String, _ workingDirectory: String) -> String {
  normalized(path.hasPrefix("/") ? path : workingDirectory + "/" + path)
}
