import LinuxABI

/// The words as one line of a shell, each quoted where it needs to be.
///
/// A POSIX shell reads it, but for words with control characters, line breaks or characters that are not seen: those stand in bash's
/// `$'...'`, which dash and other shells have of late (POSIX.1-2024), so that a terminal shows what is pasted.
package func shellLine(_ words: [String]) -> String {
  words.map { shellWord(Array($0.utf8)) }.joined(separator: " ")
}

/// A word, of any bytes, quoted for a shell where it needs to be.
package func shellWord(_ word: [UInt8]) -> String {
  let isPlain = word.allSatisfy { byte in
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "%+,-./:=@_".utf8.contains(byte)
    }
  }
  if isPlain, !word.isEmpty { return String(decoding: word, as: UTF8.self) }
  var single = ""
  var escaped = ""
  var isMisleading = false
  forEachPart(of: word) { part in
    switch part {
    case .plain("'"):
      single += "'\\''"
      escaped += "\\'"
    case .plain(let scalar):
      single.unicodeScalars.append(scalar)
      if scalar == "\\" { escaped += "\\" }
      escaped.unicodeScalars.append(scalar)
    case .misleading(let byte):
      isMisleading = true
      escaped += byte == UInt8(ascii: "\n") ? "\\n" : octal(byte)
    }
  }
  return isMisleading ? "$'\(escaped)'" : "'\(single)'"
}
