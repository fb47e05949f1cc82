import Cgroups
import ContainerPlan
import LinuxABI
import OCISpec
import Seccomp
import Testing

/// Which annotations of a config.json are heeded: what an image can set must not reach the host.
struct AnnotationTests {
  @Test(arguments: [
    ("run.oci.hooks.stdout", "run.oci.hooks.stdout", true), ("run.oci.hooks.stdout", "run.oci.hooks.stderr", false),
    ("run.oci.*", "run.oci.hooks.stderr", true), ("run.oci.*", "run.ocihooks", false), ("*", "anything", true),
    ("org.systemd.property.CollectMode", "org.systemd.property.CollectModes", false), ("", "a", false),
    ("a", "", false),
  ])
  func aPatternNamesOneOrAKind(pattern: String, name: String, isAllowed: Bool) {
    #expect(AllowedAnnotations([pattern]).allows(name) == isAllowed)
    #expect(AllowedAnnotations(["x", pattern]).allows(name) == isAllowed)
    #expect(!AllowedAnnotations().allows(name))
  }

  @Test func aFileHasAPatternALine() {
    let text = "# comment\n\n run.oci.hooks.stdout\t# why\norg.systemd.property.*\r\ntwo words\n#x\n"
    #expect(AllowedAnnotations(text: text).patterns == ["run.oci.hooks.stdout", "org.systemd.property.*"])
  }

  private func plan(_ annotations: [String: String], allowed: [String] = []) throws -> ContainerPlan {
    let host = Host.of {
      $0.asksSystemd = true
      $0.allowedAnnotations = AllowedAnnotations(allowed)
    }
    return try ContainerPlan(.of { $0.annotations = annotations }, host: host)
  }

  /// Each annotation that is known, whether it reaches the host, and so has to be allowed.
  static let known: [(name: String, value: String, reachesHost: Bool)] = [
    ("run.oci.hooks.stdout", "/etc/passwd", true), ("run.oci.hooks.stderr", "/etc/passwd", true),
    ("run.oci.keep_original_groups", "1", true), ("run.oci.seccomp.receiver", "/run/docker.sock", true),
    ("org.systemd.property.ExecStop", "'x'", true), ("org.systemd.property.CollectMode", "'x'", true),
    ("run.oci.systemd.subgroup", "inner", false),
    // Not known, or berth shell's own as they once were: nothing heeds them.
    ("org.berth.overlay", "/etc", false), ("org.berth.propagation", "unchanged", false),
    ("org.berth.init", "true", false),
    ("org.berth.foreground", "true", false), ("bundle", "/etc", false), ("org.criu.config", "/etc/passwd", false),
    ("run.oci.delegate-cgroup", "x", false), ("run.oci.mount_context_type", "rootcontext", false), ("a", "b", false),
  ]

  @Test(arguments: Self.known) func whatReachesTheHostHasToBeAllowed(name: String, value: String, reachesHost: Bool)
    throws
  {
    let plain = try ContainerPlan(.of(), host: .of { $0.asksSystemd = true })
    var ignored = try plan([name: value])
    #expect(ignored.heededAnnotations == [])
    #expect(ignored.warnings.count == (reachesHost ? 1 : 0))
    #expect(ignored.warnings.allSatisfy { $0.contains(name) && $0.contains("--allow-annotation") })
    ignored.warnings = []
    #expect(ignored == plain)
    let allowed = try plan([name: value], allowed: [name])
    #expect(allowed.heededAnnotations == (reachesHost ? [name] : []))
    #expect(allowed.warnings == [])
  }

  @Test func oneWarningNamesAll() throws {
    let warnings = try plan(["run.oci.hooks.stdout": "/a", "run.oci.hooks.stderr": "/b", "c": "d"]).warnings
    #expect(
      warnings == [
        "ignored, since an image can set them and they reach the host: run.oci.hooks.stderr, run.oci.hooks.stdout "
          + "(--allow-annotation NAME or a line in /etc/berth/annotations allows them)"
      ]
    )
  }
}
