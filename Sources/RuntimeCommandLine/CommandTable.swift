/// All that there is to know of a command's command line.
struct CommandTable: Sendable {
  var name: String
  /// What it does, in a few words that follow "berth exec:".
  var abstract: String
  /// The words behind the options, as the usage line shows them: one line for each form.
  var usage: [String]
  var discussion: String
  /// Commands and what each does.
  var examples: [(command: String, meaning: String)]
  var options: [OptionRow]
  /// How many words may be there besides the options.
  var operandCount: ClosedRange<Int>
  /// Whether options end at the first word that is none, so that what is behind it can have options of its own.
  var endsOptionsAtOperand = false
  /// Makes the request of its options and the words besides them, and judges it as a whole.
  var request: @Sendable (inout RequestDraft, [String]) throws(ValueProblem) -> RuntimeRequest
}

/// A command as help, man pages and completions show it.
package struct CommandSummary: Hashable, Sendable {
  package var name: String
  package var abstract: String
  package var usage: [String]
  package var discussion: String
  package var examples: [Example]
  package var options: [OptionSummary]

  package struct Example: Hashable, Sendable {
    package var command: String
    package var meaning: String
  }
}

extension CommandTable {
  var summary: CommandSummary {
    CommandSummary(
      name: name,
      abstract: abstract,
      usage: usage,
      discussion: discussion,
      examples: examples.map { CommandSummary.Example(command: $0.command, meaning: $0.meaning) },
      options: options.filter { !$0.isHidden }.map(\.summary)
    )
  }
}
