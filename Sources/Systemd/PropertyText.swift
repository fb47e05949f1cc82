package import LinuxABI

/// A value in the text form that annotations have it in: GVariant's, as gdbus(1) and `busctl` users know it.
///
///     true   42   uint64 42   @t 42   'text'   ['a', 'b']   ('a', 1)
struct PropertyText {
  struct Malformed: Error, Hashable {}

  private var rest: Substring

  /// Reads a text that holds one value and nothing else.
  static func parse(_ text: String) throws(Malformed) -> DBusValue {
    var reader = PropertyText(rest: text[...])
    let value = try reader.value(as: nil)
    reader.skipSpace()
    guard reader.rest.isEmpty else { throw Malformed() }
    return value
  }

  private mutating func skipSpace() { rest = rest.drop(while: \.isWhitespace) }

  private mutating func take(_ character: Character) -> Bool {
    skipSpace()
    guard rest.first == character else { return false }
    rest.removeFirst()
    return true
  }

  private mutating func word() -> Substring {
    skipSpace()
    let word = rest.prefix { $0.isLetter || $0.isNumber || "+-._".contains($0) }
    rest = rest.dropFirst(word.count)
    return word
  }

  /// The words for types that may stand before a value.
  private static func type(_ word: Substring) -> String? {
    switch word {
    case "boolean": "b"
    case "byte": "y"
    case "int16": "n"
    case "uint16": "q"
    case "int32": "i"
    case "uint32": "u"
    case "int64": "x"
    case "uint64": "t"
    case "double": "d"
    case "string": "s"
    case "objectpath": "o"
    case "signature": "g"
    default: nil
    }
  }

  private mutating func value(as type: String?) throws(Malformed) -> DBusValue {
    skipSpace()
    switch rest.first {
    case "@":
      rest.removeFirst()
      let type = rest.prefix { !$0.isWhitespace }
      rest = rest.dropFirst(type.count)
      return try value(as: String(type))
    case "'", "\"": return try text(as: type ?? "s")
    case "[":
      rest.removeFirst()
      return try array(as: type)
    case "(":
      rest.removeFirst()
      return .structure(try list(until: ")", as: nil))
    default:
      let word = word()
      if let named = Self.type(word) { return try value(as: named) }
      return try Self.plain(word, as: type)
    }
  }

  private mutating func text(as type: String) throws(Malformed) -> DBusValue {
    let quote = rest.removeFirst()
    var text = ""
    while let character = rest.popFirst() {
      if character == quote {
        switch type {
        case "s": return .string(text)
        case "o": return .objectPath(text)
        case "g": return .signature(text)
        default: throw Malformed()
        }
      }
      if character == "\\" {
        guard let escaped = rest.popFirst() else { throw Malformed() }
        text.append(escaped == "n" ? "\n" : escaped == "t" ? "\t" : escaped)
      } else {
        text.append(character)
      }
    }
    throw Malformed()
  }

  private mutating func array(as type: String?) throws(Malformed) -> DBusValue {
    if let type, !type.hasPrefix("a") { throw Malformed() }
    let values = try list(until: "]", as: type.map { String($0.dropFirst()) })
    // An empty array is of no type unless it is told which.
    guard let element = type.map({ String($0.dropFirst()) }) ?? values.first?.signature,
      values.allSatisfy({ $0.signature == element })
    else { throw Malformed() }
    return .array(of: element, values)
  }

  private mutating func list(until end: Character, as type: String?) throws(Malformed) -> [DBusValue] {
    var values: [DBusValue] = []
    while !take(end) {
      if !values.isEmpty, !take(",") { throw Malformed() }
      values.append(try value(as: type))
    }
    return values
  }

  /// A number or a truth value; a whole number without a type is an int32.
  private static func plain(_ word: Substring, as type: String?) throws(Malformed) -> DBusValue {
    let value: DBusValue? =
      switch type {
      case nil where word == "true" || word == "false", "b" where word == "true" || word == "false":
        .boolean(word == "true")
      case nil: Int32(word).map(DBusValue.int32) ?? Double(word).map(DBusValue.double)
      case "y": UInt8(word).map(DBusValue.byte)
      case "n": Int16(word).map(DBusValue.int16)
      case "q": UInt16(word).map(DBusValue.uint16)
      case "i": Int32(word).map(DBusValue.int32)
      case "u": UInt32(word).map(DBusValue.uint32)
      case "x": Int64(word).map(DBusValue.int64)
      case "t": UInt64(word).map(DBusValue.uint64)
      case "d": Double(word).map(DBusValue.double)
      default: nil
      }
    guard let value else { throw Malformed() }
    return value
  }
}

extension UnitProperty {
  /// What the annotations of a container's scope begin with.
  package static var annotationPrefix: String { "org.systemd.property." }

  /// What is wrong with an annotation for systemd.
  package struct Problem: Error, Hashable, Sendable, ProseConvertible {
    package var annotation: String
    package var message: String

    package var prose: Prose { "annotations: \(annotation): \(message)" }
  }

  /// Reads an annotation `org.systemd.property.NAME`; nil for any other.
  ///
  /// Times in seconds, whose names end in `Sec`, are for systemd times in microseconds, whose names end in `USec`.
  package init?(annotation: String, value text: String) throws(Problem) {
    guard annotation.hasPrefix(Self.annotationPrefix) else { return nil }
    let name = annotation.dropFirst(Self.annotationPrefix.count)
    guard name.count > 2, name.utf8.allSatisfy({ (65...90).contains($0) || (97...122).contains($0) }) else {
      throw Problem(annotation: annotation, message: "\"\(name)\" is no name of a property of systemd's")
    }
    let value: DBusValue
    do throws(PropertyText.Malformed) {
      value = try PropertyText.parse(text)
    } catch {
      throw Problem(annotation: annotation, message: "cannot read \(text): a value is such as 'text', true or uint64 5")
    }
    guard name.hasSuffix("Sec"), !name.hasSuffix("USec") else {
      self.init(String(name), value)
      return
    }
    guard let seconds = value.seconds, seconds >= 0, seconds < 1e13 else {
      throw Problem(annotation: annotation, message: "\(text) is no number of seconds")
    }
    self.init(name.dropLast("Sec".count) + "USec", .uint64(UInt64(seconds * 1_000_000)))
  }
}

extension DBusValue {
  fileprivate var seconds: Double? {
    switch self {
    case .int16(let number): Double(number)
    case .uint16(let number): Double(number)
    case .int32(let number): Double(number)
    case .uint32(let number): Double(number)
    case .int64(let number): Double(number)
    case .uint64(let number): Double(number)
    case .double(let number): number
    default: nil
    }
  }
}
