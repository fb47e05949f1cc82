import Foundation
package import Testing

/// Whether a test must run here: in CI what the machine lacks fails instead of skipping.
private let requiresAll = ProcessInfo.processInfo.environment["BERTH_REQUIRE_ALL"] == "1"

extension Trait where Self == ConditionTrait {
  /// Needs root: CAP_SYS_ADMIN for the namespaces that the test makes as its host.
  package static var requiresRoot: Self {
    .enabled(if: requiresAll || getuid() == 0, "making the test's own host needs root")
  }

  /// Needs programs, each by its name or its path.
  package static func requires(_ programs: String...) -> Self {
    let missing = programs.filter { program in
      let places = program.contains("/") ? [""] : ["/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"]
      return !places.contains { FileManager.default.isExecutableFile(atPath: $0 + program) }
    }
    return .enabled(
      if: requiresAll || missing.isEmpty,
      "these programs are missing: \(missing.joined(separator: ", "))"
    )
  }
}
