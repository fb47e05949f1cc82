import LinuxABI
package import JSON

/// `linux.cgroupsPath` as directories of the hierarchies, config-linux.md "Cgroups Path".
package struct CgroupsPath: Hashable, Sendable {
  /// The directory's path without `.`, `..`, and a slash at the beginning: `docker/1234`.
  package var path: String
  /// Whether it is below the root of each hierarchy; otherwise it is below where the runtime itself is.
  package var isAbsolute: Bool
  /// Whether the specification gave it; without, what cannot be made without privilege is done without.
  package var isGiven: Bool

  /// Reads the field; a container without one is called by its id.
  package init?(_ text: String?, id: String, problems: inout [JSONProblem]) {
    let text = text ?? ""
    // A name cannot climb out: as in a root, `..` of the topmost directory is that directory.
    var names: [Substring] = []
    for name in text.split(separator: "/") where name != "." {
      if name == ".." { names = names.dropLast() } else { names.append(name) }
    }
    isGiven = !text.isEmpty
    isAbsolute = text.hasPrefix("/")
    path = isGiven ? names.map(String.init).text(separatedBy: "/") : id
    let message: String? =
      if path.isEmpty {
        "\"\(text)\" is the root of the cgroups, which no container can have for itself"
      } else if path.utf8.contains(where: { $0 == 0 || $0 == UInt8(ascii: "\n") }) {
        "a cgroup's name has no line break and no NUL in it"
      } else if names.contains(where: { $0.utf8.count > 255 }) || path.utf8.count > 4000 {
        "it is too long: a name has at most 255 bytes"
      } else {
        nil
      }
    if let message {
      problems.append(JSONProblem("linux.cgroupsPath", message))
      return nil
    }
  }

  /// The container's cgroup in a hierarchy, from where the runtime itself is in it.
  ///
  /// In version 2 it is beside the runtime's own: a cgroup that has processes hands no controllers down (cgroups(7)
  /// "no internal processes").
  package func cgroup(own: String, version: CgroupVersion) -> String {
    if isAbsolute { return "/" + path }
    var names = own.split(separator: "/").map(String.init)
    if version == .v2 { names = names.dropLast() }
    return "/" + (names + [path]).text(separatedBy: "/")
  }
}

/// `linux.cgroupsPath` as systemd's scope, in the form `slice:prefix:name` that runtimes agreed on.
package struct SystemdCgroup: Hashable, Sendable {
  /// The slice that the scope is in, such as `machine.slice`; empty for the default.
  package var slice: String
  package var prefix: String
  package var name: String

  package init?(_ text: String?, id: String, problems: inout [JSONProblem]) {
    guard let text, !text.isEmpty else {
      (slice, prefix, name) = ("", "berth", id)
      return
    }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 3, !parts[2].isEmpty, !text.contains("/"), !text.contains("\n") else {
      problems.append(
        JSONProblem(
          "linux.cgroupsPath",
          "expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"\(text)\" instead"
        )
      )
      return nil
    }
    (slice, prefix, name) = (String(parts[0]), String(parts[1]), String(parts[2]))
    if !slice.isEmpty, Self.path(ofSlice: slice) == nil {
      problems.append(
        JSONProblem("linux.cgroupsPath", "\"\(slice)\" is not the name of a slice, such as machine.slice")
      )
      return nil
    }
  }

  /// The unit's name: a name that ends in `.slice` is one, any other becomes a scope.
  package var unit: String {
    if name.hasSuffix(".slice") { return name }
    return prefix.isEmpty ? "\(name).scope" : "\(prefix)-\(name).scope"
  }

  /// The slice that the scope is in, by default that of what is no user's session.
  ///
  /// - Parameter isOfUser: whether the systemd of a user is asked.
  package func slice(isOfUser: Bool) -> String {
    if !slice.isEmpty { return slice }
    return isOfUser ? "user.slice" : "system.slice"
  }

  /// Where the system's systemd has the scope. A user's has it below a cgroup of its own, which only that one knows.
  package func path(isOfUser: Bool) -> String? {
    Self.path(ofSlice: slice(isOfUser: isOfUser)).map { "\($0.isEmpty ? "" : "/")\($0)/\(unit)" }
  }

  /// Where systemd has a slice: `a-b.slice` is `a.slice/a-b.slice`, systemd.slice(5). Nil for what is no slice's name.
  package static func path(ofSlice slice: String) -> String? {
    guard slice.hasSuffix(".slice"), !slice.contains("/") else { return nil }
    let name = slice.dropLast(".slice".count)
    if name == "-" { return "" }
    let parts = name.split(separator: "-", omittingEmptySubsequences: false)
    guard !parts.contains(where: \.isEmpty) else { return nil }
    return parts.indices.map { parts[...$0].joined(separator: "-") + ".slice" }.joined(separator: "/")
  }
}
