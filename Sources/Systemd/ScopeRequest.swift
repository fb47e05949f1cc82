package import Cgroups

/// A scope to ask systemd for: the unit of processes that others made, systemd.scope(5).
package struct ScopeRequest: Hashable, Sendable {
  package var unit: String
  package var properties: [UnitProperty]

  /// - Parameters:
  ///   - process: the scope's first process.
  ///   - isOfUser: whether the systemd of a user is asked.
  ///   - others: limits, devices and what the container's annotations ask for; the last word on a property counts.
  package init(
    _ cgroup: SystemdCgroup,
    container: String,
    process: UInt32,
    version: CgroupVersion,
    isOfUser: Bool,
    _ others: [UnitProperty]
  ) {
    unit = cgroup.unit
    properties = [
      UnitProperty("Description", .string("berth container \(container)")),
      UnitProperty("Slice", .string(cgroup.slice(isOfUser: isOfUser))),
      // The container's cgroup is berth's to fill and to divide.
      UnitProperty("Delegate", .boolean(true)),
      UnitProperty("PIDs", .array(of: "u", [.uint32(process)])),
      UnitProperty("CPUAccounting", .boolean(true)),
      UnitProperty("MemoryAccounting", .boolean(true)),
      UnitProperty("TasksAccounting", .boolean(true)),
      UnitProperty(version == .v1 ? "BlockIOAccounting" : "IOAccounting", .boolean(true)),
      UnitProperty("DefaultDependencies", .boolean(false)),
    ]
    for property in others {
      properties.removeAll { $0.name == property.name }
      properties.append(property)
    }
  }
}
