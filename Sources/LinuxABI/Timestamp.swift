/// A point in time as the kernel tells it: seconds since 1970 in UTC, clock_gettime(2) "CLOCK_REALTIME".
package struct Timestamp: Hashable, Sendable, CustomStringConvertible {
  package var seconds: Int
  package var nanoseconds: Int

  package init(seconds: Int, nanoseconds: Int) {
    self.seconds = seconds
    self.nanoseconds = nanoseconds
  }

  /// The time by RFC 3339, in UTC, with as many digits of the second as it needs: `2026-11-23T19:23:51.5Z`.
  package var description: String {
    let (year, month, day) = date
    let time = seconds - days * 86400
    let date = Self.padded(year, 4) + "-" + Self.padded(month, 2) + "-" + Self.padded(day, 2)
    let clock = Self.padded(time / 3600, 2) + ":" + Self.padded(time / 60 % 60, 2) + ":" + Self.padded(time % 60, 2)
    return date + "T" + clock + fraction + "Z"
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  private var fraction: String {
    guard nanoseconds > 0 else { return "" }
    var digits = Self.padded(nanoseconds, 9)
    while digits.last == "0" { digits.removeLast() }
    return "." + digits
  }

  private var days: Int { seconds >= 0 ? seconds / 86400 : -((86399 - seconds) / 86400) }

  /// The date in the Gregorian calendar, by whole eras of 400 years that begin in March: leap days then end a year.
  private var date: (year: Int, month: Int, day: Int) {
    let day = days + 719_468  // From 0000-03-01 to 1970-01-01.
    let era = (day >= 0 ? day : day - 146_096) / 146_097
    let dayOfEra = day - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let isNextYear = month >= 10
    return (
      yearOfEra + era * 400 + (isNextYear ? 1 : 0), isNextYear ? month - 9 : month + 3,
      dayOfYear - (153 * month + 2) / 5 + 1
    )
  }
}
