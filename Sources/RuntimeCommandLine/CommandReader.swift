import LinuxABI

/// The words of a command line, read from the left by the grammar of Go's flag package, which runc's clients speak.
///
/// One dash is as good as two; a value is the next word, whatever it looks like, or what is behind `=`; `--` ends the
/// options. Global options are understood behind the command too.
struct CommandReader {
  private var rest: ArraySlice<String>
  /// What errors begin with: the command.
  private let command: String?
  /// Whether the words asked for help.
  private(set) var asksForHelp = false

  init(_ words: ArraySlice<String>, command: String? = nil) {
    rest = words
    self.command = command
  }

  /// Reads the options before the command; returns the words from it on.
  mutating func readGlobalOptions(_ draft: inout RequestDraft) throws(UsageError) -> ArraySlice<String> {
    while let word = nextOption(), !asksForHelp {
      let option = try split(word)
      let rows = GlobalOptions.rowsBeforeCommand
      if try !take(option, by: rows, &draft) { throw unknown(option, among: rows) }
    }
    return rest
  }

  /// Reads the words behind a command; nil if they ask for help.
  mutating func read(by table: CommandTable, _ draft: inout RequestDraft) throws(UsageError) -> RuntimeRequest? {
    var operands: [String] = []
    while !rest.isEmpty {
      while let word = nextOption() {
        if asksForHelp { return nil }
        let option = try split(word)
        if try take(option, by: table.options, &draft) { continue }
        if try take(option, by: GlobalOptions.rows, &draft) { continue }
        throw unknown(option, among: table.options)
      }
      if endsHere {
        operands += rest
        break
      }
      guard let operand = rest.popFirst() else { break }
      operands.append(operand)
      if table.endsOptionsAtOperand {
        // `exec ID -- ls` is taken as `exec ID ls`.
        if rest.first == "--" { rest.removeFirst() }
        operands += rest
        break
      }
    }
    try check(operands, by: table)
    do throws(ValueProblem) {
      return try table.request(&draft, operands)
    } catch {
      throw problem(error.message)
    }
  }

  // MARK: Words

  /// Whether `--` was read: the rest is no options.
  private var endsHere = false

  private struct Option {
    /// As it is written, without a value: `--bundle`.
    var word: String
    var name: Substring
    /// What is behind `=`.
    var value: String?
  }

  /// The next word, if it is an option; takes `--` away, and a request for help.
  private mutating func nextOption() -> String? {
    guard !endsHere, let word = rest.first, word.utf8.first == UInt8(ascii: "-"), word != "-" else { return nil }
    rest.removeFirst()
    switch word {
    case "--":
      endsHere = true
      return nil
    case "-h", "-help", "--h", "--help": asksForHelp = true
    default: break
    }
    return word
  }

  private func split(_ word: String) throws(UsageError) -> Option {
    var body = Substring(word.utf8.dropFirst())
    if body.utf8.first == UInt8(ascii: "-") { body = Substring(body.utf8.dropFirst()) }
    guard let first = body.utf8.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "=") else {
      throw problem("\(word): an option is a name behind one dash or two")
    }
    guard let equals = body.utf8.firstIndex(of: UInt8(ascii: "=")) else {
      return Option(word: word, name: body, value: nil)
    }
    return Option(
      word: String(word[..<equals]),
      name: body[..<equals],
      value: String(body[body.utf8.index(after: equals)...])
    )
  }

  // MARK: Options

  /// Takes an option that is among the rows; returns whether it is.
  private mutating func take(
    _ option: Option,
    by rows: [OptionRow],
    _ draft: inout RequestDraft
  ) throws(UsageError) -> Bool {
    guard let row = rows.first(where: { row in row.names.contains { $0 == option.name } }) else { return false }
    let value: String
    if let attached = option.value {
      value = attached
    } else if let valueName = row.valueName {
      guard let next = rest.popFirst() else {
        throw problem("\(option.word): the value is missing: \(option.word) \(valueName)")
      }
      value = next
    } else {
      value = "true"
    }
    do throws(ValueProblem) {
      try row.take(&draft, value)
    } catch {
      let separator = option.value == nil ? " " : "="
      throw problem("\(option.word)\(separator)\(value.isEmpty ? "\"\"" : value): \(error.message)")
    }
    return true
  }

  private func unknown(_ option: Option, among rows: [OptionRow]) -> UsageError {
    let known = (rows.filter { !$0.isHidden }.flatMap(\.names) + GlobalOptions.rows.flatMap(\.names))
      .filter { $0.utf8.count > 1 }
    let hint = nearestName(to: String(option.name), among: known).map { "; did you mean --\($0)?" } ?? ""
    return problem("\(option.word): there is no such option\(hint)")
  }

  private func check(_ operands: [String], by table: CommandTable) throws(UsageError) {
    if operands.count > table.operandCount.upperBound {
      let extra = operands[table.operandCount.upperBound]
      throw problem("\"\(extra)\" is a word too many: berth \(table.usage[0])")
    }
    if operands.count < table.operandCount.lowerBound {
      throw problem("a word is missing: berth \(table.usage[0])")
    }
  }

  private func problem(_ message: String) -> UsageError {
    UsageError(command: command, message: (command.map { $0 + " " } ?? "") + message)
  }
}
