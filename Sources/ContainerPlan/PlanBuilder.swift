import LinuxABI
import MountNamespace
package import OCISpec

extension ContainerPlan {
  /// Makes a plan of a spec and the facts of a host. Touches nothing; throws everything that is wrong with the spec.
  ///
  /// - Parameters:
  ///   - id: the container's name; a cgroup that the spec does not name is called by it.
  ///   - known: what was found wrong when the spec was read. What follows from that is not told too.
  ///   - traits: what `berth shell` asks for besides.
  package init(
    _ spec: Spec,
    host: Host,
    id: String = "",
    known: [SpecProblem] = [],
    traits: ShellTraits = ShellTraits()
  ) throws(SpecProblems) {
    var builder = PlanBuilder(spec: spec, traits: traits, host: host, id: id)
    builder.planAnnotations()
    builder.planNamespaces()
    builder.planProcess()
    builder.planCgroup()
    builder.planRoot()
    builder.planCgroupNamespace()
    builder.planHooks()
    let new = builder.problems.filter { problem in !known.contains { problem.path.hasPrefix($0.path) } }
    guard known.isEmpty, new.isEmpty else { throw SpecProblems(known + new) }
    self = builder.plan
  }
}

extension ContainerPlan {
  /// Makes a plan of the process of a spec alone, to run in a container that is there.
  package init(process spec: Spec, host: Host) throws(SpecProblems) {
    var builder = PlanBuilder(spec: spec, host: host)
    builder.planProcess()
    guard builder.problems.isEmpty else { throw SpecProblems(builder.problems) }
    self = builder.plan
  }
}

/// A plan in the making. Its parts are in extensions: namespaces, process, root, mounts, overlays.
struct PlanBuilder {
  let spec: Spec
  let traits: ShellTraits
  let host: Host
  let containerID: String
  var plan: ContainerPlan
  var problems: [SpecProblem] = []
  /// The directory in which the container's root is made; `/` when that is the host's own root in place.
  var root: String = "/"
  /// The directories that already stand behind a copy of themselves with new mount points, and the mount they lie in.
  var mimicked: Set<String> = []
  /// Mounts that are made read-only once everything is in them.
  var sealedMounts: [MountPoint] = []
  /// How many overlays there are so far: the name of the next one's layers.
  var layers: Int = 0

  init(spec: Spec, traits: ShellTraits = ShellTraits(), host: Host, id: String = "") {
    self.spec = spec
    self.traits = traits
    containerID = id
    self.host = host
    plan = ContainerPlan(
      process: ProcessPlan(
        arguments: [],
        environment: [],
        workingDirectory: "/",
        userID: 0,
        groupID: 0,
        groups: nil,
        capabilities: host.caller.capabilities,
        noNewPrivileges: false,
        limits: [],
        fileCreationMask: nil,
        hasInit: false
      )
    )
  }

  mutating func problem(_ path: String, _ message: String) {
    problems.append(SpecProblem(path, message))
  }

  mutating func step(_ operation: MountOperation) { plan.steps.append(.mount(operation)) }

  /// A place in the container's root.
  func inRoot(_ path: String) -> MountPoint { MountPoint(root: rootName, path: path) }

  /// What the root is called in the steps: the path where it is attached.
  var rootName: String { plan.entersTemplate ? "/" : root }
}
