/// Options of every command, which stand before it, or behind it.
package struct GlobalOptions: Hashable, Sendable {
  package var isDebug = false
  /// The file that errors are written to besides standard error.
  package var log: String?
  package var logFormat = LogFormat.text
  /// Where containers are kept; nil for the usual place.
  package var root: String?
  package var cgroupManager = CgroupManager.cgroupfs
  package var rootless = Rootless.auto
  /// The program that makes checkpoints.
  package var criu = "criu"
  /// The annotations that may reach the host: names, or beginnings of names with `*` behind.
  package var allowedAnnotations: [String] = []
  /// Whether the version is to be printed, and nothing done.
  var asksForVersion = false

  package init() {}

  package enum LogFormat: String, CaseIterable, Sendable { case text, json }

  /// Who makes a container's cgroup.
  package enum CgroupManager: String, CaseIterable, Sendable { case cgroupfs, systemd, disabled }

  /// Whether a cgroup that cannot be made is forgiven; `auto`: when the caller is not root.
  package enum Rootless: String, CaseIterable, Sendable {
    case `true`, `false`, auto

    init(_ text: String) throws(ValueProblem) {
      if text.isEmpty || text.lowercased() == "auto" {
        self = .auto
      } else {
        do throws(ValueProblem) {
          self = try ValueSyntax.bool(text) ? .true : .false
        } catch {
          throw ValueProblem("the choice is between true, false, auto")
        }
      }
    }
  }

  static let rows: [OptionRow] = [
    .flag("debug", help: "Tell of every step.") { $0.global.isDebug = $1 },
    .value("log", called: "FILE", "Write errors, and what --debug tells, to a file too.") {
      $0.global.log = $1.isEmpty ? nil : $1
    },
    .value("log-format", called: "FORMAT", "How lines of the log are written: text or json. (default: text)") {
      draft,
      text throws(ValueProblem) in
      draft.global.logFormat = text.isEmpty ? .text : try ValueSyntax.choice(text)
    },
    .value(
      "root",
      called: "DIR",
      "Where the state of containers is kept. (default: /run/berth, without root $XDG_RUNTIME_DIR/berth)"
    ) { $0.global.root = $1 },
    .flag("systemd-cgroup", help: "Let systemd make the cgroup; cgroupsPath is then SLICE:PREFIX:NAME.") {
      $0.global.cgroupManager = $1 ? .systemd : .cgroupfs
    },
    .value(
      "cgroup-manager",
      called: "MANAGER",
      "Who makes the cgroup: cgroupfs, systemd, or with disabled nobody. (default: cgroupfs)"
    ) { draft, text throws(ValueProblem) in draft.global.cgroupManager = try ValueSyntax.choice(text) },
    .value(
      "rootless",
      called: "BOOL",
      "Do without a cgroup that may not be made: true, false, or auto: without root. (default: auto)"
    ) { draft, text throws(ValueProblem) in draft.global.rootless = try Rootless(text) },
    .value("criu", called: "FILE", "The program that makes and restores checkpoints. (default: criu)") {
      $0.global.criu = $1
    },
    .value(
      "allow-annotation",
      called: "NAME",
      "Heed an annotation that reaches the host, or with NAME* all of a kind; more than once. (default: /etc/berth/annotations)"
    ) { $0.global.allowedAnnotations.append($1) },
  ]
  /// The options that stand before the command alone: `run -v` is more likely meant as something else.
  static var rowsBeforeCommand: [OptionRow] {
    rows + [.flag("version", "v", help: "Print the version.") { $0.global.asksForVersion = $1 }]
  }
}
