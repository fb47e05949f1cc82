import ContainerPlan
import LinuxABI
import OCISpec
import Seccomp
import Testing

struct ProcessTests {
  private func process(_ host: Host = .of(), _ edit: (inout Spec) -> Void) throws -> ProcessPlan {
    try ContainerPlan(.of(edit: edit), host: host).process
  }

  @Test func values() throws {
    let plan = try process {
      $0.process?.user = .init(uid: 1, gid: 2, umask: 0o22, additionalGids: [3])
      $0.process?.noNewPrivileges = true
    }
    #expect(plan.arguments == ["sh"])
    #expect(plan.environment == ["PATH=/bin"])
    #expect(plan.workingDirectory == "/here")
    #expect(plan.userID == 1)
    #expect(plan.groupID == 2)
    #expect(plan.groups == [3])
    #expect(plan.fileCreationMask == 0o22)
    #expect(plan.noNewPrivileges)
    #expect(!plan.hasInit)
  }

  @Test func defaults() throws {
    let plan = try process { $0.process?.env = nil }
    #expect(plan.environment == [])
    #expect(plan.groups == [])
    #expect(plan.fileCreationMask == nil)
    #expect(!plan.noNewPrivileges)
    // What the spec does not say is the caller's.
    #expect(plan.capabilities == CapabilitySets(bounding: .all, effective: .all, permitted: .all))
  }

  @Test func problemsOfTheProcess() {
    #expect(problems(.of { $0.process = nil }) == ["process: there is no process to run"])
    #expect(problems(.of { $0.process?.args = nil }) == ["process.args: there is no command to run"])
    #expect(problems(.of { $0.process?.args = [] }) == ["process.args: there is no command to run"])
    #expect(problems(.of { $0.process?.args = ["", "x"] }) == ["process.args: there is no command to run"])
    #expect(problems(.of { $0.process?.cwd = "work" }) == ["process.cwd: \"work\" is not an absolute path"])
    #expect(
      problems(.of { $0.process?.env = ["A=1", "B", ""] }) == [
        "process.env[1]: \"B\" is not of the form NAME=VALUE", "process.env[2]: \"\" is not of the form NAME=VALUE",
      ]
    )
  }

  @Test func initProcess() throws {
    let traits = ShellTraits.of { $0.hasInit = true }
    #expect(try ContainerPlan(.of(), host: .of(), traits: traits).process.hasInit)
    #expect(
      problems(.of(namespaces: [.mount]), .of(), traits) == [
        "shell.init: an init needs a pid namespace of its own to be PID 1 of"
      ]
    )
  }

  /// crun's annotations, which its clients give, where they are allowed.
  @Test func annotationsOfClients() throws {
    let host = Host.of { $0.allowedAnnotations = AllowedAnnotations(["run.oci.*"]) }
    let kept = try process(host) {
      $0.process?.user = .init(uid: 1, gid: 2, additionalGids: [3])
      $0.annotations = ["run.oci.keep_original_groups": "1"]
    }
    #expect(kept.groups == nil)
    let seccomp = Linux.Seccomp(
      defaultAction: "SCMP_ACT_ALLOW",
      syscalls: [.init(names: ["mkdir"], action: "SCMP_ACT_NOTIFY")]
    )
    let plan = try process(host) {
      $0.linux?.seccomp = seccomp
      $0.annotations = ["run.oci.seccomp.receiver": "/agent"]
    }
    #expect(plan.seccomp?.listener?.path == "/agent")
    for name in ["module.wasm.image/variant", "run.oci.handler"] {
      #expect(
        problems(.of { $0.annotations = [name: "wasm"] }) == [
          "annotations.\(name): berth runs programs of this machine, and no other format: WebAssembly needs crun with wasm"
        ]
      )
    }
  }

  @Test func limits() throws {
    let limits: [ProcessSpec.ResourceLimitSpec] = [
      .init(type: "RLIMIT_NOFILE", soft: 5, hard: 5), .init(type: "RLIMIT_CORE", soft: .max, hard: .max),
    ]
    #expect(
      try process { $0.process?.rlimits = limits }.limits == [
        ResourceLimit(resource: .openFiles, soft: 5, hard: 5), ResourceLimit(resource: .core, soft: .max, hard: .max),
      ]
    )
  }

  /// config.md "rlimits": an unknown type, and the same type twice, must be errors.
  @Test func limitProblems() {
    let limits: [ProcessSpec.ResourceLimitSpec] = [
      .init(type: "RLIMIT_NOFILE", soft: 6, hard: 5), .init(type: "NOFILE", soft: 1, hard: 1),
      .init(type: "RLIMIT_NOFILE", soft: 5, hard: 5),
    ]
    #expect(
      problems(.of { $0.process?.rlimits = limits }) == [
        "process.rlimits[0]: the soft limit 6 is above the hard limit 5",
        "process.rlimits[1].type: \"NOFILE\" is not a resource that setrlimit(2) knows",
        "process.rlimits[2].type: there is a limit of RLIMIT_NOFILE already",
      ]
    )
  }

  @Test func capabilities() throws {
    let sets = ProcessSpec.Capabilities(
      bounding: ["CAP_KILL", "CAP_CHOWN"],
      effective: ["CAP_KILL"],
      permitted: ["CAP_CHOWN"],
      inheritable: ["CAP_SETUID"],
      ambient: nil
    )
    let plan = try process { $0.process?.capabilities = sets }.capabilities
    #expect(plan.bounding.names == ["CAP_CHOWN", "CAP_KILL"])
    #expect(plan.effective.names == ["CAP_KILL"])
    #expect(plan.permitted.names == ["CAP_CHOWN"])
    #expect(plan.inheritable.names == ["CAP_SETUID"])
    #expect(plan.ambient == [])
  }

  @Test func unknownCapabilities() {
    let sets = ProcessSpec.Capabilities(
      bounding: ["CAP_KILL", "KILL"],
      effective: ["cap_kill"],
      permitted: ["CAP_X"],
      inheritable: [""],
      ambient: ["CAP_Y"]
    )
    #expect(
      problems(.of { $0.process?.capabilities = sets }) == [
        "process.capabilities.bounding[1]: \"KILL\" is not a capability",
        "process.capabilities.effective[0]: \"cap_kill\" is not a capability",
        "process.capabilities.permitted[0]: \"CAP_X\" is not a capability",
        "process.capabilities.inheritable[0]: \"\" is not a capability",
        "process.capabilities.ambient[0]: \"CAP_Y\" is not a capability",
      ]
    )
  }

  /// One run tells everything that is wrong, each with its place in config.json.
  @Test func allProblemsAtOnce() {
    let spec = Spec.of(namespaces: [.mount], mounts: [.bind("a", "/x"), .tmpfs("y")]) {
      $0.hostname = "h"
      $0.process?.args = []
      $0.process?.cwd = ""
      $0.linuxOrEmpty.sysctl = ["vm.swappiness": "1"]
      $0.linuxOrEmpty.maskedPaths = ["/a", "b"]
    }
    let host = Host.of {
      $0.kernel = KernelVersion(major: 5, minor: 10)
      $0.destinations.set(.directory("/x"), at: 0)
    }
    let places = problems(spec, host).map { $0.prefix { $0 != ":" } }
    #expect(
      places == [
        "linux", "hostname", "linux.sysctl.vm.swappiness", "process.args", "process.cwd", "mounts[0].source",
        "mounts[1].destination", "linux.maskedPaths[1]",
      ]
    )
    let text = SpecProblems([SpecProblem("a.b", "no"), SpecProblem("c[1]", "nor this")]).description
    #expect(text == "config.json: a.b: no\nconfig.json: c[1]: nor this")
  }
}
