import Cgroups
import JSON
import LinuxABI
import MountNamespace
import OCISpec
import Systemd

extension PlanBuilder {
  /// The container's cgroup, config-linux.md "Control groups".
  mutating func planCgroup() {
    guard let hierarchies = host.cgroups else { return }
    var found: [JSONProblem] = []
    let resources = spec.linux?.resources ?? Resources()
    let systemd =
      host.asksSystemd ? SystemdCgroup(spec.linux?.cgroupsPath, id: containerID, problems: &found) : nil
    let text = host.asksSystemd ? systemd?.path(isOfUser: host.caller.isRootless) : spec.linux?.cgroupsPath
    let path = CgroupsPath(text, id: containerID, problems: &found)
    let writes = ResourceWrites(resources, version: hierarchies.version)
    let isHybrid = hierarchies.version == .v1 && hierarchies.unified != nil
    let others = isHybrid ? ResourceWrites(resources, version: .v2).writes : []
    let devices = DevicePolicy(
      resources.devices ?? [],
      specified: (spec.linux?.devices ?? []).map(\.path),
      problems: &found
    )
    warnOfAccess(resources)
    problems += (found + writes.problems).map { SpecProblem($0.path, $0.message) }
    guard let path else { return }
    plan.cgroup = CgroupPlan(path: path, writes: writes.writes, unifiedWrites: others, devices: devices)
    guard let systemd else { return }
    let scope = scope(systemd, UnitProperty.limits(writes.writes, version: hierarchies.version))
    plan.cgroup?.scope = scope
  }

  /// Tells of letters of a device rule that mean nothing: configurations that others take have them.
  private mutating func warnOfAccess(_ resources: Resources) {
    for (index, rule) in (resources.devices ?? []).enumerated() {
      guard let letters = rule.access, !letters.allSatisfy({ "rwm".contains($0) }) else { continue }
      plan.warnings.append(
        "linux.resources.devices[\(index)].access: \"\(letters)\" has letters that mean nothing: r, w and m do"
      )
    }
  }

  private mutating func scope(_ cgroup: SystemdCgroup, _ limits: [UnitProperty]) -> ScopePlan {
    var properties = limits
    for name in plan.heededAnnotations {
      guard let value = spec.annotations?[name] else { continue }
      do throws(UnitProperty.Problem) {
        if let property = try UnitProperty(annotation: name, value: value) { properties.append(property) }
      } catch {
        problem("annotations.\(error.annotation)", error.message)
      }
    }
    let subgroup = annotation(.systemdSubgroup) ?? ""
    let place = "annotations.\(Annotation.systemdSubgroup.rawValue)"
    if subgroup.split(separator: "/", omittingEmptySubsequences: false).contains(where: { $0 == ".." || $0 == "." }) {
      problem(place, "\"\(subgroup)\" leads out of the scope")
    } else if subgroup.utf8.contains(UInt8(ascii: "\n")) {
      problem(place, "a cgroup's name has no line break in it")
    }
    if cgroup.unit.hasSuffix(".slice") {
      problem("linux.cgroupsPath", "a container is in a scope of systemd's, and \(cgroup.unit) names a slice")
    }
    return ScopePlan(cgroup: cgroup, properties: properties, subgroup: subgroup)
  }

  /// A cgroup namespace is made once the process is in its cgroup, which becomes the root there.
  mutating func planCgroupNamespace() {
    guard makesMountPoints, plan.created.contains(.cgroup), !plan.steps.contains(.enterCgroupNamespace) else { return }
    plan.steps.append(.enterCgroupNamespace)
  }

  /// A mount of the cgroups, whichever version the host has: the file system of version 2, or a tmpfs with a directory
  /// for each hierarchy of version 1.
  mutating func planCgroupMount(_ index: Int, _ mount: Mount, _ options: MountOptions, at path: String) {
    let place = inRoot(path)
    plan.steps.append(.makeDirectory(place))
    planCgroupNamespace()
    let attributes = options.change.attributes.set
    if host.cgroups?.version == .v1 {
      planCgroupDirectories(at: place, attributes)
      if attributes.contains(.readOnly) { sealedMounts.append(place) }
    } else if entersUserNamespace, !plan.created.contains(.cgroup) {
      // Only who owns the cgroup namespace may mount the file system: the host's mount serves.
      captureAndBind(host.cgroups?.unified?.mountPoint ?? "/sys/fs/cgroup", attributes, at: place)
    } else {
      step(.mount(FileSystem(type: "cgroup2", source: "cgroup"), attributes: attributes, at: place))
    }
    let later = MountChange(
      recursiveAttributes: options.change.recursiveAttributes,
      propagation: options.change.propagation
    )
    if !later.isEmpty { step(.change(later, at: place)) }
  }

  private mutating func planCgroupDirectories(at place: MountPoint, _ attributes: MountAttributes) {
    let parameters = [FileSystem.Parameter("mode", "755")]
    let fileSystem = FileSystem(type: "tmpfs", source: "tmpfs", parameters: parameters)
    step(.mount(fileSystem, attributes: attributes.subtracting(.readOnly), at: place))
    for hierarchy in host.cgroups?.all ?? [] where hierarchy.version == .v1 {
      let name = MountNamespace.names(of: hierarchy.mountPoint).last ?? hierarchy.controllers
      let directory = place.appending(name)
      plan.steps.append(.makeDirectory(directory))
      if plan.created.contains(.cgroup) {
        let options = hierarchy.controllers.split(separator: ",").map { FileSystem.Parameter(option: String($0)) }
        let fileSystem = FileSystem(type: "cgroup", source: "cgroup", parameters: options)
        step(.mount(fileSystem, attributes: attributes, at: directory))
      } else if let path = plan.cgroup?.path {
        // Without privilege the cgroup may not be made, and the process is where its caller is.
        let stays = host.caller.isRootless && !path.isGiven
        let own = hierarchy.mountPoint + (hierarchy.own == "/" ? "" : hierarchy.own)
        captureAndBind(stays ? own : hierarchy.directory(of: path), attributes, at: directory)
      }
      // Where controllers share a hierarchy, each has a link to it.
      let controllers = hierarchy.controllers.split(separator: ",").map(String.init)
      guard controllers.count > 1 else { continue }
      for controller in controllers where controller != name {
        plan.steps.append(.makeSymbolicLink(to: name, at: place.appending(controller)))
      }
    }
  }

  private mutating func captureAndBind(_ path: String, _ attributes: MountAttributes, at place: MountPoint) {
    let tree = MountPoint.captured(plan.captures.count, path: path)
    plan.captures.append(.capture(tree, recursive: false))
    let change = MountChange(attributes: MountChange.Attributes(set: attributes))
    step(.bind(from: tree, recursive: false, cut: treePropagation, change: change, at: place))
  }
}
