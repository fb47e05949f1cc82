import JSON
package import LinuxABI

/// What `ps` prints.
package enum ProcessTable {
  /// The ids alone, as JSON.
  package static func json(_ ids: [Int32]) -> String {
    (ids.isEmpty ? JSONValue.null : .array(ids.map { .number($0) })).text + "\n"
  }

  /// The lines of ps(1) that are of these processes, below its headings; nil if there is no column PID.
  package static func lines(of output: String, processes ids: [Int32]) -> Prose? {
    let lines = output.split(separator: "\n")
    guard let headings = lines.first,
      let column = headings.split(whereSeparator: \.isWhitespace).firstIndex(of: "PID")
    else { return nil }
    let kept = lines.dropFirst().filter { line in
      let fields = line.split(whereSeparator: \.isWhitespace)
      guard column < fields.count, let id = Int32(fields[column]) else { return false }
      return ids.contains(id)
    }
    return ([headings] + kept).map { "\($0)\n" as Prose }.joined()
  }
}
