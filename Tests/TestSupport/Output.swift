/// What a command left behind: its status and what it wrote.
package struct Output: Equatable, Sendable {
  package var status: Int32
  package var out: String
  package var err: String

  package init(status: Int32, out: String, err: String) {
    self.status = status
    self.out = out
    self.err = err
  }

  /// The lines of standard output.
  package var lines: [String] {
    out.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
  }
}
