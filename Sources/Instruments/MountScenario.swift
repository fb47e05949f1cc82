import LinuxABI
package import MountNamespace

/// A scenario: what processes in some namespaces do to mounts, one line after the other.
///
/// A line is a command of mount(8), umount(8), pivot_root(8), unshare(1), mkdir(1) or `exit`, with the name of the namespace that it runs
/// in before it (`web: mount ...`); without, it is the one of the line before, and at first `host`. `#` begins a comment.
package struct MountScenario: Hashable, Sendable {
  /// A line that does something.
  package struct Step: Hashable, Sendable {
    /// The line's number, from 1.
    package var line: Int
    package var namespace: String
    package var text: String
    /// What it does, each in a namespace: unshare(1) changes the propagation in the one that it makes.
    package var actions: [Action]
  }

  /// An operation, and the namespace that it is done in.
  package struct Action: Hashable, Sendable {
    package var namespace: String
    package var operation: Machine.Operation

    package init(namespace: String, operation: Machine.Operation) {
      self.namespace = namespace
      self.operation = operation
    }
  }

  /// What is wrong with a line.
  package struct Problem: Error, Hashable, Sendable {
    package var line: Int
    package var message: String
  }

  package private(set) var steps: [Step] = []
  private var found: Set<String> = []
  /// A scenario is written by hand.
  package static var mostBytes: Int { 65536 }

  /// Reads a scenario's text.
  package init(_ text: String) throws(Problem) {
    if text.utf8.count > Self.mostBytes {
      let line = text.utf8.prefix(Self.mostBytes).count { $0 == UInt8(ascii: "\n") } + 1
      throw Problem(line: line, message: "a scenario has no more than \(Self.mostBytes) bytes")
    }
    var names: Set<String> = ["host"]
    var current = "host"
    // A carriage return and the line feed after it are one character.
    let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    for (index, line) in lines.enumerated() {
      do throws(MountLine.Problem) {
        var words = try shellWords(line)
        if let first = words.first, first.hasSuffix(":"), first.count > 1 {
          current = String(first.dropLast())
          words.removeFirst()
          guard names.contains(current) else {
            let hint = nearestName(to: current, among: Array(names)).map { "; did you mean \($0)?" } ?? ""
            throw MountLine.Problem("there is no namespace \"\(current)\" yet\(hint)")
          }
        }
        guard !words.isEmpty else { continue }
        if words[0] == "mkdir" {
          for path in words.dropFirst() where path != "-p" { try addDirectories(of: try MountLine.absolute(path)) }
          continue
        }
        let actions = try Self.actions(words, in: current, &names)
        for path in actions.flatMap(\.operation.paths) { try addDirectories(of: path) }
        steps.append(Step(line: index + 1, namespace: current, text: shellLine(words), actions: actions))
      } catch {
        throw Problem(line: index + 1, message: error.message)
      }
    }
  }

  private static func actions(
    _ words: [String],
    in namespace: String,
    _ names: inout Set<String>
  ) throws(MountLine.Problem) -> [Action] {
    switch words[0] {
    case "unshare": return try unshare(Array(words.dropFirst()), in: namespace, &names)
    case "exit":
      guard words.count == 1 else { throw MountLine.Problem("exit takes no arguments") }
      guard names.count > 1 else { throw MountLine.Problem("the last namespace cannot end") }
      names.remove(namespace)
      return [Action(namespace: namespace, operation: .end)]
    default:
      return try MountLine(words: words).scenarioOperations().map { Action(namespace: namespace, operation: $0) }
    }
  }

  /// unshare(1): a new namespace, whose mounts are all made private unless another propagation is asked for.
  private static func unshare(
    _ arguments: [String],
    in namespace: String,
    _ names: inout Set<String>
  ) throws(MountLine.Problem) -> [Action] {
    let words = try CommandWords(
      arguments,
      of: "unshare",
      known: [
        .init("-m", "--mount"), .init("-U", "--user"), .init("-r", "--map-root-user"), .init("-f", "--fork"),
        .init("--propagation", value: .needed),
      ]
    )
    var newUser = false
    var propagation: Propagation? = .private
    for (option, value) in words.options {
      // To map the user is to make the namespace, unshare(1).
      if option == "--user" || option == "--map-root-user" { newUser = true }
      guard option == "--propagation", let value else { continue }
      propagation = Propagation(rawValue: value)
      guard propagation != nil || value == "unchanged", propagation != .unbindable else {
        throw MountLine.Problem(
          "unshare: --propagation takes private, slave, shared or unchanged, and not \"\(value)\""
        )
      }
    }
    guard let name = words.operands.first else {
      throw MountLine.Problem("unshare: the name of the new namespace is missing")
    }
    if words.operands.count > 1 { throw MountLine.Problem("unshare: \"\(words.operands[1])\" is one name too many") }
    guard names.insert(name).inserted else {
      throw MountLine.Problem("unshare: there is a namespace \"\(name)\" already")
    }
    var actions = [Action(namespace: namespace, operation: .unshare(as: name, newUser: newUser))]
    if let propagation {
      actions.append(Action(namespace: name, operation: .setPropagation(propagation, recursive: true, at: "/")))
    }
    return actions
  }

  /// The machine that a scenario begins with: one namespace, `host`, with one private mount.
  package static func machine(rules: KernelRules = .current, directories: Set<String>? = nil) -> Machine {
    var machine = Machine(rules: rules)
    _ = machine.addNamespace(
      name: "host",
      superblock: Machine.Superblock(type: "tmpfs", source: "root", device: "0:2", directories: directories)
    )
    return machine
  }

  /// The directories that every file system of the scenario has: what the lines name, and each part of it, since what is
  /// mounted half-way down a path begins there.
  package var directories: [String] { found.sorted() }

  /// Adds what a path names; one that is too long for the kernel is nowhere.
  private mutating func addDirectories(of path: String) throws(MountLine.Problem) {
    let names = names(of: path)
    guard path.utf8.count < 4096, names.allSatisfy({ $0.utf8.count <= 255 }) else { return }
    guard names.count <= 140 else { throw MountLine.Problem("a path in a scenario has no more than 140 names") }
    for start in names.indices {
      var place = ""
      for name in names[start...] {
        place += "/" + name
        found.insert(place)
      }
      if found.count > 10_000 { throw MountLine.Problem("a scenario has no more than 10,000 directories") }
    }
  }
}

/// The words of a line, as a POSIX shell reads it: quotes, backslashes, and a comment at the end.
package func shellWords(_ line: Substring) throws(MountLine.Problem) -> [String] {
  var words: [String] = []
  var word: String?
  var quote: Character?
  var rest = line[...]
  while let character = rest.popFirst() {
    if let open = quote {
      if character == open { quote = nil } else { word?.append(character) }
    } else if character == "'" || character == "\"" {
      quote = character
      word = word ?? ""
    } else if character == "\\" {
      word = word ?? ""
      if let escaped = rest.popFirst() { word?.append(escaped) }
    } else if character == " " || character == "\t" {
      if let done = word { words.append(done) }
      word = nil
    } else if character == "#", word == nil {
      break
    } else {
      word = word ?? ""
      word?.append(character)
    }
  }
  guard quote == nil else { throw MountLine.Problem("a quote is not closed") }
  return words + (word.map { [$0] } ?? [])
}
