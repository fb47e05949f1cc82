/// A command of the OCI runtime.
package enum RuntimeCommand: String, CaseIterable, Sendable {
  case create, start, run, exec, state, kill, delete, list, ps, pause, resume, update, events, spec, features
  case checkpoint, restore

  /// What help and completions show of it.
  package var summary: CommandSummary {
    switch self {
    case .create: CreateRequest.createTable.summary
    case .start: ContainerRequest.startTable.summary
    case .run: CreateRequest.runTable.summary
    case .exec: ExecRequest.table.summary
    case .state: ContainerRequest.stateTable.summary
    case .kill: KillRequest.table.summary
    case .delete: DeleteRequest.table.summary
    case .list: ListRequest.table.summary
    case .ps: ProcessListRequest.table.summary
    case .pause: ContainerRequest.pauseTable.summary
    case .resume: ContainerRequest.resumeTable.summary
    case .update: UpdateRequest.table.summary
    case .events: EventsRequest.table.summary
    case .spec: SpecRequest.table.summary
    case .features: FeaturesRequest.table.summary
    case .checkpoint: CheckpointRequest.table.summary
    case .restore: RestoreRequest.table.summary
    }
  }
}

/// What a command line asks for.
package enum RuntimeRequest: Hashable, Sendable {
  case create(CreateRequest)
  case start(ContainerRequest)
  case run(CreateRequest)
  case exec(ExecRequest)
  case state(ContainerRequest)
  case kill(KillRequest)
  case delete(DeleteRequest)
  case list(ListRequest)
  case ps(ProcessListRequest)
  case pause(ContainerRequest)
  case resume(ContainerRequest)
  case update(UpdateRequest)
  case events(EventsRequest)
  case spec(SpecRequest)
  case features
  case checkpoint(CheckpointRequest)
  case restore(RestoreRequest)
  case help(RuntimeCommand)
  case version
}

extension RuntimeCommand {
  /// Reads the words behind the command.
  func read(
    _ words: ArraySlice<String>,
    _ global: inout GlobalOptions
  ) throws(UsageError) -> RuntimeRequest {
    switch self {
    case .create: try read(words, by: CreateRequest.createTable, &global, RuntimeRequest.create)
    case .start: try read(words, by: ContainerRequest.startTable, &global, RuntimeRequest.start)
    case .run: try read(words, by: CreateRequest.runTable, &global, RuntimeRequest.run)
    case .exec: try read(words, by: ExecRequest.table, &global, RuntimeRequest.exec)
    case .state: try read(words, by: ContainerRequest.stateTable, &global, RuntimeRequest.state)
    case .kill: try read(words, by: KillRequest.table, &global, RuntimeRequest.kill)
    case .delete: try read(words, by: DeleteRequest.table, &global, RuntimeRequest.delete)
    case .list: try read(words, by: ListRequest.table, &global, RuntimeRequest.list)
    case .ps: try read(words, by: ProcessListRequest.table, &global, RuntimeRequest.ps)
    case .pause: try read(words, by: ContainerRequest.pauseTable, &global, RuntimeRequest.pause)
    case .resume: try read(words, by: ContainerRequest.resumeTable, &global, RuntimeRequest.resume)
    case .update: try read(words, by: UpdateRequest.table, &global, RuntimeRequest.update)
    case .events: try read(words, by: EventsRequest.table, &global, RuntimeRequest.events)
    case .spec: try read(words, by: SpecRequest.table, &global, RuntimeRequest.spec)
    case .features: try read(words, by: FeaturesRequest.table, &global) { _ in .features }
    case .checkpoint: try read(words, by: CheckpointRequest.table, &global, RuntimeRequest.checkpoint)
    case .restore: try read(words, by: RestoreRequest.table, &global, RuntimeRequest.restore)
    }
  }

  private func read<Request>(
    _ words: ArraySlice<String>,
    by table: CommandTable<Request>,
    _ global: inout GlobalOptions,
    _ make: (Request) -> RuntimeRequest
  ) throws(UsageError) -> RuntimeRequest {
    var reader = CommandReader(words, command: rawValue)
    guard let request = try reader.read(by: table, &global) else { return .help(self) }
    return make(request)
  }
}

extension RuntimeRequest {
  /// Reads a command line; nil if it is not one of the OCI runtime's, or names no command.
  ///
  /// `global` has what was read of it even when the rest is wrong: the error goes to the log that was asked for.
  package static func read(_ words: [String], global: inout GlobalOptions) throws(UsageError) -> RuntimeRequest? {
    var reader = CommandReader(words[...])
    let rest = try reader.readGlobalOptions(&global)
    if global.asksForVersion { return .version }
    guard !reader.asksForHelp, let word = rest.first else { return nil }
    if word == "help", rest.count == 2, let command = RuntimeCommand(rawValue: rest[rest.startIndex + 1]) {
      return .help(command)
    }
    return try RuntimeCommand(rawValue: word)?.read(rest.dropFirst(), &global)
  }
}
