/// An option of a command: what it is called, what it means, and where its value goes.
///
/// Reading, `--help`, suggestions, the man pages and the completions are all made of these rows.
package struct OptionRow<Request>: Sendable {
  /// The names without dashes, the long one first.
  var names: [String]
  /// What the value is called; nil for a flag.
  var valueName: String?
  var help: String
  /// An option that is accepted for the sake of older clients alone.
  var isHidden = false
  /// Takes the value over. A flag's is in the words of `strconv.ParseBool`.
  var take: @Sendable (inout Request, String) throws(ValueProblem) -> Void

  /// An option that takes the next word as its value, or what is behind `=`.
  static func value(
    _ names: String...,
    called valueName: String,
    _ help: String,
    _ take: @escaping @Sendable (inout Request, String) throws(ValueProblem) -> Void
  ) -> Self {
    Self(names: names, valueName: valueName, help: help, take: take)
  }

  /// An option that takes a value behind `=` alone, and only to say that it is not meant.
  static func flag(
    _ names: String...,
    help: String,
    _ take: @escaping @Sendable (inout Request, Bool) -> Void
  ) -> Self {
    Self(names: names, valueName: nil, help: help) { request, text throws(ValueProblem) in
      take(&request, try ValueSyntax.bool(text))
    }
  }

  /// The same option, shown nowhere.
  func hidden() -> Self {
    var row = self
    row.isHidden = true
    return row
  }

  /// The same option of a request that has this one as a part.
  func lifted<Whole>(
    _ part: @escaping @Sendable (inout Whole, (inout Request) throws(ValueProblem) -> Void) throws(ValueProblem) -> Void
  ) -> OptionRow<Whole> {
    OptionRow<Whole>(names: names, valueName: valueName, help: help, isHidden: isHidden) {
      whole,
      text throws(ValueProblem) in
      try part(&whole) { request throws(ValueProblem) in try take(&request, text) }
    }
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
