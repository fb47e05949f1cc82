extension Unicode.Scalar {
  /// Whether what is shown with it is not what is written: it commands the terminal, console_codes(4), ends a line, turns the
  /// direction of what follows, or is not seen at all.
  package var isMisleading: Bool {
    if value < 0x7f { return value < 0x20 }
    return switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}

/// A text in parts: characters as they are, and the bytes of what is misleading or no UTF-8.
package enum TextPart {
  case plain(Unicode.Scalar)
  case misleading(UInt8)
}

/// Goes through the parts of a text.
package func forEachPart(of bytes: some Sequence<UInt8>, _ body: (TextPart) -> Void) {
  var rest = bytes.makeIterator()
  var decoder = Unicode.UTF8.ForwardParser()
  var position = 0
  let bytes = Array(bytes)
  while true {
    switch decoder.parseScalar(from: &rest) {
    case .valid(let encoded):
      let scalar = Unicode.UTF8.decode(encoded)
      if scalar.isMisleading { encoded.forEach { body(.misleading($0)) } } else { body(.plain(scalar)) }
      position += encoded.count
    case .error(let length):
      for byte in bytes[position..<(position + length)] { body(.misleading(byte)) }
      position += length
    case .emptyInput: return
    }
  }
}

/// A byte as three octal digits behind a backslash, as in mountinfo, proc(5), and in a shell's `$'...'`.
package func octal(_ byte: UInt8) -> String {
  let digits = String(byte, radix: 8)
  return "\\" + String(repeating: "0", count: 3 - digits.count) + digits
}

/// A text with what is misleading in it, and what is no UTF-8, as `octal` has it.
func escaped(_ bytes: [UInt8]) -> String {
  var text = ""
  forEachPart(of: bytes) { part in
    switch part {
    case .plain(let scalar): text.unicodeScalars.append(scalar)
    case .misleading(let byte): text += octal(byte)
    }
  }
  return text
}
