import LinuxABI
import MountNamespace

extension MountLine {
  /// The options of mount(8) that mean something to mounts, and those that can be passed over.
  private static let mountOptions: [CommandWords.Option] =
    [
      .init("-t", "--types", value: .needed), .init("-o", "--options", value: .needed),
      .init("-L", "--label", value: .needed), .init("-U", "--uuid", value: .needed),
      .init("--source", value: .needed), .init("--target", value: .needed), .init("-m", "--mkdir", value: .optional),
      .init("-B", "--bind"), .init("-R", "--rbind"), .init("-M", "--move"), .init("--beneath"), .init("--set-group"),
      .init("-r", "--read-only"), .init("-w", "--rw", "--read-write"), .init("-f", "--fake"),
      .init("-n", "--no-mtab"), .init("-v", "--verbose"), .init("-c", "--no-canonicalize"),
      .init("-i", "--internal-only"), .init("-s", "--sloppy"),
      .init("-a", "--all"), .init("-T", "--fstab", value: .needed), .init("-O", "--test-opts", value: .needed),
    ] + makes.keys.map { .init($0) }

  /// What each `--make-` option asks for.
  fileprivate static let makes: [String: MountChange.PropagationChange] = {
    var makes: [String: MountChange.PropagationChange] = [:]
    for type in Propagation.allCases {
      makes["--make-\(type.rawValue)"] = .init(type, recursive: false)
      makes["--make-r\(type.rawValue)"] = .init(type, recursive: true)
    }
    return makes
  }()

  /// The words of a mount(8) line, sorted.
  fileprivate struct Request {
    var type: String?
    var options: [String] = []
    var source: String?
    var target: String?
    var bind: Bool?
    var move = false
    var beneath = false
    var setGroup = false
    var isFake = false
    var makesDirectory = false
    var propagations: [MountChange.PropagationChange] = []
  }

  mutating func readMount(_ arguments: [String]) throws(Problem) {
    let request = try Self.sorted(arguments)
    guard let path = request.target else { throw Problem("mount: where to mount is missing") }
    let options = try Self.read(request.options)
    makesDirectory = request.makesDirectory || options.makesDirectory
    let makes = (request.propagations + options.propagations).map {
      Machine.Operation.setPropagation($0.type, recursive: $0.recursive, at: path)
    }
    operations = try Self.calls(request, options, at: path, makes)
    reconfigures = options.remount && (options.bind ?? request.bind) == nil
    if request.isFake { operations = [] }
  }

  /// The calls of a line but for those that change the propagation afterwards, and those.
  private static func calls(
    _ request: Request,
    _ options: Options,
    at path: String,
    _ makes: [Machine.Operation]
  ) throws(Problem) -> [Machine.Operation] {
    func source(_ what: String) throws(Problem) -> String {
      guard let source = request.source else { throw Problem("mount: what to \(what) \(path) is missing") }
      return source
    }
    if options.remount { return options.changes(at: path) + makes }
    if let recursive = request.bind ?? options.bind {
      return [.bind(from: try source("bind at"), recursive: recursive, at: path)] + options.changes(at: path) + makes
    }
    if request.setGroup { return [.setGroup(from: try source("join at"), to: path)] }
    if request.move {
      let from = try source("move to")
      return [request.beneath ? .moveBeneath(from: from, to: path) : .move(from: from, to: path)] + makes
    }
    if request.source == nil, !makes.isEmpty, request.type == nil { return makes }
    guard let source = request.source else {
      throw Problem("mount: what to mount at \(path) is missing: fstab is not read")
    }
    return [.mount(type: request.type ?? "auto", source: source, attributes: options.attributes, at: path)] + makes
  }

  private static func sorted(_ arguments: [String]) throws(Problem) -> Request {
    let words = try CommandWords(arguments, of: "mount", known: mountOptions)
    var request = Request()
    for (name, value) in words.options { try request.take(name, value ?? "") }
    var operands = words.operands[...]
    if request.target == nil { request.target = operands.popLast() }
    if request.source == nil { request.source = operands.popLast() }
    if let extra = operands.last { throw Problem("mount: \"\(extra)\" is one operand too many") }
    return request
  }

  /// What `-o` asks of mounts.
  private struct Options {
    var attributes: MountAttributes = []
    var change = MountChange()
    var bind: Bool?
    var remount = false
    var makesDirectory = false
    var propagations: [MountChange.PropagationChange] = []

    func changes(at path: String) -> [Machine.Operation] {
      var operations: [Machine.Operation] = []
      for (attributes, recursive) in [(change.recursiveAttributes, true), (change.attributes, false)]
      where !attributes.isEmpty {
        operations.append(.setAttributes(set: attributes.set, clear: attributes.clear, recursive: recursive, at: path))
      }
      return operations
    }
  }

  private static func read(_ words: [String]) throws(Problem) -> Options {
    var options = Options()
    var names: [String] = []
    for word in words {
      let name = word.prefix { $0 != "=" }
      // Comments for other programs: mount(8) itself passes them over.
      if name.hasPrefix("x-") { continue }
      if name == "X-mount.mkdir" {
        options.makesDirectory = true
      } else if name == "X-mount.subdir" {
        throw Problem("mount: the option \"\(word)\" is not modelled: mount the whole, and bind the directory")
      } else if !name.hasPrefix("X-") {
        // mount(8) writes `ro=recursive` for what a runtime's config writes as `rro`.
        names.append(word.hasSuffix("=recursive") ? "r" + name : word)
      }
    }
    let read: MountOptions
    do throws(MountOptions.Problem) {
      read = try MountOptions(names)
    } catch {
      throw Problem("mount: \(error.message)")
    }
    options.change = read.change
    options.attributes = read.change.attributes.set
    options.bind = read.bind ? read.recursive : nil
    options.remount = read.remount
    options.propagations = read.change.propagation.map { [$0] } ?? []
    return options
  }
}

extension MountLine.Request {
  /// Takes an option, by its long name.
  fileprivate mutating func take(_ name: String, _ value: String) throws(MountLine.Problem) {
    switch name {
    case "--types": type = value
    case "--options": options += value.split(separator: ",").map(String.init)
    case "--label": source = "LABEL=" + value
    case "--uuid": source = "UUID=" + value
    case "--source": source = value
    case "--target": target = value
    case "--mkdir": makesDirectory = true
    case "--bind": bind = false
    case "--rbind": bind = true
    case "--move": move = true
    case "--beneath": beneath = true
    case "--set-group": setGroup = true
    case "--read-only": options.append("ro")
    case "--read-write": options.append("rw")
    case "--fake": isFake = true
    case "--all", "--fstab", "--test-opts":
      throw MountLine.Problem("mount: \(name): fstab is not read: say what to mount, and where")
    default: if let make = MountLine.makes[name] { propagations.append(make) }
    }
  }
}
