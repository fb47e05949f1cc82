import JSON
import LinuxABI
import LinuxSyscalls
import OCISpec
import SystemPackage

extension Runtime {
  /// Has a created container run its process, runtime.md "start".
  package func start(_ id: String) throws(RuntimeFailure) {
    let directory = try store.open(id)
    try directory.lock()
    let record = try directory.knownRecord()
    let connection = directory.connectToGate()
    guard let gate = connection.borrowed else { throw Self.refusal(id, directory.status(record)) }
    defer { extendLifetime(connection) }
    let answer = try attempt("start container \"\(id)\"") { () throws(Errno) in
      try Syscall.write([1], to: gate)
      do throws(Errno) {
        return try Syscall.read(gate, count: 65536)
      } catch .connectionReset {
        throw .noSuchProcess  // It was killed, or let go by another `start`.
      }
    }
    do throws(InitFailure) {
      if let failure = InitFailure(message: answer) { throw failure }
      if answer.isEmpty, ContainerProcess.hasExecuted(record.processID) == false {
        throw InitFailure.endedSilently(words: nil)
      }
    } catch {
      // Who is told that it failed may look at once: what is there of the process is then as it will stay.
      ContainerProcess.awaitEnd(of: record.processID)
      throw RuntimeFailure(error)
    }
    try runPoststartHooks(record, directory)
  }

  private static func refusal(_ id: String, _ status: ContainerStatus) -> RuntimeFailure {
    switch status {
    case .stopped: RuntimeFailure("cannot start a container that has stopped")
    case .running, .paused: RuntimeFailure("cannot start an already running container")
    case .creating, .created: .notCreated(id)
    }
  }

  /// Runs the poststart hooks; one that fails ends the container, config.md "Poststart".
  func runPoststartHooks(
    _ record: ContainerRecord,
    _ directory: borrowing ContainerDirectory
  ) throws(RuntimeFailure) {
    guard record.hasPoststartHooks else { return }
    let hooks = try directory.spec().hooks
    let input = HookInput(HookState(record), status: .running, processID: record.processID)
    do throws(InitFailure) {
      try Hook.run(hooks?.poststart, "poststart", input, in: record.bundle)
    } catch {
      try? directory.end(record)  // The hook's failure is the one to tell.
      throw RuntimeFailure(error)
    }
  }
}

extension ContainerDirectory {
  /// The configuration that the container was made of.
  func spec() throws(RuntimeFailure) -> Spec {
    let bytes = try configuration()
    do throws(JSONProblem) {
      return try Bundle.read(bytes).0
    } catch {
      throw RuntimeFailure("the configuration of container \"\(id)\" is damaged: \(error.message)")
    }
  }
}
