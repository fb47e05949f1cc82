import LinuxABI

/// The words of a command, sorted as getopt_long(3) sorts them: options in any place before `--`, short ones together in a word, a
/// value in the same word or in the next.
struct CommandWords {
  /// Whether an option has a value; one that need not have stands in the option's own word.
  enum Value { case none, needed, optional }

  /// An option: what it is called, the long name last.
  struct Option {
    var names: [String]
    var value: Value

    init(_ names: String..., value: Value = .none) {
      self.names = names
      self.value = value
    }
  }

  /// The options in their order, by their last names.
  private(set) var options: [(name: String, value: String?)] = []
  private(set) var operands: [String] = []
  private let command: String
  private let known: [Option]

  init(_ words: [String], of command: String, known: [Option]) throws(MountLine.Problem) {
    self.command = command
    self.known = known
    var rest = words[...]
    while let word = rest.popFirst() {
      if word == "--" {
        operands += rest
        return
      }
      if word.hasPrefix("--") {
        try addLong(word, &rest)
      } else if word.hasPrefix("-"), word != "-" {
        try addShort(word, &rest)
      } else {
        operands.append(word)
      }
    }
  }

  private mutating func addLong(_ word: String, _ rest: inout ArraySlice<String>) throws(MountLine.Problem) {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let option = try option(parts[0])
    guard parts.count == 1 else {
      guard option.value != .none else { throw MountLine.Problem("\(command): \(parts[0]) takes no value") }
      return add(option, parts[1])
    }
    add(option, option.value == .needed ? try next(&rest, after: word) : nil)
  }

  private mutating func addShort(_ word: String, _ rest: inout ArraySlice<String>) throws(MountLine.Problem) {
    var letters = word.dropFirst()
    while let letter = letters.popFirst() {
      let option = try option("-\(letter)")
      if option.value == .none {
        add(option, nil)
        continue
      }
      if !letters.isEmpty { return add(option, String(letters)) }
      return add(option, option.value == .needed ? try next(&rest, after: word) : nil)
    }
  }

  private mutating func add(_ option: Option, _ value: String?) {
    options.append((option.names.last ?? "", value))
  }

  private func next(_ rest: inout ArraySlice<String>, after word: String) throws(MountLine.Problem) -> String {
    guard let value = rest.popFirst() else { throw MountLine.Problem("\(command): \(word) needs a value") }
    return value
  }

  private func option(_ name: String) throws(MountLine.Problem) -> Option {
    if let option = known.first(where: { $0.names.contains(name) }) { return option }
    let long = known.flatMap(\.names).filter { $0.hasPrefix("--") }
    let hint = name.hasPrefix("--") ? nearestName(to: name, among: long).map { "; did you mean \($0)?" } ?? "" : ""
    throw MountLine.Problem("\(command): \"\(name)\" is not an option that is known here\(hint)")
  }
}
