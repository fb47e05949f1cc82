extension CommandSummary {
  /// What `berth COMMAND --help` prints.
  package var help: String {
    var text = "NAME:\n   berth \(name) - \(abstract.prefix(1).lowercased())\(abstract.dropFirst().dropLast())\n"
    text += "\nUSAGE:\n" + usage.map { "   berth [global options] \($0)\n" }.joined()
    text += "\nDESCRIPTION:\n" + Self.filled(discussion, indentation: 3)
    text += "\nEXAMPLES:\n"
    for example in examples {
      text += "   \(example.command)\n" + Self.filled(example.meaning, indentation: 9)
    }
    if !options.isEmpty { text += "\nOPTIONS:\n" + Self.list(options) }
    return text + "\nGLOBAL OPTIONS:\n" + Self.list(GlobalOptions.summaries)
  }

  /// The options in two columns.
  private static func list(_ options: [OptionSummary]) -> String {
    let rows = options.map { option in
      (
        term: "   " + option.names.joined(separator: ", ") + (option.valueName.map { " " + $0 } ?? ""),
        help: option.help
      )
    }
    return rows.map { row in
      let help = filled(row.help, indentation: 30)
      guard row.term.count < 29 else { return row.term + "\n" + help }
      return row.term + help.dropFirst(row.term.count)
    }.joined()
  }

  /// Paragraphs broken into lines of 100 letters.
  private static func filled(_ text: String, indentation: Int) -> String {
    let margin = String(repeating: " ", count: indentation)
    return text.split(separator: "\n", omittingEmptySubsequences: false).map { paragraph in
      var lines = [""]
      for word in paragraph.split(separator: " ") {
        let line = lines[lines.count - 1]
        if line.isEmpty {
          lines[lines.count - 1] = margin + word
        } else if line.count + 1 + word.count <= 100 {
          lines[lines.count - 1] += " " + word
        } else {
          lines.append(margin + word)
        }
      }
      return lines.joined(separator: "\n") + "\n"
    }.joined()
  }
}

extension GlobalOptions {
  package static var summaries: [OptionSummary] { rows.filter { !$0.isHidden }.map(\.summary) }
}
