import LinuxABI

/// How the values of options are written. What is not exactly of the form is refused: a number that is read wrongly is
/// another user, or another limit.
enum ValueSyntax {
  /// The words of Go's `strconv.ParseBool`.
  static func bool(_ text: String) throws(ValueProblem) -> Bool {
    switch text {
    case "true", "1", "t", "T", "TRUE", "True": return true
    case "false", "0", "f", "F", "FALSE", "False": return false
    default: throw ValueProblem("this is neither true nor false")
    }
  }

  static func number<Number: FixedWidthInteger>(
    _ text: String,
    from least: Number = .min,
    to most: Number = .max
  ) throws(ValueProblem) -> Number {
    guard isNumber(text), let number = Number(text), (least...most).contains(number) else {
      throw ValueProblem("this is not a number from \(least) to \(most)")
    }
    return number
  }

  /// Digits with at most a minus before them: Swift would take `+1` too.
  private static func isNumber(_ text: String) -> Bool {
    let digits = text.utf8.first == UInt8(ascii: "-") ? text.utf8.dropFirst() : text.utf8[...]
    return !digits.isEmpty && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  static func choice<Choice: CaseIterable & RawRepresentable<String>>(
    _ text: String,
    of type: Choice.Type = Choice.self
  ) throws(ValueProblem) -> Choice {
    for choice in Choice.allCases where choice.rawValue == text { return choice }
    let names = Choice.allCases.map(\.rawValue)
    let hint = nearestName(to: text, among: names).map { "; did you mean \($0)?" } ?? ""
    throw ValueProblem("the choice is between \(names.joined(separator: ", "))\(hint)")
  }

  /// A user or group id. 4294967295 is -1, which means no id to the kernel.
  static func id(_ text: Substring, _ what: String) throws(ValueProblem) -> UInt32 {
    let text = String(text)
    guard isNumber(text), let id = UInt32(text), id != .max else {
      throw ValueProblem("\"\(text)\" is not a \(what) id, a number from 0 to 4294967294: names are not looked up")
    }
    return id
  }

  /// A time in Go's words, `1m30s`, `1.5h`, `100ms`, in nanoseconds.
  static func duration(_ text: String) throws(ValueProblem) -> Int64 {
    let units: [(name: String, nanoseconds: Double)] = [
      ("ns", 1), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
    ]
    var rest = text[...]
    var sum = 0.0
    repeat {
      let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
      rest = rest.dropFirst(digits.count)
      let name = rest.prefix { !($0.isASCII && ($0.isNumber || $0 == ".")) }
      rest = rest.dropFirst(name.count)
      guard let number = Double(digits), let unit = units.first(where: { $0.name == name }) else {
        throw ValueProblem("this is not a time, such as 5s, 100ms or 1m30s")
      }
      sum += number * unit.nanoseconds
    } while !rest.isEmpty
    guard sum >= 1, sum < 9e18 else { throw ValueProblem("the time must be more than 0, and less than 292 years") }
    return Int64(sum)
  }

  /// A number of bytes with a unit, `512m`, `1.5G`, `64KiB`, each 1024 times the last; -1 is no limit.
  static func bytes(_ text: String) throws(ValueProblem) -> Int64 {
    if text == "-1" { return -1 }
    var unit = text.lowercased()[...]
    let digits = unit.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    unit = unit.dropFirst(digits.count)
    if unit.hasPrefix(" ") { unit = unit.dropFirst() }
    let letters = ["", "k", "m", "g", "t", "p"]
    let power = letters.firstIndex { letter in
      unit == letter || (letter.isEmpty ? unit == "b" : unit == letter + "b" || unit == letter + "ib")
    }
    guard let power, let factor = Int64(exactly: 1 << (10 * power)) else { throw Self.notBytes }
    // Whole numbers stay whole: a Double has 53 bits.
    if let whole = Int64(digits) {
      let (bytes, isTooLarge) = whole.multipliedReportingOverflow(by: factor)
      if !isTooLarge { return bytes }
    } else if let number = Double(digits), number * Double(factor) < 9e18 {
      return Int64(number * Double(factor))
    }
    throw Self.notBytes
  }

  private static var notBytes: ValueProblem {
    ValueProblem("this is not a number of bytes, such as 67108864, 64m, 1.5g, or -1 for no limit")
  }

  static func signal(_ text: String) throws(ValueProblem) -> Int32 {
    if let number = Signal.number(text) { return number }
    let name = text.uppercased()
    let bare = name.hasPrefix("SIG") ? String(name.dropFirst(3)) : name
    let hint = nearestName(to: bare, among: Signal.names.map(\.name)).map { "; did you mean \($0)?" } ?? ""
    throw ValueProblem("this is no signal of signal(7), by name or by number\(hint)")
  }
}
