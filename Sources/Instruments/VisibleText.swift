/// Text for a terminal: control characters would be the terminal's, and are shown as mountinfo has them, proc(5). Whoever may mount
/// chooses names.
package func visible(_ text: String) -> String {
  guard text.unicodeScalars.contains(where: isControl) else { return text }
  var shown = ""
  for scalar in text.unicodeScalars {
    guard isControl(scalar) else {
      shown.unicodeScalars.append(scalar)
      continue
    }
    for byte in String(scalar).utf8 {
      let digits = String(byte, radix: 8)
      shown += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
    }
  }
  return shown
}

/// Whether a terminal takes a character as a command: those of C0 and C1, console_codes(4).
private func isControl(_ scalar: Unicode.Scalar) -> Bool {
  scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
}
