import LinuxSyscalls
package import Systemd

/// systemd, which makes and limits the cgroups of its units: the system's or a user's own.
package struct SystemdManager: ~Copyable {
  private var connection: DBusConnection

  private init(_ connection: consuming DBusConnection) { self.connection = connection }

  /// Connects to systemd.
  ///
  /// - Parameter isOfUser: whether it is the caller's own systemd that is asked, without privilege.
  package static func connect(isOfUser: Bool) throws(SystemdFailure) -> SystemdManager {
    let addresses = DBusAddress.all(isOfUser: isOfUser, environment: Syscall.environment())
    var failures: [SystemdFailure] = []
    for address in addresses {
      do throws(SystemdFailure) {
        return try connect(address)
      } catch {
        failures.append(error)
      }
    }
    throw failures.first
      ?? SystemdFailure("connect to systemd", "neither XDG_RUNTIME_DIR nor DBUS_SESSION_BUS_ADDRESS is set")
  }

  private static func connect(_ address: DBusAddress) throws(SystemdFailure) -> SystemdManager {
    var connection = try DBusConnection.open(address)
    if address.isBus {
      let rule = "type='signal',interface='org.freedesktop.systemd1.Manager',member='JobRemoved'"
      _ = try connection.call(.bus("AddMatch", [.string(rule)]), "ask the bus for systemd's signals")
      _ = try connection.call(.manager("Subscribe"), "ask systemd for its signals")
    }
    return SystemdManager(connection)
  }

  // MARK: Units

  /// Starts a scope with a process in it, and returns once its cgroup is there.
  ///
  /// A unit of that name that failed is forgotten for it.
  package mutating func start(_ scope: ScopeRequest) throws(SystemdFailure) {
    do throws(SystemdFailure) {
      try startOnce(scope)
    } catch {
      guard error.name == "org.freedesktop.systemd1.UnitExists" else { throw error }
      resetFailed(scope.unit)
      try startOnce(scope)
    }
  }

  private mutating func startOnce(_ scope: ScopeRequest) throws(SystemdFailure) {
    let arguments: [DBusValue] = [
      .string(scope.unit), .string("fail"), scope.properties.argument, .array(of: "(sa(sv))", []),
    ]
    try waitForJob(.manager("StartTransientUnit", arguments), "start the scope \(scope.unit)")
  }

  /// Ends the processes of a unit and forgets it. One that is gone needs neither.
  package mutating func stop(_ unit: String) throws(SystemdFailure) {
    do throws(SystemdFailure) {
      try waitForJob(.manager("StopUnit", [.string(unit), .string("replace")]), "stop the unit \(unit)")
    } catch {
      guard error.name == "org.freedesktop.systemd1.NoSuchUnit" else { throw error }
    }
    resetFailed(unit)
  }

  /// Forgets that a unit has failed; only one that has is still known.
  private mutating func resetFailed(_ unit: String) {
    _ = try? connection.call(.manager("ResetFailedUnit", [.string(unit)]), "forget the unit \(unit)")
  }

  /// Changes properties of a unit until it ends.
  package mutating func set(_ properties: [UnitProperty], of unit: String) throws(SystemdFailure) {
    if properties.isEmpty { return }
    _ = try connection.call(
      .manager("SetUnitProperties", [.string(unit), .boolean(true), properties.argument]),
      "set properties of the unit \(unit)"
    )
  }

  /// Moves a process into a unit's cgroup: for a caller who may not do that himself.
  package mutating func attach(_ process: UInt32, to unit: String, below path: String = "") throws(SystemdFailure) {
    _ = try connection.call(
      .manager(
        "AttachProcessesToUnit",
        [.string(unit), .string(path), .array(of: "u", [.uint32(process)])]
      ),
      "move process \(process) to the unit \(unit)"
    )
  }

  // MARK: Jobs

  /// Calls a method that starts a job, and waits until that is done.
  private mutating func waitForJob(
    _ call: DBusCall,
    _ operation: @autoclosure () -> String
  ) throws(SystemdFailure) {
    var removed: [DBusMessage] = []
    let answer = try connection.call(call, operation()) { if $0.member == "JobRemoved" { removed.append($0) } }
    guard let job = answer.first?.text else { throw SystemdFailure(operation(), "systemd named no job") }
    while true {
      for message in removed where message.body.count == 4 && message.body[1].text == job {
        let result = message.body[3].text ?? ""
        // A stop that a later stop replaced comes to the same end.
        guard result == "done" || result == "skipped" else {
          throw SystemdFailure(operation(), "the job ended: \(result)")
        }
        return
      }
      let next = try connection.next(operation())
      removed = next.member == "JobRemoved" ? [next] : []
    }
  }
}
