import ContainerRuntime
import LinuxABI
import LinuxSyscalls
import RuntimeCommandLine

extension StateRecord {
  init(_ state: ContainerState, owner: String = "") {
    self.init(
      ociVersion: state.ociVersion,
      id: state.id,
      processID: state.processID,
      status: state.status.rawValue,
      bundle: state.bundle,
      rootfs: state.rootfs,
      created: state.created,
      annotations: state.annotations,
      owner: owner
    )
  }
}

extension ListRequest {
  /// Prints the containers. That nothing was ever kept in the usual place is no error.
  func carryOut(in runtime: Runtime, isUsualRoot: Bool) throws(RuntimeFailure) {
    guard let states = try runtime.list() ?? (isUsualRoot ? [] : nil) else {
      throw RuntimeFailure("--root \(runtime.store.root): there is no such directory")
    }
    let owners = states.map { "\($0.owner)" }
    let root = states.isEmpty ? nil : try? Syscall.open("/", [.path, .directory])  // Without names, numbers are told.
    let users =
      root.borrowed.map { root in
        AccountFile.lines(of: "/etc/passwd", inRoot: root) { $0.count > 2 && owners.contains($0[2]) }
      } ?? []
    extendLifetime(root)
    let records = states.map { state in
      StateRecord(state, owner: users.first { $0[2] == "\(state.owner)" }?[0] ?? "#\(state.owner)")
    }
    write(StateRecord.list(records, self))
  }
}

extension ProcessListRequest {
  func carryOut(in runtime: Runtime) throws(RuntimeFailure) {
    let ids = try runtime.processes(id)
    if format == .json {
      write(verbatim: ProcessTable.json(ids))
      return
    }
    let printed = try output(of: "ps", arguments)
    guard let lines = ProcessTable.lines(of: printed, processes: ids) else {
      throw RuntimeFailure("ps \(arguments.joined(separator: " ")): there is no column PID: its options must leave one")
    }
    write(lines)
  }
}
