/// An object that is being read into a value: it hands out members by name and keeps what is wrong with them.
///
///     init(_ json: inout JSONReader) {
///       destination = json.required("destination") ?? ""
///       options = json.strings("options")
///     }
///
/// A member that is absent, or null, is nil and no problem; one of another type is nil and a problem with its place.
/// Members that nobody asks for are left alone, as the specification demands (config.md "Extensibility").
package struct JSONReader {
  private let members: [JSONValue.Member]
  /// What was found wrong so far, with places relative to this object.
  package private(set) var problems: [JSONProblem] = []

  package init(_ members: [JSONValue.Member]) { self.members = members }

  /// The names of all members.
  package var names: [String] { members.map(\.name) }

  /// The member as it is; nil for one that is absent or null.
  ///
  /// A name that differs in capitals only is taken where the exact one is not there: the clients' own readers do so.
  package func value(_ name: String) -> JSONValue? {
    let member =
      members.first { $0.name == name }
      ?? members.first { $0.name.utf8.count == name.utf8.count && $0.name.lowercased() == name.lowercased() }
    if case .null? = member?.value { return nil }
    return member?.value
  }

  package mutating func problem(_ path: String, _ message: String) {
    problems.append(JSONProblem(path, message))
  }

  private mutating func mismatch(_ path: String, _ wanted: String, _ value: JSONValue) {
    problem(path, "\(wanted) is needed here, and this is \(value.kind)")
  }

  // MARK: Simple members

  package mutating func string(_ name: String) -> String? {
    guard let value = value(name) else { return nil }
    return text(value, name)
  }

  package mutating func bool(_ name: String) -> Bool? {
    guard let value = value(name) else { return nil }
    if case .bool(let answer) = value { return answer }
    mismatch(name, "true or false", value)
    return nil
  }

  package mutating func integer<Number: FixedWidthInteger>(
    _ name: String,
    as type: Number.Type = Number.self
  ) -> Number? {
    guard let value = value(name) else { return nil }
    return number(value, name)
  }

  private mutating func text(_ value: JSONValue, _ path: @autoclosure () -> String) -> String? {
    if case .string(let text) = value { return text }
    mismatch(path(), "a string", value)
    return nil
  }

  private mutating func number<Number: FixedWidthInteger>(
    _ value: JSONValue,
    _ path: @autoclosure () -> String
  ) -> Number? {
    switch value {
    case .integer(let integer):
      if let number = integer.value(as: Number.self) { return number }
      problem(path(), "\(integer) is out of range: the least is \(Number.min), the most \(Number.max)")
    case .real(let text): problem(path(), "a whole number of 64 bits is needed here, and this is \(text)")
    default: mismatch(path(), "a number", value)
    }
    return nil
  }

  // MARK: Required members

  /// As `string`; a member that is absent is a problem too.
  package mutating func required(_ name: String) -> String? {
    demand(name)
    return string(name)
  }

  /// As `integer`; a member that is absent is a problem too.
  package mutating func required<Number: FixedWidthInteger>(_ name: String, as type: Number.Type) -> Number? {
    demand(name)
    return integer(name, as: type)
  }

  private mutating func demand(_ name: String) {
    if value(name) == nil { problem(name, "this field is required, and it is not there") }
  }

  // MARK: Lists

  package mutating func strings(_ name: String) -> [String]? {
    elements(name) { reader, value, path in reader.text(value, path()) }
  }

  package mutating func integers<Number: FixedWidthInteger>(
    _ name: String,
    as type: Number.Type = Number.self
  ) -> [Number]? {
    elements(name) { reader, value, path in reader.number(value, path()) }
  }

  private mutating func elements<Element>(
    _ name: String,
    _ read: (inout JSONReader, JSONValue, () -> String) -> Element?
  ) -> [Element]? {
    guard let value = value(name) else { return nil }
    guard case .array(let values) = value else {
      mismatch(name, "an array", value)
      return nil
    }
    var elements: [Element] = []
    elements.reserveCapacity(values.count)
    for (index, value) in values.enumerated() {
      if let element = read(&self, value, { "\(name)[\(index)]" }) { elements.append(element) }
    }
    return elements
  }

  // MARK: Objects

  package mutating func object<Value>(_ name: String, _ read: (inout JSONReader) -> Value) -> Value? {
    guard let value = value(name) else { return nil }
    return object(value, { name }, read)
  }

  package mutating func objects<Value>(_ name: String, _ read: (inout JSONReader) -> Value) -> [Value]? {
    elements(name) { reader, value, path in reader.object(value, path, read) }
  }

  /// An object of any names, with strings as values.
  package mutating func texts(_ name: String) -> [String: String]? {
    guard let entries = entries(name, { reader, value, path in reader.text(value, path()) }) else { return nil }
    var texts: [String: String] = [:]
    for (name, text) in entries { texts[name] = text }
    return texts
  }

  /// An object of any names, with objects as values, in the order of the text.
  package mutating func namedObjects<Value>(
    _ name: String,
    _ read: (inout JSONReader) -> Value
  ) -> [(name: String, value: Value)]? {
    entries(name) { reader, value, path in reader.object(value, path, read) }
  }

  private mutating func entries<Value>(
    _ name: String,
    _ read: (inout JSONReader, JSONValue, () -> String) -> Value?
  ) -> [(name: String, value: Value)]? {
    guard let value = value(name) else { return nil }
    guard case .object(let members) = value else {
      mismatch(name, "an object", value)
      return nil
    }
    var entries: [(name: String, value: Value)] = []
    for member in members where member.value != .null {
      if let value = read(&self, member.value, { "\(name).\(member.name)" }) { entries.append((member.name, value)) }
    }
    return entries
  }

  private mutating func object<Value>(
    _ value: JSONValue,
    _ path: () -> String,
    _ read: (inout JSONReader) -> Value
  ) -> Value? {
    guard case .object(let members) = value else {
      mismatch(path(), "an object", value)
      return nil
    }
    var reader = JSONReader(members)
    let result = read(&reader)
    if !reader.problems.isEmpty {
      let prefix = path()
      problems += reader.problems.map { JSONProblem("\(prefix).\($0.path)", $0.message) }
    }
    return result
  }
}
