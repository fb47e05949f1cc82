/// What criu says.
package enum CriuAnswer: Hashable, Sendable {
  /// It is done; of a restored container, this is the process.
  case success(processID: Int32?)
  case failure(errno: Int32, reason: String?)
  /// It waits to be told to go on.
  case notice(String, processID: Int32)

  /// Reads a message; nil for what is none.
  package init?(_ bytes: [UInt8]) {
    var kind: UInt64?
    var isSuccess: Bool?
    var restored: Int32?
    var notice = ("", Int32(0))
    var failure = (errno: Int32(0), reason: String?.none)
    var reader = CriuMessageReader(bytes[...])
    while let (field, content) = reader.next() {
      switch field {
      case 1: kind = content.number
      case 2: isSuccess = content.number.map { $0 != 0 }
      case 4: restored = content.message.flatMap { Self.number(1, in: $0) }
      case 5: notice = content.message.map(Self.notice) ?? notice
      case 7: failure.errno = Int32(truncatingIfNeeded: content.number ?? 0)
      case 9: failure.reason = content.text
      default: break
      }
    }
    guard let kind, let isSuccess else { return nil }
    if kind == 6 {
      self = .notice(notice.0, processID: notice.1)
    } else if isSuccess {
      self = .success(processID: restored)
    } else {
      self = .failure(errno: failure.errno, reason: failure.reason)
    }
  }

  private static func number(_ field: UInt64, in message: ArraySlice<UInt8>) -> Int32? {
    var reader = CriuMessageReader(message)
    while let next = reader.next() {
      if next.field == field, let number = next.content.number { return Int32(truncatingIfNeeded: number) }
    }
    return nil
  }

  private static func notice(_ message: ArraySlice<UInt8>) -> (String, Int32) {
    var notice = ("", Int32(0))
    var reader = CriuMessageReader(message)
    while let (field, content) = reader.next() {
      if field == 1 { notice.0 = content.text ?? "" }
      if field == 2 { notice.1 = Int32(truncatingIfNeeded: content.number ?? 0) }
    }
    return notice
  }
}
