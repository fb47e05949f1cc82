/// A command of the OCI runtime.
package enum RuntimeCommand: String, CaseIterable, Sendable {
  case create, start, run, exec, state, kill, delete, list, ps, pause, resume, update, events, spec, features
  case checkpoint, restore

  /// The command of this name. (`init(rawValue:)` of so many cases makes a dictionary first, which costs more.)
  init?(_ name: String) {
    guard let command = Self.allCases.first(where: { $0.rawValue == name }) else { return nil }
    self = command
  }

  var table: CommandTable {
    switch self {
    case .create: CreateRequest.createTable
    case .start: ContainerRequest.startTable
    case .run: CreateRequest.runTable
    case .exec: ExecRequest.table
    case .state: ContainerRequest.stateTable
    case .kill: KillRequest.table
    case .delete: DeleteRequest.table
    case .list: ListRequest.table
    case .ps: ProcessListRequest.table
    case .pause: ContainerRequest.pauseTable
    case .resume: ContainerRequest.resumeTable
    case .update: UpdateRequest.table
    case .events: EventsRequest.table
    case .spec: SpecRequest.table
    case .features: CommandTable.features
    case .checkpoint: CheckpointRequest.table
    case .restore: RestoreRequest.table
    }
  }

  /// What help and completions show of it.
  package var summary: CommandSummary { table.summary }
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

/// Requests in the making: an option sets its field in the part that it belongs to.
struct RequestDraft: Sendable {
  var global = GlobalOptions()
  var container = ContainerRequest()
  var create = CreateRequest()
  var exec = ExecRequest()
  var kill = KillRequest()
  var delete = DeleteRequest()
  var list = ListRequest()
  var processList = ProcessListRequest()
  var update = UpdateRequest()
  var events = EventsRequest()
  var spec = SpecRequest()
  var checkpoint = CheckpointRequest()
  var restore = RestoreRequest()
  var image = CheckpointImage()
}

extension RuntimeRequest {
  /// Reads a command line; nil if it is not one of the OCI runtime's, or names no command.
  ///
  /// `global` has what was read of it even when the rest is wrong: the error goes to the log that was asked for.
  package static func read(_ words: [String], global: inout GlobalOptions) throws(UsageError) -> RuntimeRequest? {
    var draft = RequestDraft()
    defer { global = draft.global }
    var reader = CommandReader(words[...])
    let rest = try reader.readGlobalOptions(&draft)
    if draft.global.asksForVersion { return .version }
    guard !reader.asksForHelp, let word = rest.first else { return nil }
    if word == "help", rest.count == 2, let command = RuntimeCommand(rest[rest.startIndex + 1]) {
      return .help(command)
    }
    guard let command = RuntimeCommand(word) else { return nil }
    var behind = CommandReader(rest.dropFirst(), command: word)
    return try behind.read(by: command.table, &draft) ?? .help(command)
  }
}
