/// The two interfaces of cgroups(7).
package enum CgroupVersion: Hashable, Sendable {
  /// A hierarchy for each controller, or a few of them.
  case v1
  /// One hierarchy for all controllers.
  case v2
}

/// A file of a cgroup and what is written to it: one limit in the kernel's own words.
package struct CgroupWrite: Hashable, Sendable {
  /// The file, which begins with the name of its controller: `memory.max`.
  package var file: String
  package var text: String
  /// What asks for it, as a place in the specification: `linux.resources.memory.limit`.
  package var place: String
  /// What is written instead on a kernel without the file.
  package var alternative: Alternative?
  /// Whether a kernel without the file, and without the alternative's, needs no such limit.
  package var isOptional: Bool
  /// A file with a number that the text's number must exceed.
  package var mustExceed: String?

  package struct Alternative: Hashable, Sendable {
    package var file: String
    package var text: String

    package init(_ file: String, _ text: String) {
      self.file = file
      self.text = text
    }
  }

  package init(
    _ file: String,
    _ text: String,
    place: String,
    alternative: Alternative? = nil,
    isOptional: Bool = false,
    mustExceed: String? = nil
  ) {
    self.file = file
    self.text = text
    self.place = place
    self.alternative = alternative
    self.isOptional = isOptional
    self.mustExceed = mustExceed
  }

  /// The controller that the file is of: `memory` of `memory.max`.
  package var controller: String { Self.controller(of: file) }

  /// The part of a file's name before the first dot.
  package static func controller(of file: String) -> String { String(file.prefix { $0 != "." }) }
}
