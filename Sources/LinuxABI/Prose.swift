/// Text that a person reads, on a terminal or in a log.
///
/// What berth says itself is a literal, and stands as it is written. What others named, and a literal has in it, is escaped as
/// mountinfo escapes it, proc(5): a name cannot move a cursor, begin a line of its own or hide a part of itself. Where a person is
/// told something, this type is asked for and not `String`, so that nothing can be told unescaped by oversight.
package struct Prose: Hashable, Sendable {
  /// The text, fit for a terminal.
  package private(set) var text: String

  /// Text that goes out as it is: help, or what a program is to read.
  package init(verbatim text: String) { self.text = text }

  /// What another wrote, on one line.
  package init(escaping text: some StringProtocol) {
    self.text = ""
    append(escaping: text)
  }

  /// What another wrote, on one line: bytes that are no UTF-8 are escaped too.
  package init(escaping bytes: [UInt8]) { self.init(verbatim: escaped(bytes)) }

  /// What another program wrote, with its lines.
  package init(escapingLinesOf text: String) {
    let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    self = lines.map { Prose(escaping: Substring($0)) }.joined(separator: "\n")
  }

  package var isEmpty: Bool { text.isEmpty }

  fileprivate mutating func append(escaping other: some StringProtocol) {
    // Most names are plain, and are not gone through by characters.
    if other.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) {
      text += other
    } else {
      text += escaped(Array(other.utf8))
    }
  }

  package static func += (left: inout Prose, right: Prose) { left.text += right.text }

  package static func + (left: Prose, right: Prose) -> Prose {
    var sum = left
    sum += right
    return sum
  }
}

extension Prose: ExpressibleByStringInterpolation {
  package init(stringLiteral text: String) { self.init(verbatim: text) }

  package init(stringInterpolation: Interpolation) { self = stringInterpolation.prose }

  package struct Interpolation: StringInterpolationProtocol {
    fileprivate var prose = Prose(verbatim: "")

    package init(literalCapacity: Int, interpolationCount: Int) {}

    package mutating func appendLiteral(_ text: String) { prose.text += text }

    package mutating func appendInterpolation(_ other: Prose) { prose += other }

    package mutating func appendInterpolation(_ error: some ProseConvertible) { prose += error.prose }

    package mutating func appendInterpolation(_ bytes: [UInt8]) { prose += Prose(escaping: bytes) }

    package mutating func appendInterpolation(_ value: some CustomStringConvertible) {
      prose.append(escaping: value.description)
    }
  }
}

extension Prose: CustomStringConvertible {
  package var description: String { text }
}

/// What tells a person something of itself: a failure, mostly.
package protocol ProseConvertible: CustomStringConvertible {
  var prose: Prose { get }
}

extension ProseConvertible {
  package var description: String { prose.text }
}

extension Sequence<Prose> {
  package func joined(separator: Prose = "") -> Prose {
    var text: Prose = ""
    var isFirst = true
    for part in self {
      if !isFirst { text += separator }
      text += part
      isFirst = false
    }
    return text
  }
}

extension DefaultStringInterpolation {
  @available(*, deprecated, message: "a Prose in a String would be escaped twice")
  package mutating func appendInterpolation(_ prose: Prose) { appendInterpolation(prose.text) }
  @available(*, deprecated, message: "a Prose in a String would be escaped twice")
  package mutating func appendInterpolation(_ error: some ProseConvertible) { appendInterpolation(error.prose.text) }
}
