import ContainerRuntime
import LinuxABI
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
    let accounts = states.isEmpty ? "" : text(ofFile: "/etc/passwd", inRoot: "/")
    let records = states.map { StateRecord($0, owner: Self.name(of: $0.owner, in: accounts)) }
    write(StateRecord.list(records, self))
  }

  private static func name(of user: UInt32, in accounts: String) -> String {
    for line in accounts.split(separator: "\n") {
      let fields = line.split(separator: ":", omittingEmptySubsequences: false)
      if fields.count > 2, UInt32(fields[2]) == user { return String(fields[0]) }
    }
    return "#\(user)"
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
