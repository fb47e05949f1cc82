package import OCISpec
import Systemd

/// An annotation of config.json that berth heeds. The names are crun's, which clients know.
enum Annotation: String, CaseIterable {
  case hooksStandardOutput = "run.oci.hooks.stdout"
  case hooksStandardError = "run.oci.hooks.stderr"
  case keepOriginalGroups = "run.oci.keep_original_groups"
  case seccompReceiver = "run.oci.seccomp.receiver"
  case systemdSubgroup = "run.oci.systemd.subgroup"

  /// Whether it reaches beyond the container: to the host's files and sockets, or to rights of the caller's. A cgroup
  /// below the container's own does not.
  var reachesHost: Bool { self != .systemdSubgroup }
}

/// Which annotations are heeded of those that reach the host.
///
/// Engines have copied annotations of images into config.json, and who makes an image must not reach the host by it: so
/// only those count that the host's own configuration names, or the command line.
package struct AllowedAnnotations: Hashable, Sendable {
  /// The host's own list of them.
  package static var file: String { "/etc/berth/annotations" }

  /// Names, or beginnings of names with `*` behind.
  package var patterns: [String]

  package init(_ patterns: [String] = []) { self.patterns = patterns }

  /// Reads a file of patterns, one a line; `#` begins a comment.
  package init(text: String) {
    patterns = text.split(whereSeparator: \.isNewline).compactMap { line in
      let words = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
      return words.count == 1 ? String(words[0]) : nil
    }
  }

  package func allows(_ name: String) -> Bool {
    patterns.contains { $0.hasSuffix("*") ? name.hasPrefix($0.dropLast()) : $0 == name }
  }

}

extension Spec {
  /// The annotations that reach the host, sorted.
  ///
  /// - Parameter asksSystemd: whether systemd is asked for the container's cgroup: it gets properties of its unit by them.
  package func annotationsReachingHost(asksSystemd: Bool) -> [String] {
    guard let annotations, !annotations.isEmpty else { return [] }
    return annotations.keys.filter { name in
      Annotation(rawValue: name)?.reachesHost ?? (asksSystemd && name.hasPrefix(UnitProperty.annotationPrefix))
    }.sorted()
  }
}

extension PlanBuilder {
  /// The value of an annotation, if there is one and it may be heeded.
  func annotation(_ annotation: Annotation) -> String? {
    guard let value = spec.annotations?[annotation.rawValue] else { return nil }
    return !annotation.reachesHost || host.allowedAnnotations.allows(annotation.rawValue) ? value : nil
  }

  /// Parts the annotations that reach the host into those that are heeded and those that are not.
  mutating func planAnnotations() {
    let names = spec.annotationsReachingHost(asksSystemd: host.asksSystemd)
    plan.heededAnnotations = names.filter(host.allowedAnnotations.allows)
    let ignored = names.filter { !host.allowedAnnotations.allows($0) }
    if ignored.isEmpty { return }
    plan.warnings.append(
      "ignored, since an image can set them and they reach the host: \(ignored.joined(separator: ", ")) "
        + "(--allow-annotation NAME or a line in \(AllowedAnnotations.file) allows them)"
    )
  }
}
