/// Something of berth that reads the words of others, and takes any bytes for them.
///
/// It may refuse them. It may not trap, hang, take more memory than such bytes can ask for, or say two things of the same bytes.
package struct FuzzTarget: Sendable {
  /// How inputs are changed so that more of them get past the first check.
  package enum Form: Sendable {
    case json, lines, bytes
  }

  package let name: String
  package let form: Form
  /// Reads an input, and does with the result what berth does; a trap is a failure.
  package let run: @Sendable ([UInt8]) -> Void

  init(_ name: String, _ form: Form, _ run: @escaping @Sendable ([UInt8]) -> Void) {
    self.name = name
    self.form = form
    self.run = run
  }

  package static var all: [FuzzTarget] {
    documents + mountTexts + processTexts + commandLines + messages + kernelRecords
  }
}

/// The text of an input's bytes, whatever they are.
func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// The lines of an input.
func lines(_ bytes: [UInt8]) -> [String] {
  bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
    String(decoding: $0, as: UTF8.self)
  }
}
