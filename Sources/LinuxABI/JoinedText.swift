extension Array<String> {
  /// The strings in one, with another between them.
  ///
  /// As the standard library's `joined(separator:)`, whose first use in a process looks through all conformances of the
  /// program: 0.15 ms of each start.
  package func text(separatedBy separator: String) -> String {
    var text = ""
    for (index, part) in enumerated() {
      if index > 0 { text += separator }
      text += part
    }
    return text
  }
}
