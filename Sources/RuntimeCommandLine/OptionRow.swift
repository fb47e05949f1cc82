/// An option of a command: what it is called, what it means, and where its value goes.
///
/// Reading, `--help`, suggestions, the man pages and the completions are all made of these rows.
struct OptionRow: Sendable {
  /// The names without dashes, the long one first.
  var names: [String]
  /// What the value is called; nil for a flag.
  var valueName: String?
  var help: String
  /// An option that is accepted for the sake of older clients alone.
  var isHidden = false
  /// Takes the value over. A flag's is in the words of `strconv.ParseBool`.
  var take: @Sendable (inout RequestDraft, String) throws(ValueProblem) -> Void

  /// An option that takes the next word as its value, or what is behind `=`.
  static func value(
    _ names: String...,
    called valueName: String,
    _ help: String,
    _ take: @escaping @Sendable (inout RequestDraft, String) throws(ValueProblem) -> Void
  ) -> Self {
    Self(names: names, valueName: valueName, help: help, take: take)
  }

  /// An option that takes a value behind `=` alone, and only to say that it is not meant.
  static func flag(
    _ names: String...,
    help: String,
    _ take: @escaping @Sendable (inout RequestDraft, Bool) -> Void
  ) -> Self {
    Self(names: names, valueName: nil, help: help) { draft, text throws(ValueProblem) in
      take(&draft, try ValueSyntax.bool(text))
    }
  }

  /// The same option, shown nowhere.
  func hidden() -> Self {
    var row = self
    row.isHidden = true
    return row
  }
}

/// An option as help and completions show it.
package struct OptionSummary: Hashable, Sendable {
  /// The names with their dashes, the long one first.
  package var names: [String]
  package var valueName: String?
  package var help: String
}

extension OptionRow {
  var summary: OptionSummary {
    OptionSummary(names: names.map { $0.utf8.count == 1 ? "-" + $0 : "--" + $0 }, valueName: valueName, help: help)
  }
}

/// What is wrong with an option's value.
package struct ValueProblem: Error, Hashable, Sendable {
  package var message: String

  package init(_ message: String) { self.message = message }
}
