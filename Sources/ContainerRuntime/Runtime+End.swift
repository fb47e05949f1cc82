import CgroupExecution
import Cgroups
import ContainerPlan
import JSON
import LinuxABI
import LinuxSyscalls
import OCISpec
import SystemPackage

extension Runtime {
  /// Sends a signal to a container's process, or to all of its processes, runtime.md "kill".
  package func kill(_ id: String, signal: Int32, all: Bool) throws(RuntimeFailure) {
    let directory = try store.open(id)
    let record = try directory.knownRecord()
    if directory.status(record) == .creating { throw .notCreated(id) }
    let hasOwnProcesses = record.namespaces & NamespaceType.pid.cloneFlag != 0
    // Without a PID namespace of its own, others outlive the container's process.
    if let cgroup = record.containerCgroup, all || signal == Signal.kill && !hasOwnProcesses {
      guard cgroup.exists else { return }
      do throws(CgroupFailure) {
        return try cgroup.signal(signal)
      } catch {
        throw RuntimeFailure(error)
      }
    }
    guard let process = ContainerProcess(record) else { throw RuntimeFailure("container not running") }
    try attempt("send signal \(signal) to container \"\(id)\"") { () throws(Errno) in
      try Syscall.send(signal, to: process.descriptor.borrowed)
    }
    // What is frozen cannot even die.
    if signal == Signal.kill, let cgroup = record.containerCgroup, (try? cgroup.isFrozen()) ?? false {
      try? cgroup.thaw()  // It is gone, then.
    }
  }

  /// Removes a container that has stopped or was never started, or with `force` any, runtime.md "delete".
  package func delete(_ id: String, force: Bool) throws(RuntimeFailure) {
    do throws(RuntimeFailure) {
      try delete(try store.open(id), force: force)
    } catch {
      if force, error == .noContainer(id) { return }
      throw error
    }
  }

  private func delete(_ directory: borrowing ContainerDirectory, force: Bool) throws(RuntimeFailure) {
    // Ending it comes first: who holds the lock may be waiting for the process.
    if force, let record = try? directory.record() { try directory.end(record) }
    try directory.lock()
    let record: ContainerRecord?
    do throws(RuntimeFailure) {
      record = try directory.record()
    } catch {
      guard force, error == directory.damage else { throw error }
      return try deleteDamaged(directory)
    }
    guard let record else { return try directory.remove() }
    let status = directory.status(record)
    if !force, status == .creating { throw .notCreated(directory.id) }
    guard force || status == .stopped || status == .created else {
      throw RuntimeFailure("cannot delete container \(directory.id) that is not stopped: \(status.rawValue)")
    }
    try delete(record, directory)
  }

  /// Removes a container that nothing but its configuration tells of: its processes are those in the cgroup that it names.
  private func deleteDamaged(_ directory: borrowing ContainerDirectory) throws(RuntimeFailure) {
    var problems: [JSONProblem] = []
    guard cgroupDriver == .cgroupfs, let hierarchies = try hierarchies(), let spec = try? directory.spec(),
      let path = CgroupsPath(spec.linux?.cgroupsPath, id: directory.id, problems: &problems)
    else {
      throw RuntimeFailure(
        "the state of container \"\(directory.id)\" is damaged, and nothing tells which its processes are: "
          + "end them, and remove \(store.root)/\(directory.id)"
      )
    }
    let cgroup = ContainerCgroup(path, in: hierarchies)
    try directory.endAll(in: cgroup)
    do throws(CgroupFailure) {
      try cgroup.remove()
    } catch {
      throw RuntimeFailure(error)
    }
    try directory.remove()
  }

  /// Removes all that is left of a container whose process has ended.
  func delete(_ record: ContainerRecord, _ directory: borrowing ContainerDirectory) throws(RuntimeFailure) {
    try directory.end(record)
    try record.unmountRoot()
    do throws(RuntimeFailure) {
      try record.stopUnit(isRootless: Caller.probeIsRootless())
    } catch {
      // What counts is that the cgroup goes, and who called need not know who removed it.
      warn(error.message)
    }
    if let cgroup = record.containerCgroup {
      do throws(CgroupFailure) {
        try cgroup.remove()
      } catch {
        throw RuntimeFailure(error)
      }
    }
    let hooks = record.hasPoststopHooks ? try directory.spec().hooks?.poststop : nil
    try directory.remove()
    runPoststopHooks(hooks, record)
  }

  /// Runs the poststop hooks of a container that is gone.
  func runPoststopHooks(_ hooks: [Hook]?, _ record: ContainerRecord) {
    let input = HookInput(HookState(record), status: .stopped, processID: 0)
    for (index, hook) in (hooks ?? []).enumerated() {
      do throws(InitFailure) {
        try Hook.run([hook], "poststop", input, in: record.bundle, first: index)
      } catch {
        // config.md "Poststop": the others run all the same, and the container is deleted.
        warn(error.sentence)
      }
    }
  }
}

extension ContainerDirectory {
  /// Ends every process of the container, and waits until its first is gone.
  func end(_ record: ContainerRecord) throws(RuntimeFailure) {
    // Before /proc is read: a process that is stuck in execve(2) has its readers wait, until it is killed.
    try endAll(in: record.containerCgroup)
    let process = ContainerProcess(record)
    let descriptor = process.descriptor
    defer { extendLifetime(process) }
    if let descriptor {
      try attempt("end container \"\(id)\"") { () throws(Errno) in
        do throws(Errno) {
          try Syscall.send(Signal.kill, to: descriptor)
        } catch .noSuchProcess {
          // It has ended by itself.
        }
      }
    }
    if let descriptor, !Syscall.isReadable(descriptor, within: 10_000) {
      throw RuntimeFailure("container \"\(id)\" does not end: process \(record.processID) is stuck in the kernel")
    }
  }

  fileprivate func endAll(in cgroup: ContainerCgroup?) throws(RuntimeFailure) {
    do throws(CgroupFailure) {
      if let cgroup, cgroup.exists, try !cgroup.processes().isEmpty { try cgroup.signal(Signal.kill) }
    } catch {
      throw RuntimeFailure(error)
    }
  }
}
