import CgroupExecution
import Cgroups
import ContainerPlan
import JSON
import LinuxABI
import LinuxSyscalls
import SystemPackage
import Systemd
import SystemdExecution

/// A process that does nothing but be in a scope until a container's is.
///
/// systemd makes a scope around a process that is there, and lets go of it when the last one ends. With this one in it,
/// the container's process is born in the cgroup like any other.
struct ScopePlaceholder: ~Copyable {
  let id: Int32
  private let process: Descriptor
  /// While this is open, the process lives: it ends with berth, however that ends.
  private let lifeline: Descriptor

  static func make() throws(RuntimeFailure) -> ScopePlaceholder {
    try attempt("make the first process of the container's scope") { () throws(Errno) in
      let (near, far) = try Syscall.pipe()
      let reading = Descriptor(owning: near)
      let lifeline = Descriptor(owning: far)
      switch try Syscall.clone(namespaces: []) {
      case .child:
        _ = consume lifeline
        _ = try? Syscall.read(reading.borrowed, count: 1)  // Whatever comes of it: it is time to end.
        Syscall.exitNow(0)
      case .parent(let id, let process): return ScopePlaceholder(id: id, process: process, lifeline: lifeline)
      }
    }
  }

  private init(id: Int32, process: consuming Descriptor, lifeline: consuming Descriptor) {
    self.id = id
    self.process = process
    self.lifeline = lifeline
  }

  /// Where systemd has put it.
  fileprivate func cgroup(in hierarchies: CgroupHierarchies) throws(RuntimeFailure) -> String {
    let text = try attempt("read /proc/\(id)/cgroup") { () throws(Errno) in
      try Syscall.contents(of: "/proc/\(id)/cgroup")
    }
    let memberships = CgroupMembership.parse(text)
    // With version 1, systemd has a hierarchy of its own, or uses that of version 2 for it.
    let own = memberships.first { $0.controllers == "name=systemd" } ?? memberships.first { $0.controllers.isEmpty }
    return own?.path ?? "/"
  }

  deinit {
    try? Syscall.send(Signal.kill, to: process.borrowed)  // It may have ended by itself.
    _ = try? Syscall.wait(for: process.borrowed)  // Ours and unreaped: this cannot fail.
  }
}

extension ScopePlan {
  /// Has systemd make the scope, and returns the path of the container's cgroup in it.
  ///
  /// - Parameter isRootless: whether the caller's own systemd is asked.
  func start(
    around placeholder: borrowing ScopePlaceholder,
    container: String,
    devices: DevicePolicy,
    in hierarchies: CgroupHierarchies,
    isRootless: Bool
  ) throws(RuntimeFailure) -> CgroupsPath {
    // Devices are for root alone to forbid.
    let rules = isRootless ? [] : UnitProperty.devices(devices, drivers: deviceDrivers())
    let request = ScopeRequest(
      cgroup,
      container: container,
      process: UInt32(placeholder.id),
      version: hierarchies.version,
      isOfUser: isRootless,
      rules + properties
    )
    do throws(SystemdFailure) {
      var manager = try SystemdManager.connect(isOfUser: isRootless)
      try manager.start(request)
    } catch {
      throw RuntimeFailure("\(error)")
    }
    let scope = try placeholder.cgroup(in: hierarchies)
    guard scope.hasSuffix("/\(cgroup.unit)") else {
      throw RuntimeFailure("start the scope \(cgroup.unit): systemd left its process in \(scope)")
    }
    try descend(placeholder, from: scope, in: hierarchies)
    var problems: [JSONProblem] = []
    guard var path = CgroupsPath("\(scope)/\(subgroup)", id: container, problems: &problems) else {
      throw RuntimeFailure("\(scope)/\(subgroup): \(problems.first?.message ?? "not a cgroup's path")")
    }
    // Without privilege, only the hierarchy that systemd has handed down is there for the taking.
    path.isGiven = !isRootless
    return path
  }

  /// Moves the process into the cgroup below the scope: one that has processes hands no controllers down (cgroups(7) "no
  /// internal processes").
  private func descend(
    _ placeholder: borrowing ScopePlaceholder,
    from scope: String,
    in hierarchies: CgroupHierarchies
  ) throws(RuntimeFailure) {
    guard !subgroup.isEmpty, let unified = hierarchies.unified else { return }
    let directory = CgroupDirectory(controllers: "", path: "\(unified.mountPoint)\(scope)/\(subgroup)")
    try attempt("mkdir \(directory.path)") { () throws(Errno) in
      try Syscall.makeDirectory(at: .workingDirectory, directory.path, permissions: 0o755)
    }
    do throws(CgroupFailure) {
      try directory.attach(placeholder.id)
    } catch {
      throw RuntimeFailure(error)
    }
  }

  private func deviceDrivers() -> [DeviceDriver] {
    // Without the table, systemd is told of fewer devices; berth itself sees to all of them.
    let table = (try? Syscall.contents(of: "/proc/devices")) ?? []
    return DeviceDriver.parse(String(decoding: table, as: UTF8.self))
  }
}

extension ContainerRecord {
  /// Has systemd end the container's unit, if it has one. What systemd does not end, berth does.
  func stopUnit(isRootless: Bool) throws(RuntimeFailure) {
    if unit.isEmpty { return }
    do throws(SystemdFailure) {
      var manager = try SystemdManager.connect(isOfUser: isRootless)
      try manager.stop(unit)
    } catch {
      throw RuntimeFailure("\(error)")
    }
  }

  /// Tells systemd of other limits.
  func updateUnit(_ properties: [UnitProperty], isRootless: Bool) throws(RuntimeFailure) {
    if unit.isEmpty { return }
    do throws(SystemdFailure) {
      var manager = try SystemdManager.connect(isOfUser: isRootless)
      try manager.set(properties, of: unit)
    } catch {
      throw RuntimeFailure("\(error)")
    }
  }
}

extension LaunchedProcess {
  /// Has the user's systemd move the process into the container's cgroup, where the user may not, and tells the process.
  func attach(to cgroup: ContainerCgroup, _ record: ContainerRecord) throws(RuntimeFailure) {
    let path = cgroup.unified?.path ?? ""
    let names = path.split(separator: "/")
    let below = names.lastIndex { $0 == record.unit }.map { names[($0 + 1)...].joined(separator: "/") } ?? ""
    do throws(SystemdFailure) {
      var manager = try SystemdManager.connect(isOfUser: true)
      try manager.attach(UInt32(id), to: record.unit, below: below.isEmpty ? "" : "/\(below)")
    } catch {
      end()
      throw RuntimeFailure("\(error)")
    }
    do throws(InitFailure) {
      try tellInCgroup()
    } catch {
      end()
      throw RuntimeFailure(error)
    }
  }
}
